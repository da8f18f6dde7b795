"""Making and changing on-call schedules, by those who may."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.access.principal import Principal
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection
from gateway.oncall import schedules
from gateway.oncall.schedule_rosters import refresh_rosters
from gateway.oncall.schedules import StoredSchedule
from gateway.operations.oncall.rights import may_plan


async def create_schedule(
    conn: Connection, slug: str, fields: Mapping[str, Any], who: Principal, stamp: datetime | None
) -> StoredSchedule:
    """Create a schedule; raises Forbidden, Unprocessable and Conflict."""
    raise_if_refused(may(who, Action.PLAN_SHIFTS))
    return await schedules.create(conn, slug, fields, stamp)


async def change_schedule(
    conn: Connection,
    slug: str,
    changes: Mapping[str, Any],
    who: Principal,
    stamp: datetime | None,
    *,
    if_match: int | None,
) -> StoredSchedule:
    """Change a schedule in force at once; the right is judged on the locked row.

    Raises NotFound, Forbidden, VersionMismatch and Unprocessable.
    """
    before = await schedules.by_slug(conn, slug, lock=True)
    raise_if_refused(may_plan(who, before.owner))
    after = await schedules.change(conn, before, changes, stamp, if_match=if_match)
    await refresh_rosters(conn, [slug], await fetch_now(conn, stamp))
    return after
