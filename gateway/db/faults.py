"""What a database error means for whoever met it."""

from enum import Enum, auto

import asyncpg


class Fault(Enum):
    """What to do next."""

    RETRY = auto()
    """The transaction lost a race; the same again will do."""
    CONNECTION = auto()
    """The connection is gone and whether it committed is unknown: again on a new one, if that is harmless."""
    UNAVAILABLE = auto()
    """The server cannot take it now: tell the caller to come back."""
    DATA = auto()
    """A value is not acceptable: the same again will fail again."""
    BUG = auto()
    """The statement itself is wrong."""


RETRY = ("40001", "40P01", "55P03", "23505")
UNAVAILABLE = ("53", "57", "58", "25006", "25P03")
DATA = ("22", "23", "54")


def classify(error: BaseException) -> Fault:
    """The fault behind an error of asyncpg, by SQLSTATE (PostgreSQL manual, appendix A) or kind of exception."""
    code = getattr(error, "sqlstate", None)
    if isinstance(error, asyncpg.DataError | asyncpg.exceptions.UntranslatableCharacterError):
        return Fault.DATA
    if isinstance(error, TimeoutError | OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Fault.CONNECTION
    if not isinstance(code, str) or code.startswith("08"):
        return Fault.CONNECTION
    for fault, prefixes in ((Fault.RETRY, RETRY), (Fault.UNAVAILABLE, UNAVAILABLE), (Fault.DATA, DATA)):
        if code.startswith(prefixes):
            return fault if code != "57P01" else Fault.CONNECTION
    return Fault.BUG
