"""The revocation of everything that lets its holder act in a person's name.

These are their keys, sessions, chat accounts and codes that link one, subscribed browsers, and
the signed links to records, calls and the page of browsers, which are stored nowhere and accepted
only if made later than the revocation.
`docs/people.md` lists them; a test fails for a table that refers to people and is not covered
there.
"""

from datetime import datetime

from gateway.db.pool import Connection

END = """
WITH now AS (
  SELECT moment($2) AS at
), keys AS (
  UPDATE api_key SET revoked_at = (SELECT at FROM now)
  WHERE person_id = $1::int AND revoked_at IS NULL AND ($3::int IS NULL OR id <> $3::int)
    AND (session OR NOT $4::bool)
), codes AS (
  DELETE FROM chat_code WHERE person_id = $1::int
), chats AS (
  DELETE FROM chat_identity WHERE person_id = $1::int AND NOT $4::bool
), browsers AS (
  DELETE FROM push_subscription WHERE person_id = $1::int AND NOT $4::bool
)
UPDATE person SET credentials_since = (SELECT at FROM now) WHERE id = $1::int
"""


async def revoke_all(
    conn: Connection,
    person_id: int,
    stamp: datetime | None,
    *,
    but: int | None = None,
    sessions_only: bool = False,
) -> None:
    """Revoke everything that was issued to a person, except the key `but`.

    With `sessions_only` their own keys, chat accounts and browsers stay. Every replica refuses
    the rest within five seconds.
    """
    await conn.execute(END, person_id, stamp, but, sessions_only)


def is_revoked(made_at: datetime, since: datetime | None) -> bool:
    """Return whether a credential made at `made_at` was revoked at `since`, a person's value."""
    return since is not None and made_at <= since
