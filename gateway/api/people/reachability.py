"""The API of the reachability of a person now: by which addresses, and what is in the way."""

from datetime import datetime

import msgspec
from aiohttp import web

from gateway.api.context import ApiCall, respond
from gateway.api.people.person_of_call import login_of
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.directory.reaches import reach_of
from gateway.errors import NotFound, Unavailable
from gateway.notify.reachability import Obstacle, reachability_of
from gateway.settings.notify import is_switched_on

URGENT, NORMAL = 1, 3
"""The priorities that are looked at."""


class ObstacleView(msgspec.Struct):
    """A reason for which a person is not reached as they chose; `detail` says what to do."""

    code: Obstacle
    detail: str


class ReachedView(msgspec.Struct):
    """The reachability of a person for messages of one urgency.

    `reached` says that a message would arrive now. `by` are the channels and addresses that are
    tried, in order, `until` the end of a pause that holds such messages back.
    """

    reached: bool
    by: list[str]
    why_not: list[ObstacleView]
    until: datetime | None


class ReachabilityView(msgspec.Struct):
    """The reachability of a person at `at`: `urgent` for priority 1, `normal` for priority 3."""

    login: str
    at: datetime
    urgent: ReachedView
    normal: ReachedView


async def read_reachability(call: ApiCall[None]) -> web.Response:
    """Return whether a person would be reached now."""
    login, uow = login_of(call), call.context.uow
    settings = uow.rules.settings
    if settings is None:
        raise Unavailable("the settings are not in force yet: try again")
    async with acquire(uow.pool) as conn:
        now = await fetch_now(conn, uow.clock.stamp())
        reach = await reach_of(conn, login)
    if reach is None:
        raise NotFound(f"nobody active has the login {login}")
    notify = settings.notify
    seen = {}
    for name, urgency in (("urgent", URGENT), ("normal", NORMAL)):
        found = reachability_of(
            reach,
            notify.pacing,
            now,
            urgency=urgency,
            is_on=lambda channel: is_switched_on(notify, settings.vendors, channel),
        )
        seen[name] = ReachedView(
            reached=found.reached,
            by=[str(target) for target in found.by],
            why_not=[ObstacleView(one.code, one.detail) for one in found.obstacles],
            until=found.until,
        )
    return respond(ReachabilityView(login, now, **seen))
