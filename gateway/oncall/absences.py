"""Absences in the database: of one person, and of everybody in a period."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.db.pool import Connection
from gateway.errors import Conflict, NotFound
from gateway.oncall.absence import AbsenceSource, NewAbsence
from gateway.oncall.schedule import Absence


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAbsence:
    """An absence of a person as it is stored, with its origin and the one who entered it."""

    id: int
    starts_at: datetime
    ends_at: datetime
    reason: str
    source: AbsenceSource
    entered_by: str
    created_at: datetime


OF_PERSON = """
SELECT a.id, a.starts_at, a.ends_at, a.reason, a.source, a.entered_by, a.created_at
FROM absence a JOIN person p ON p.id = a.person_id
WHERE p.login = $1 AND a.ends_at > $2 AND a.starts_at < $3 ORDER BY a.starts_at, a.id LIMIT 2000
"""


async def of_person(
    conn: Connection, login: str, since: datetime, until: datetime
) -> list[StoredAbsence]:
    """Return the absences of a person that overlap [since, until), in the order of their starts."""
    return [
        StoredAbsence(**{**row, "source": AbsenceSource(row["source"])})
        for row in await conn.fetch(OF_PERSON, login, since, until)
    ]


DURING = """
SELECT p.login AS person, a.starts_at, a.ends_at FROM absence a JOIN person p ON p.id = a.person_id
WHERE p.login = ANY($1::text[]) AND a.ends_at > $2 AND a.starts_at < $3
ORDER BY a.starts_at, a.id
"""


async def absences_during(
    conn: Connection, logins: Collection[str], since: datetime, until: datetime
) -> list[Absence]:
    """Return the absences of these people that overlap [since, until)."""
    return [Absence(**row) for row in await conn.fetch(DURING, list(logins), since, until)]


LOCK = "SELECT id FROM person WHERE login = $1 FOR UPDATE"
CHANGED = "UPDATE person SET absences_changed_at = moment($2) WHERE id = $1"


async def _lock(conn: Connection, login: str) -> int:
    """Return the id of a person whose absences nobody else changes meanwhile; raises NotFound."""
    person_id: int | None = await conn.fetchval(LOCK, login)
    if person_id is None:
        raise NotFound(f"nobody has the login {login}")
    return person_id


INSERT = """
INSERT INTO absence AS a (person_id, starts_at, ends_at, reason, source, uid, entered_by,
  created_at)
SELECT $1, t.starts_at, t.ends_at, t.reason, $2, t.uid, $3, moment($4)
FROM unnest($5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[])
  AS t (starts_at, ends_at, reason, uid)
ON CONFLICT (person_id, source, uid, starts_at) WHERE source <> 'manual'
DO UPDATE SET ends_at = excluded.ends_at, reason = excluded.reason
WHERE (a.ends_at, a.reason) IS DISTINCT FROM (excluded.ends_at, excluded.reason)
RETURNING id, starts_at, ends_at, reason, source, entered_by, created_at
"""


async def add_absence(
    conn: Connection, login: str, absence: NewAbsence, by: str, stamp: datetime | None
) -> StoredAbsence:
    """Enter an absence by hand and return it, in the caller's transaction; raises NotFound."""
    person_id = await _lock(conn, login)
    columns = [[one] for one in (absence.starts_at, absence.ends_at, absence.reason, absence.uid)]
    row = await conn.fetchrow(INSERT, person_id, AbsenceSource.MANUAL, by, stamp, *columns)
    assert row is not None  # noqa: S101 - what is entered by hand replaces nothing
    await conn.execute(CHANGED, person_id, stamp)
    return StoredAbsence(**{**row, "source": AbsenceSource(row["source"])})


SOURCE = "SELECT source FROM absence WHERE id = $1 AND person_id = $2 FOR UPDATE"
REMOVE = "DELETE FROM absence WHERE id = $1"


async def remove_absence(
    conn: Connection, login: str, absence_id: int, stamp: datetime | None
) -> None:
    """Remove an absence of a person, in the caller's transaction.

    Raises NotFound, and Conflict for one that the person's calendar would bring back.
    """
    person_id = await _lock(conn, login)
    source = await conn.fetchval(SOURCE, absence_id, person_id)
    if source is None:
        raise NotFound(f"{login} has no absence {absence_id}")
    if source == AbsenceSource.CALENDAR:
        raise Conflict("this absence is an event of a calendar: change or delete the event there")
    await conn.execute(REMOVE, absence_id)
    await conn.execute(CHANGED, person_id, stamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAbsences:
    """The absences that a source says a person has.

    They replace those of the events `uids` that came from the same source, None for all of it.
    """

    login: str
    source: AbsenceSource
    absences: Sequence[NewAbsence]
    by: str
    uids: Collection[str] | None = None


FORGET = """
DELETE FROM absence WHERE person_id = $1 AND source = $2 AND ends_at > $3
  AND ($4::text[] IS NULL OR uid = ANY($4))
  AND (uid, starts_at) NOT IN (
    SELECT t.uid, t.starts_at FROM unnest($5::text[], $6::timestamptz[]) AS t (uid, starts_at))
"""


async def replace_absences(
    conn: Connection, imported: ImportedAbsences, since: datetime, stamp: datetime | None
) -> None:
    """Replace the absences of a source that end after `since`, in the caller's transaction.

    Older ones, and those of other sources, stay. Raises NotFound.
    """
    person_id, new = await _lock(conn, imported.login), imported.absences
    uids = None if imported.uids is None else sorted(imported.uids)
    kept = [one.uid for one in new], [one.starts_at for one in new]
    forgotten = await conn.execute(FORGET, person_id, imported.source, since, uids, *kept)
    columns = (
        [one.starts_at for one in new],
        [one.ends_at for one in new],
        [one.reason for one in new],
        [one.uid for one in new],
    )
    written = await conn.fetch(INSERT, person_id, imported.source, imported.by, stamp, *columns)
    if written or forgotten != "DELETE 0":
        await conn.execute(CHANGED, person_id, stamp)
