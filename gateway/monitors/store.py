"""Monitors in the database."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record

from gateway.db.pool import Connection
from gateway.db.versioned import check_version, fetch_found
from gateway.errors import Conflict, Flaw, NotFound, Unprocessable
from gateway.monitors import schedule
from gateway.monitors.evaluation import with_next_deadline
from gateway.monitors.model import Monitor

MOST = 10_000
"""The most monitors of one integration: pings that create them must not fill the database."""

SETTINGS = (
    "name",
    "description",
    "period_seconds",
    "schedule",
    "zone",
    "grace_seconds",
    "severity",
    "service",
    "ci",
    "enabled",
)
"""The settings of a monitor, in the order of the statements.

Changing one of `CLOCK` restarts its time.
"""

SCHEDULE_FIELDS = ("period_seconds", "schedule", "zone", "grace_seconds", "enabled")
STATE_FIELDS = (
    "pinged_at",
    "started_at",
    "down_since",
    "exit_status",
    "note",
    "expected_at",
    "due_at",
)
"""The state of a monitor, in the order of the statements."""

MONITORS = (
    "SELECT i.slug AS integration, m.* FROM monitor m "
    "JOIN integration i ON i.id = m.integration_id "
)


def _of(row: Record) -> Monitor:
    return Monitor(**dict(row))


NOW = "SELECT coalesce($1::timestamptz, clock_timestamp())"


async def database_time(conn: Connection, stamp: datetime | None) -> datetime:
    """Return the moment to judge by: PostgreSQL's clock, correct even after waiting for a lock."""
    moment: datetime = await conn.fetchval(NOW, stamp)
    return moment


LIST = (
    MONITORS
    + "WHERE m.id > $1::int AND ($2::text IS NULL OR i.slug = $2::text) ORDER BY m.id LIMIT $3::int"
)


async def page(conn: Connection, after: int, limit: int, integration: str | None) -> list[Monitor]:
    """Return monitors whose id is above `after`."""
    return [_of(row) for row in await conn.fetch(LIST, after, integration, limit)]


BY_ID = MONITORS + "WHERE m.id = $1"
BY_ID_LOCKED = MONITORS + "WHERE m.id = $1 FOR UPDATE OF m"


async def by_id(conn: Connection, monitor_id: int, *, lock: bool = False) -> Monitor:
    """Return a monitor, with `lock` unchanged until the transaction ends; raises NotFound."""
    statement = BY_ID_LOCKED if lock else BY_ID
    return _of(await fetch_found(conn, statement, monitor_id, f"there is no monitor {monitor_id}"))


BY_SLUG_LOCKED = MONITORS + "WHERE m.integration_id = $1 AND m.slug = $2 FOR UPDATE OF m"


async def by_slug(conn: Connection, integration_id: int, slug: str) -> Monitor | None:
    """Return the monitor of an integration by its slug, locked until the transaction ends."""
    row = await conn.fetchrow(BY_SLUG_LOCKED, integration_id, slug)
    return None if row is None else _of(row)


DUE = "SELECT id FROM monitor WHERE due_at <= moment($1) ORDER BY due_at LIMIT $2"


async def due(conn: Connection, stamp: datetime | None, limit: int) -> list[int]:
    """Return the ids of monitors whose deadline has passed, the longest overdue first."""
    return [row["id"] for row in await conn.fetch(DUE, stamp, limit)]


STILL_DUE = MONITORS + "WHERE m.id = $1 AND m.due_at <= moment($2) FOR UPDATE OF m SKIP LOCKED"


async def still_due(conn: Connection, monitor_id: int, stamp: datetime | None) -> Monitor | None:
    """Return a monitor that is overdue, locked until the transaction ends.

    None if it was pinged in the meantime or somebody else has locked it.
    """
    row = await conn.fetchrow(STILL_DUE, monitor_id, stamp)
    return None if row is None else _of(row)


PUT_OFF = "UPDATE monitor SET due_at = moment($3) + $2::interval WHERE id = $1"


async def put_off(
    conn: Connection, monitor_id: int, length: timedelta, stamp: datetime | None
) -> None:
    """Postpone a monitor's deadline."""
    await conn.execute(PUT_OFF, monitor_id, length, stamp)


LIVES = """
UPDATE monitor SET pinged_at = $2, started_at = $3, down_since = $4, exit_status = $5, note = $6,
  expected_at = $7, due_at = $8
WHERE id = $1
"""


async def save_state(conn: Connection, monitor: Monitor) -> None:
    """Write the state of a locked monitor; its version, which is of its settings, stays."""
    await conn.execute(LIVES, monitor.id, *(getattr(monitor, name) for name in STATE_FIELDS))


COUNT = (
    "SELECT count(*)::int FROM (SELECT FROM monitor WHERE integration_id = $1 LIMIT $2) AS counted"
)

INSERT = """
INSERT INTO monitor (integration_id, slug, name, description, period_seconds, schedule, zone,
  grace_seconds, severity, service,
  ci, enabled, expected_at, due_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
ON CONFLICT (integration_id, slug) DO NOTHING RETURNING id
"""


async def create(
    conn: Connection,
    integration_id: int,
    slug: str,
    fields: Mapping[str, Any],
    stamp: datetime | None,
) -> Monitor:
    """Create a monitor with all of SETTINGS, whose time runs at once.

    Raises Conflict for a slug that is taken or when there are too many, Unprocessable for a
    schedule that cannot be used.
    """
    schedule.check(fields["period_seconds"], fields["schedule"], fields["zone"])
    if await conn.fetchval(COUNT, integration_id, MOST) >= MOST:
        raise Conflict(f"an integration has at most {MOST} monitors")
    at = await database_time(conn, stamp)
    draft = Monitor(
        id=0,
        integration_id=integration_id,
        integration="",
        slug=slug,
        created_at=at,
        updated_at=at,
        **fields,
    )
    run = with_next_deadline(draft, at)
    values = (getattr(run, name) for name in SETTINGS)
    made = await conn.fetchval(
        INSERT, integration_id, slug, *values, run.expected_at, run.due_at, at
    )
    if made is None:
        raise Conflict("there is a monitor of this slug already")
    return await by_id(conn, made)


UPDATE = """
UPDATE monitor SET name = $2, description = $3, period_seconds = $4, schedule = $5, zone = $6,
  grace_seconds = $7, severity = $8, service = $9, ci = $10, enabled = $11, expected_at = $12,
  due_at = $13, version = version + 1, updated_at = $14
WHERE id = $1
"""


async def change(
    conn: Connection,
    monitor_id: int,
    changes: Mapping[str, Any],
    stamp: datetime | None,
    *,
    if_match: int | None = None,
) -> Monitor:
    """Change a monitor and return it, in a transaction of the caller's.

    Another period or schedule counts from the time of the change. Changing nothing writes
    nothing. Raises NotFound, VersionMismatch, and Unprocessable for a schedule that cannot be
    used.
    """
    before = await by_id(conn, monitor_id, lock=True)
    check_version(f"monitor {monitor_id}", before.version, if_match)
    wanted = asdict(before) | dict(changes)
    if wanted == asdict(before):
        return before
    schedule.check(wanted["period_seconds"], wanted["schedule"], wanted["zone"])
    at, after = await database_time(conn, stamp), Monitor(**wanted)
    if any(wanted[name] != getattr(before, name) for name in SCHEDULE_FIELDS):
        after = with_next_deadline(after, at)
    values = (getattr(after, name) for name in SETTINGS)
    await conn.execute(UPDATE, monitor_id, *values, after.expected_at, after.due_at, at)
    return await by_id(conn, monitor_id)


DELETE = "DELETE FROM monitor WHERE id = $1 RETURNING id"


async def delete(conn: Connection, monitor_id: int) -> None:
    """Delete a monitor; an alert that fires is left to people. Raises NotFound."""
    if await conn.fetchval(DELETE, monitor_id) is None:
        raise NotFound(f"there is no monitor {monitor_id}")


INTEGRATION = "SELECT id FROM integration WHERE slug = $1"


async def integration(conn: Connection, slug: str) -> int:
    """Return the id of an integration; raises Unprocessable if there is none."""
    found: int | None = await conn.fetchval(INTEGRATION, slug)
    if found is None:
        detail = f"there is no integration {slug}: it is made with its first key"
        raise Unprocessable(detail, flaws=(Flaw("/integration", detail),))
    return found
