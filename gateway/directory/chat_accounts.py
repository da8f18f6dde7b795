"""The chat accounts of people, linked by an administrator or by their owner with a code.

The owner types the code in the chat once.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from asyncpg import Record, UniqueViolationError

from gateway.db.pool import Connection, transaction_block
from gateway.errors import Conflict, NotFound

VALID = timedelta(minutes=10)
"""The time for which a code can be used."""

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""The characters of codes, without those that are easily mistaken for others."""

LENGTH = 12
"""The length of a code, about 59 bits: nobody guesses one within its time."""


@dataclass(frozen=True, slots=True)
class ChatAccount:
    """A person's chat account.

    `tenant` is the workspace or company, `user` the vendor's id within it.
    """

    provider: str
    tenant: str
    user: str
    linked_at: datetime


SPEAKER = """
SELECT p.login, p.name, p.email, p.phone, p.roles, p.locale,
  array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
        WHERE m.person_id = p.id AND g.active) AS groups
FROM chat_identity c JOIN person p ON p.id = c.person_id
WHERE c.provider = $1 AND c.tenant = $2 AND c.user_id = $3 AND p.active
"""


async def find_account_owner(
    conn: Connection, provider: str, tenant: str, user: str
) -> Record | None:
    """Return the person whose account it is, None unless they are active."""
    return await conn.fetchrow(SPEAKER, provider, tenant, user)


OF_PERSON = """
SELECT provider, tenant, user_id AS "user", linked_at FROM chat_identity WHERE person_id = $1
ORDER BY provider, tenant, user_id LIMIT 100
"""


async def of_person(conn: Connection, person_id: int) -> list[ChatAccount]:
    """Return the chat accounts of a person."""
    return [ChatAccount(**row) for row in await conn.fetch(OF_PERSON, person_id)]


LINK = """
INSERT INTO chat_identity (provider, tenant, user_id, person_id, linked_at)
VALUES ($1, $2, $3, $4, moment($5))
RETURNING provider, tenant, user_id AS "user", linked_at
"""


async def link(
    conn: Connection, person_id: int, provider: str, tenant: str, user: str, stamp: datetime | None
) -> ChatAccount:
    """Link an account to a person; raises Conflict if it belongs to somebody already."""
    try:
        async with transaction_block(conn):
            row = await conn.fetchrow(LINK, provider, tenant, user, person_id, stamp)
    except UniqueViolationError as error:
        raise Conflict(
            "this account belongs to somebody already: take it from them first"
        ) from error
    if row is None:
        raise AssertionError("an INSERT returns its row")
    return ChatAccount(**row)


UNLINK = """
DELETE FROM chat_identity WHERE person_id = $1 AND provider = $2 AND tenant = $3 AND user_id = $4
RETURNING person_id
"""


async def unlink(conn: Connection, person_id: int, provider: str, tenant: str, user: str) -> None:
    """Unlink an account from a person; raises NotFound if it is not theirs."""
    if await conn.fetchval(UNLINK, person_id, provider, tenant, user) is None:
        raise NotFound("this account is not theirs")


FORGET_CODES = "DELETE FROM chat_code WHERE person_id = $1"
KEEP_CODE = """
INSERT INTO chat_code (code_hash, person_id, expires_at)
VALUES ($1, $2, moment($3) + $4::interval) RETURNING expires_at
"""


async def new_code(
    conn: Connection, person_id: int, stamp: datetime | None
) -> tuple[str, datetime]:
    """Return a new code and when it expires; any earlier code of the person becomes invalid."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    await conn.execute(FORGET_CODES, person_id)
    ends: datetime = await conn.fetchval(KEEP_CODE, _hash(code), person_id, stamp, VALID)
    return code, ends


TAKE_CODE = """
DELETE FROM chat_code c USING person p
WHERE c.code_hash = $1 AND p.id = c.person_id AND p.active AND c.expires_at > moment($2)
RETURNING p.id, p.login
"""


async def take_code(conn: Connection, code: str, stamp: datetime | None) -> tuple[int, str] | None:
    """Use up a code and return the id and login of its owner.

    None for an invalid or expired one.
    """
    row = await conn.fetchrow(TAKE_CODE, _hash(code), stamp)
    return None if row is None else (row["id"], row["login"])


def _hash(code: str) -> bytes:
    return sha256(b"chat code\0" + code.strip().lower().encode("utf-8", "replace")).digest()
