"""The calendars of people in the database: where they are, what of them counts, how reading went.

A calendar is read again and again; each time one replica claims it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.oncall.absence import NewAbsence

LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCalendar:
    """The calendar of a person, and the result of reading it.

    `checked_at` is the last attempt, `read_at` the last time that its content was read whole.
    `absences` and `unreadable` count its absences, and the events that could not be read.
    """

    url: str
    words: tuple[str, ...]
    at_least: timedelta
    next_at: datetime
    checked_at: datetime | None
    read_at: datetime | None
    failing_since: datetime | None
    error: str
    absences: int
    unreadable: int


OF_PERSON = """
SELECT c.url, c.words, c.at_least, c.next_at, c.checked_at, c.read_at, c.failing_since, c.error,
  c.absences, c.unreadable
FROM person p LEFT JOIN person_calendar c ON c.person_id = p.id WHERE p.login = $1
"""


async def calendar_of(conn: Connection, login: str) -> PersonCalendar:
    """Return the calendar of a person; raises NotFound, also where they have named none."""
    row = await conn.fetchrow(OF_PERSON, login)
    if row is None or row["url"] is None:
        raise NotFound(f"{login} has no calendar: PUT one")
    return PersonCalendar(**{**row, "words": tuple(row["words"])})


PUT = """
INSERT INTO person_calendar AS c (person_id, url, words, at_least, next_at)
SELECT p.id, $2, $3::text[], $4::interval, moment($5) FROM person p WHERE p.login = $1
ON CONFLICT (person_id) DO UPDATE SET url = excluded.url, words = excluded.words,
  at_least = excluded.at_least, next_at = excluded.next_at, etag = '', last_modified = '',
  checked_at = NULL, failing_since = NULL, error = ''
"""


async def put_calendar(
    conn: Connection,
    login: str,
    url: str,
    words: Sequence[str],
    at_least: timedelta,
    stamp: datetime | None,
) -> None:
    """Name the calendar of a person, which is read at once; raises NotFound.

    Its absences are those of the calendar before until it has been read.
    """
    if await conn.execute(PUT, login, url, list(words), at_least, stamp) == "INSERT 0 0":
        raise NotFound(f"nobody has the login {login}")


DELETE = """
DELETE FROM person_calendar c USING person p WHERE p.id = c.person_id AND p.login = $1
"""


async def delete_calendar(conn: Connection, login: str) -> None:
    """Forget the calendar of a person; raises NotFound where there is none."""
    if await conn.execute(DELETE, login) == "DELETE 0":
        raise NotFound(f"{login} has no calendar")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCalendar:
    """A calendar to be read now, with what is known of its owner and of its last version."""

    login: str
    zone: str
    email: str
    url: str
    words: tuple[str, ...]
    at_least: timedelta
    etag: str
    last_modified: str
    read_at: datetime | None
    now: datetime


CLAIM = """
WITH due AS (
  SELECT c.person_id FROM person_calendar c JOIN person p ON p.id = c.person_id AND p.active
  WHERE c.next_at <= moment($1) ORDER BY c.next_at LIMIT $2 FOR UPDATE OF c SKIP LOCKED
)
UPDATE person_calendar c SET next_at = moment($1) + $3::interval
FROM due, person p WHERE c.person_id = due.person_id AND p.id = c.person_id
RETURNING p.login, p.zone, p.email, c.url, c.words, c.at_least, c.etag, c.last_modified,
  c.read_at, moment($1) AS now
"""


async def claim_due_calendars(
    conn: Connection, limit: int, every: timedelta, stamp: datetime | None
) -> list[DueCalendar]:
    """Return calendars that are due, which are due again after `every`, also if reading fails."""
    return [
        DueCalendar(**{**row, "words": tuple(row["words"])})
        for row in await conn.fetch(CLAIM, stamp, limit, every)
    ]


READ = """
UPDATE person_calendar c SET checked_at = $3, read_at = $3, failing_since = NULL, error = '',
  etag = $4, last_modified = $5, absences = $6, unreadable = $7
FROM person p WHERE p.id = c.person_id AND p.login = $1 AND c.url = $2
"""
UNCHANGED = """
UPDATE person_calendar c SET checked_at = $3, failing_since = NULL, error = ''
FROM person p WHERE p.id = c.person_id AND p.login = $1 AND c.url = $2
"""
FAILED = """
UPDATE person_calendar c SET checked_at = $3, failing_since = coalesce(c.failing_since, $3),
  error = $4
FROM person p WHERE p.id = c.person_id AND p.login = $1 AND c.url = $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarVersion:
    """One version of a calendar: its marks, its absences, and the events that could not be read."""

    etag: str
    last_modified: str
    absences: Sequence[NewAbsence]
    unreadable: int


async def note_read(conn: Connection, due: DueCalendar, version: CalendarVersion) -> bool:
    """Record that a calendar was read whole.

    Returns False if its owner has named another one meanwhile.
    """
    marks = version.etag, version.last_modified
    read = (due.login, due.url, due.now, *marks, len(version.absences), version.unreadable)
    return await conn.execute(READ, *read) != "UPDATE 0"


async def note_unchanged(conn: Connection, due: DueCalendar) -> None:
    """Record that a calendar is as it was read before."""
    await conn.execute(UNCHANGED, due.login, due.url, due.now)


async def note_failed(conn: Connection, due: DueCalendar, error: str) -> None:
    """Record why a calendar could not be read; its absences stay."""
    await conn.execute(FAILED, due.login, due.url, due.now, error[:LONGEST_ERROR])


FAILING = """
SELECT count(*)::int FROM person_calendar WHERE failing_since < moment($1) - $2::interval
"""


async def count_failing(conn: Connection, since: timedelta, stamp: datetime | None) -> int:
    """Return how many calendars could not be read for so long."""
    count: int = await conn.fetchval(FAILING, stamp, since)
    return count
