"""Reading and locking of incidents; before a change, they are locked here in order of id."""

from collections.abc import Awaitable, Callable, Collection
from datetime import date, datetime

from gateway.db.pool import Connection
from gateway.incidents.columns import incident_of
from gateway.incidents.record import Incident
from gateway.incidents.visibility import Visibility

BY_NUMBER = """
SELECT * FROM incident WHERE number = $1
AND may_see(security, recorded_by, owner, contact, $2, $3, $4)
"""

LOCK_NUMBER = BY_NUMBER + "FOR UPDATE"
"""The statement that locks a visible incident.

It does not wait for the lock of an invisible one, and checks visibility again after waiting.
"""


async def by_number(
    conn: Connection, number: str, sight: Visibility, *, lock: bool = False
) -> Incident | None:
    """Return the incident of that number if it is visible, or None.

    With `lock`, nobody else can change it before the transaction ends.
    """
    row = await conn.fetchrow(LOCK_NUMBER if lock else BY_NUMBER, number, *sight.parameters())
    return None if row is None else incident_of(row)


BY_IDS = "SELECT * FROM incident WHERE id = ANY($1::bigint[]) ORDER BY id"


async def by_ids(conn: Connection, ids: Collection[int]) -> list[Incident]:
    """Return the incidents of those ids in order of id, as they are; not locked."""
    return [incident_of(row) for row in await conn.fetch(BY_IDS, list(ids))]


SEEN = """
SELECT number FROM incident WHERE number = ANY($1::text[])
AND may_see(security, recorded_by, owner, contact, $2, $3, $4)
"""


async def visible_numbers(
    conn: Connection, numbers: Collection[str], sight: Visibility
) -> frozenset[str]:
    """Return those of the numbers whose records are visible."""
    return (
        frozenset(row[0] for row in await conn.fetch(SEEN, list(numbers), *sight.parameters()))
        if numbers
        else frozenset()
    )


LOCK = "SELECT * FROM incident WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"


async def lock(conn: Connection, ids: Collection[int]) -> list[Incident]:
    """Return the incidents of those ids, locked in order of id."""
    return [incident_of(row) for row in await conn.fetch(LOCK, list(ids))]


RESERVE = """
WITH today AS (SELECT (moment($2) AT TIME ZONE 'UTC')::date AS day),
     taken AS (
       INSERT INTO incident_number AS n (day, last) SELECT day, $1::bigint FROM today
       ON CONFLICT (day) DO UPDATE SET last = n.last + excluded.last RETURNING day, last)
SELECT taken.day, taken.last,
  array(SELECT nextval('incident_id_seq') FROM generate_series(1, $1::bigint)) AS ids
FROM taken
"""

Reserved = tuple[list[int], list[str]]
"""New ids and numbers, as many of one as of the other."""

Reserve = Callable[[int, datetime | None], Awaitable[Reserved]]


async def reserve(conn: Connection, count: int, stamp: datetime | None) -> Reserved:
    """Return ids and numbers for `count` new incidents.

    Runs outside of the transaction that will use them, on a connection with synchronous_commit
    off: the write-ahead log is in order, so whenever an incident's commit is durable its
    number's is too. A number that is not used in the end leaves a gap.
    """
    row = await conn.fetchrow(RESERVE, count, stamp)
    if row is None:
        raise AssertionError("an upsert returns its row")
    first = row["last"] - count + 1
    return row["ids"], numbers(row["day"], first, count)


def numbers(day: date, first: int, count: int) -> list[str]:
    """Return numbers INC-YYYYMMDD-NNNNNN: the day in UTC and at least six digits within it."""
    head = f"INC-{day:%Y%m%d}-"
    return [f"{head}{sequence:06d}" for sequence in range(first, first + count)]
