"""Codes that verify contact methods, in the database: their life and the tries they had.

The code itself is not stored: it follows from its id and a secret (`notify/contact_codes.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from gateway.db.pool import Connection
from gateway.directory.contact_method import ContactMethod

VALID = timedelta(minutes=15)
"""The time for which a code can be used."""
MOST_TRIES = 5
"""The most tries of one code, right or wrong."""

FORGET = "DELETE FROM contact_code WHERE method_id = $1"
KEEP = """
INSERT INTO contact_code (id, method_id, channel, address, expires_at)
VALUES ($1, $2, $3, $4, moment($5) + $6::interval) RETURNING expires_at
"""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code that was made: its id, and when it expires."""

    id: UUID
    expires_at: datetime


async def make_code(conn: Connection, method: ContactMethod, stamp: datetime | None) -> NewCode:
    """Make a code for a method; the one before becomes invalid."""
    code_id = uuid4()
    await conn.execute(FORGET, method.id)
    expires_at: datetime = await conn.fetchval(
        KEEP, code_id, method.id, method.channel, method.address, stamp, VALID
    )
    return NewCode(code_id, expires_at)


TRY = """
UPDATE contact_code SET tries = tries + 1
WHERE method_id = $1 AND channel = $2 AND address = $3 AND expires_at > moment($4) AND tries < $5
RETURNING id, tries
"""


@dataclass(frozen=True, slots=True)
class CodeTry:
    """The result of trying a code: whether it was right, and the tries that are left.

    `known` is false if there was no code that could be tried.
    """

    right: bool
    left: int
    known: bool = True


async def try_code(
    conn: Connection,
    method: ContactMethod,
    matches: Callable[[UUID], bool],
    stamp: datetime | None,
) -> CodeTry:
    """Try a code of a method, in the caller's transaction, which must commit also if it is wrong.

    `matches` says whether the given code is the one with an id.
    """
    row = await conn.fetchrow(TRY, method.id, method.channel, method.address, stamp, MOST_TRIES)
    if row is None:
        return CodeTry(right=False, left=0, known=False)
    return CodeTry(right=matches(row["id"]), left=MOST_TRIES - row["tries"])
