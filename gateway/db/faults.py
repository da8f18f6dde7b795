"""Classification of database errors by the right reaction."""

from enum import Enum, auto

import asyncpg


class Fault(Enum):
    """The kinds of database error."""

    RETRY = auto()
    """The transaction lost a race; running it again will do."""
    CONNECTION = auto()
    """The connection is lost, and the commit is uncertain: retry on a new one, if harmless."""
    UNAVAILABLE = auto()
    """The server cannot serve at present: the caller shall retry later."""
    DATA = auto()
    """A value is not acceptable: a retry will fail again."""
    BUG = auto()
    """The statement itself is wrong."""


RETRY = ("40001", "40P01", "55P03", "23505")
UNAVAILABLE = ("53", "57", "58", "25006", "25P03")
DATA = ("22", "23", "54")


def classify(error: BaseException) -> Fault:
    """Return the kind of an error, by its SQLSTATE or its exception type.

    The SQLSTATE classes are those of the PostgreSQL manual, appendix A.
    """
    code = getattr(error, "sqlstate", None)
    if isinstance(error, asyncpg.DataError | asyncpg.exceptions.UntranslatableCharacterError):
        return Fault.DATA
    if isinstance(
        error, TimeoutError | OSError | asyncpg.InterfaceError | asyncpg.InternalClientError
    ):
        return Fault.CONNECTION
    if not isinstance(code, str) or code.startswith("08"):
        return Fault.CONNECTION
    for fault, prefixes in (
        (Fault.RETRY, RETRY),
        (Fault.UNAVAILABLE, UNAVAILABLE),
        (Fault.DATA, DATA),
    ):
        if code.startswith(prefixes):
            return fault if code != "57P01" else Fault.CONNECTION
    return Fault.BUG
