"""The end of everything that was issued to a person and lets its holder act or read in their name.

Keys of their own, sessions, accounts in chats, codes that link one, and what is signed and kept
nowhere: links to records and calls, which are believed only if made later. `docs/people.md` lists
them; a test fails for a table that refers to people and is not judged there.
"""

from datetime import datetime

from gateway.db.pool import Connection

END = """
WITH now AS (
  SELECT coalesce($2::timestamptz, statement_timestamp()) AS at
), keys AS (
  UPDATE api_key SET revoked_at = (SELECT at FROM now)
  WHERE person_id = $1::int AND revoked_at IS NULL AND ($3::int IS NULL OR id <> $3::int) AND (session OR NOT $4::bool)
), codes AS (
  DELETE FROM chat_code WHERE person_id = $1::int
), chats AS (
  DELETE FROM chat_identity WHERE person_id = $1::int AND NOT $4::bool
)
UPDATE person SET credentials_since = (SELECT at FROM now) WHERE id = $1::int
"""


async def end_all(
    conn: Connection,
    person_id: int,
    stamp: datetime | None,
    *,
    but: int | None = None,
    sessions_only: bool = False,
) -> None:
    """End what was issued to a person, except the key `but`.

    With `sessions_only` their own keys and chat accounts stay. Every replica refuses the rest within
    five seconds.
    """
    await conn.execute(END, person_id, stamp, but, sessions_only)


def is_ended(made_at: datetime, since: datetime | None) -> bool:
    """Return whether something made then is not believed any more; `since` as it is kept of a person."""
    return since is not None and made_at <= since
