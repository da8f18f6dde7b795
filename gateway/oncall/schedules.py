"""On-call schedules in the database, and who is on call now."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record

from gateway.db.pool import Connection
from gateway.db.versioned import Checks, check_fields, check_version, fetch_found, written_fields
from gateway.errors import Conflict, Flaw, Unprocessable
from gateway.oncall.absences import absences_during
from gateway.oncall.expansion import INSTANT, Plan
from gateway.oncall.overrides import override_of
from gateway.oncall.schedule import Absence, Layer, Override, Schedule
from gateway.oncall.schedule_flaws import flaws
from gateway.oncall.shift import Shift
from gateway.timing.instants import EARLIEST, LATEST
from gateway.timing.zones import time_zone_names

Layers = tuple[Layer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSchedule:
    """A schedule as it is stored; `owner` is the login of whoever looks after it, or empty."""

    id: int
    slug: str
    name: str
    zone: str
    layers: Layers
    owner: str
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def schedule(self) -> Schedule:
        """The schedule alone."""
        return Schedule(slug=self.slug, name=self.name, zone=self.zone, layers=self.layers)


SCHEDULES = """
SELECT s.id, s.slug, s.name, s.zone, s.layers::text AS layers, s.owner, s.active, s.version,
  s.created_at, s.updated_at
FROM schedule s
"""

CHECKS: Checks = {"name": str, "zone": str, "layers": tuple, "owner": str, "active": bool}
"""The fields of a schedule that can be changed; `flaws` checks them together."""


def schedule_of(row: Record) -> StoredSchedule:
    """Return the schedule in a row of SCHEDULES."""
    return StoredSchedule(**{**row, "layers": msgspec.json.decode(row["layers"], type=Layers)})


LIST = (
    SCHEDULES
    + """
WHERE s.slug > $1::text AND ($2::bool IS NULL OR s.active = $2::bool)
ORDER BY s.slug LIMIT $3::int
"""
)


async def page(
    conn: Connection, after: str, limit: int, *, active: bool | None = None
) -> list[StoredSchedule]:
    """Return schedules whose slug sorts after `after`."""
    return [schedule_of(row) for row in await conn.fetch(LIST, after, active, limit)]


BY_SLUG = SCHEDULES + "WHERE s.slug = $1"
LOCK = "SELECT id FROM schedule WHERE slug = $1 FOR UPDATE"


async def by_slug(conn: Connection, slug: str, *, lock: bool = False) -> StoredSchedule:
    """Return the schedule of that slug; raises NotFound.

    With `lock` it stays unchanged until the transaction ends.
    """
    if lock:
        await conn.fetchval(LOCK, slug)
    return schedule_of(await fetch_found(conn, BY_SLUG, slug, f"there is no schedule {slug}"))


KNOWN = "SELECT login FROM person WHERE login = ANY($1::text[]) AND active ORDER BY id FOR SHARE"


async def active_logins(conn: Connection, logins: Collection[str]) -> frozenset[str]:
    """Return those of the logins that are of active people, who stay so for the transaction."""
    return frozenset(row["login"] for row in await conn.fetch(KNOWN, sorted(logins)))


async def _check(conn: Connection, schedule: Schedule, owner: str) -> None:
    """Raise Unprocessable with every flaw of the schedule and its owner."""
    known = await active_logins(conn, schedule.people | {owner})
    found = flaws(schedule, known, time_zone_names())
    if owner and owner not in known:
        found += (Flaw("/owner", f"nobody active has the login {owner}"),)
    if found:
        raise Unprocessable("the schedule cannot be used", flaws=found)


INSERT = """
INSERT INTO schedule (slug, name, zone, layers, owner, active, created_at, updated_at)
SELECT $1::text, $2::text, $3::text, $4::text::jsonb, $5::text, $6::bool, t.now, t.now
FROM moment($7) AS t (now)
"""


async def create(
    conn: Connection, slug: str, fields: Mapping[str, Any], stamp: datetime | None
) -> StoredSchedule:
    """Create a schedule with all fields of CHECKS.

    Raises Unprocessable with every flaw, and Conflict for a slug that is taken.
    """
    given = check_fields(CHECKS, fields)
    schedule = Schedule(slug=slug, name=given["name"], zone=given["zone"], layers=given["layers"])
    await _check(conn, schedule, given["owner"])
    try:
        await conn.execute(INSERT, slug, *_columns(given), stamp)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("there is a schedule of this slug already") from error
    return await by_slug(conn, slug)


UPDATE = """
UPDATE schedule SET name = $2, zone = $3, layers = $4::text::jsonb, owner = $5, active = $6,
  version = version + 1, updated_at = moment($7)
WHERE slug = $1
"""


async def change(
    conn: Connection,
    before: StoredSchedule,
    changes: Mapping[str, Any],
    stamp: datetime | None,
    *,
    if_match: int | None = None,
) -> StoredSchedule:
    """Change a locked schedule and return it; changing nothing writes nothing.

    Raises VersionMismatch, and Unprocessable with every flaw.
    """
    check_version(before.slug, before.version, if_match)
    present = written_fields(CHECKS, before) | {"layers": before.layers}
    wanted = present | check_fields(CHECKS, changes)
    if wanted == present:
        return before
    schedule = Schedule(
        slug=before.slug, name=wanted["name"], zone=wanted["zone"], layers=wanted["layers"]
    )
    if wanted["active"]:
        await _check(conn, schedule, wanted["owner"])
    await conn.execute(UPDATE, before.slug, *_columns(wanted), stamp)
    return await by_slug(conn, before.slug)


def _columns(fields: Mapping[str, Any]) -> list[object]:
    layers = msgspec.json.encode(fields["layers"]).decode()
    return [layers if name == "layers" else fields[name] for name in CHECKS]


ACTIVE = SCHEDULES + "WHERE s.active AND ($1::text[] IS NULL OR s.slug = ANY($1)) ORDER BY s.slug"

IN_FORCE = """
SELECT o.schedule_id, o.id, o.starts_at, o.ends_at, o.people, o.replaces
FROM schedule_override o
WHERE o.schedule_id = ANY($1::int[]) AND o.withdrawn_at IS NULL
  AND o.ends_at > $2 AND o.starts_at < $3
ORDER BY o.id
"""

INACTIVE = """
SELECT n.login FROM unnest($1::text[]) AS n (login)
WHERE NOT EXISTS (SELECT FROM person p WHERE p.login = n.login AND p.active)
"""


async def load_plans(
    conn: Connection, slugs: Sequence[str] | None, since: datetime, until: datetime
) -> dict[str, Plan]:
    """Return by slug the active schedules among `slugs`, or all, with what is in force.

    Overrides and absences are those that overlap [since, until). Somebody who is not active any
    more is away.
    """
    stored = [schedule_of(row) for row in await conn.fetch(ACTIVE, slugs)]
    overrides: dict[int, list[Override]] = {one.id: [] for one in stored}
    for row in await conn.fetch(IN_FORCE, list(overrides), since, until):
        overrides[row["schedule_id"]].append(override_of(row))
    plans = {
        one.slug: Plan(schedule=one.schedule, overrides=tuple(overrides[one.id])) for one in stored
    }
    people = {login for plan in plans.values() for login in plan.people}
    away = [
        Absence(person=row["login"], starts_at=EARLIEST, ends_at=LATEST)
        for row in await conn.fetch(INACTIVE, sorted(people))
    ]
    away += await absences_during(conn, people, since, until)
    return {slug: _with_absences(plan, away) for slug, plan in plans.items()}


def _with_absences(plan: Plan, away: Sequence[Absence]) -> Plan:
    people = plan.people
    return replace(plan, absences=tuple(one for one in away if one.person in people))


async def on_call_now(
    conn: Connection, slugs: Sequence[str], now: datetime
) -> Mapping[str, tuple[str, ...]]:
    """Return by slug the logins of those on call at `now`.

    It is empty for a schedule without anybody on call, and for one that is unknown or inactive.
    """
    plans = await load_plans(conn, list(slugs), now, now + INSTANT)
    return {slug: plans[slug].on_call(now) if slug in plans else () for slug in slugs}


async def expand(plan: Plan, since: datetime, until: datetime) -> list[Shift]:
    """Return the shifts of a plan that overlap [since, until), computed beside the event loop."""
    return await asyncio.to_thread(plan.shifts, since, until)


async def shifts_between(
    conn: Connection, slug: str, since: datetime, until: datetime
) -> list[Shift]:
    """Return the shifts of a schedule that overlap [since, until), none if it is not active."""
    plans = await load_plans(conn, [slug], since, until)
    return await expand(plans[slug], since, until) if slug in plans else []
