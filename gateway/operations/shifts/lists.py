"""Hand-over lists as they are stored and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import asyncpg

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may, visibility_of
from gateway.access.principal import Principal
from gateway.db.pool import Connection, acquire
from gateway.errors import NotFound
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.operations.major.reports import load_report_statuses
from gateway.operations.unit_of_work import UnitOfWork
from gateway.vocabulary import ReportStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """One hand-over list.

    `people` hand over, `successors` work the shift that follows; `records` are in the order of
    their ids. `reports` is by id the status of the reports on those that are major and over.
    """

    id: int
    group: str
    ends_at: datetime
    people: tuple[str, ...]
    successors: tuple[str, ...]
    accepted_at: datetime | None
    accepted_by: str | None
    look_through_asked_at: datetime | None
    looked_through_at: datetime | None
    looked_through_by: str | None
    records: tuple[Incident, ...] = ()
    reports: Mapping[int, ReportStatus] = field(default_factory=dict)


HANDOVERS = """
SELECT h.id, g.slug AS "group", s.ends_at, h.accepted_at, h.accepted_by,
  h.look_through_asked_at, h.looked_through_at, h.looked_through_by,
  array(SELECT p.login FROM person p WHERE p.id = ANY(s.people) ORDER BY p.login) AS people,
  array(SELECT p.login FROM person p WHERE p.active AND p.id = ANY((
    SELECT n.people FROM shift n WHERE n.group_id = s.group_id AND n.starts_at >= s.ends_at
      ORDER BY n.starts_at LIMIT 1
  )::int[]) ORDER BY p.login) AS successors
FROM handover h JOIN shift s ON s.id = h.shift_id JOIN staff_group g ON g.id = s.group_id
"""

PENDING = (
    HANDOVERS
    + "WHERE h.accepted_at IS NULL AND ($1::text IS NULL OR g.slug = $1) ORDER BY h.id LIMIT 100"
)
ASKED = (
    HANDOVERS + "WHERE h.look_through_asked_at IS NOT NULL AND h.looked_through_at IS NULL "
    "AND ($1::text IS NULL OR g.slug = $1) ORDER BY h.id DESC LIMIT 100"
)
ONE = HANDOVERS + "WHERE h.id = $1"
LOCK = "SELECT id FROM handover WHERE id = $1 FOR UPDATE"
ITEMS = "SELECT incident_id FROM handover_item WHERE handover_id = $1 ORDER BY incident_id"


async def list_pending(
    uow: UnitOfWork, group: str | None, who: Principal, *, look_through: bool = False
) -> list[HandOver]:
    """Return the lists not accepted yet, with the records on them that `who` may see.

    With `look_through`, those that a shift was asked to look through and has not. Raises
    Forbidden.
    """
    raise_if_refused(may(who, Action.HAND_OVER))
    async with acquire(uow.pool) as conn:
        return [
            await with_records(conn, hand_over_of_row(row), who)
            for row in await conn.fetch(ASKED if look_through else PENDING, group)
        ]


def hand_over_of_row(row: asyncpg.Record) -> HandOver:
    """Return the list of a row of HANDOVERS, without its records."""
    return HandOver(
        **{**row, "people": tuple(row["people"]), "successors": tuple(row["successors"])}
    )


async def with_records(conn: Connection, listed: HandOver, who: Principal) -> HandOver:
    """Return the list with the records on it that `who` may see."""
    ids = [row["incident_id"] for row in await conn.fetch(ITEMS, listed.id)]
    seen = [one for one in await store.by_ids(conn, ids) if visibility_of(who).sees(one)]
    return replace(listed, records=tuple(seen), reports=await load_report_statuses(conn, ids))


async def load_locked(conn: Connection, handover_id: int) -> HandOver:
    """Return a list without its records, locked; raises NotFound."""
    await conn.fetchval(LOCK, handover_id)
    row = await conn.fetchrow(ONE, handover_id)
    if row is None:
        raise NotFound(f"there is no hand-over {handover_id}")
    return hand_over_of_row(row)
