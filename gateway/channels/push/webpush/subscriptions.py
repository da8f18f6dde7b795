"""The browsers that people subscribed, in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.channels.push.webpush.encryption import BrowserKeys
from gateway.channels.push.webpush.subscription import Subscription
from gateway.db.pool import Connection
from gateway.errors import Conflict, NotFound, Unprocessable

MOST = 20
"""The most browsers of one person."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A subscribed browser; `label` is how it named itself."""

    id: int
    subscription: Subscription
    label: str
    created_at: datetime
    last_sent_at: datetime | None
    failures: int


OF_PERSON = """
SELECT id, endpoint, p256dh, auth, server_key, label, created_at, last_sent_at, failures
FROM push_subscription WHERE person_id = $1 ORDER BY created_at, id
"""


async def of_person(conn: Connection, person_id: int) -> list[Browser]:
    """Return the browsers of a person, the oldest first."""
    return [
        Browser(
            id=row["id"],
            subscription=Subscription(
                row["endpoint"], BrowserKeys(row["p256dh"], row["auth"]), row["server_key"]
            ),
            label=row["label"],
            created_at=row["created_at"],
            last_sent_at=row["last_sent_at"],
            failures=row["failures"],
        )
        for row in await conn.fetch(OF_PERSON, person_id)
    ]


OTHERS = "SELECT count(*) FROM push_subscription WHERE person_id = $1 AND endpoint <> $2"
KEEP = """
INSERT INTO push_subscription AS s
  (person_id, endpoint, p256dh, auth, server_key, label, created_at)
VALUES ($1, $2, $3, $4, $5, $6, moment($7))
ON CONFLICT (endpoint) DO UPDATE
SET p256dh = excluded.p256dh, auth = excluded.auth, server_key = excluded.server_key,
  label = excluded.label, failures = 0
WHERE s.person_id = excluded.person_id
RETURNING id
"""


async def subscribe(
    conn: Connection, person_id: int, given: Subscription, label: str, stamp: datetime | None
) -> int:
    """Store the subscription of a browser, in the caller's transaction that holds the person.

    Done again, it changes the keys. Raises Unprocessable for one browser too many, and Conflict
    for one that is somebody else's.
    """
    if await conn.fetchval(OTHERS, person_id, given.endpoint) >= MOST:
        raise Unprocessable(f"a person has at most {MOST} browsers: remove one of the list first")
    kept: int | None = await conn.fetchval(
        KEEP,
        person_id,
        given.endpoint,
        given.keys.p256dh,
        given.keys.auth,
        given.server_key,
        label,
        stamp,
    )
    if kept is None:
        raise Conflict("this browser is subscribed for somebody else: subscribe it anew")
    return kept


REMOVE = "DELETE FROM push_subscription WHERE id = $1 AND person_id = $2 RETURNING id"


async def remove(conn: Connection, person_id: int, subscription_id: int) -> None:
    """Delete a browser of a person; raises NotFound if it is not theirs."""
    if await conn.fetchval(REMOVE, subscription_id, person_id) is None:
        raise NotFound("this browser is not subscribed: the list shows those that are")


NOTE = """
WITH gone AS (DELETE FROM push_subscription WHERE id = ANY($1::bigint[]))
UPDATE push_subscription SET
  last_sent_at = CASE WHEN id = ANY($2::bigint[]) THEN moment($4) ELSE last_sent_at END,
  failures = CASE WHEN id = ANY($2::bigint[]) THEN 0 ELSE failures + 1 END
WHERE id = ANY($2::bigint[]) OR id = ANY($3::bigint[])
"""


async def note_results(
    conn: Connection,
    gone: Sequence[int],
    reached: Sequence[int],
    failed: Sequence[int],
    stamp: datetime | None,
) -> None:
    """Delete the browsers that are gone, and record which of the others were reached."""
    await conn.execute(NOTE, gone, reached, failed, stamp)
