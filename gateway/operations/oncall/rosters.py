"""Rosters of groups that follow a schedule, kept up as time passes and schedules change."""

from datetime import datetime

from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, in_transaction
from gateway.errors import Flaw, NotFound, Unprocessable
from gateway.oncall import schedules
from gateway.oncall.schedule_rosters import follow, refresh_rosters
from gateway.operations.unit_of_work import UnitOfWork

EVERY = 60.0
"""Seconds between two looks at the rosters; changes of schedules are followed at once."""


async def follow_schedules(uow: UnitOfWork) -> int:
    """Plan the coming days of every roster that follows a schedule; return how many changed."""

    async def plan(conn: Connection) -> int:
        return await refresh_rosters(conn, None, await fetch_now(conn, uow.clock.stamp()))

    return await in_transaction(uow.pool, plan)


async def follow_schedule(conn: Connection, group: str, slug: str, now: datetime) -> None:
    """Let a group's roster have the shifts of a schedule from now on.

    Raises NotFound for the group, and Unprocessable for a schedule that is not there or not
    active.
    """
    try:
        schedule = await schedules.by_slug(conn, slug, lock=True)
    except NotFound as error:
        raise Unprocessable(error.detail, flaws=(Flaw("/schedule", error.detail),)) from error
    if not schedule.active:
        detail = f"the schedule {slug} is not active"
        raise Unprocessable(detail, flaws=(Flaw("/schedule", detail),))
    await follow(conn, group, schedule.id)
    # Locks of further groups, in whatever order, could deadlock with another change of rosters.
    await refresh_rosters(conn, [slug], now, group=group)
