"""The API of swaps: propose, accept, refuse and withdraw."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
import structlog
from aiohttp import web

from gateway.access.principal import Principal
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.idempotent_response import ChangeResult, answer_once
from gateway.api.oncall.overrides import Reason
from gateway.api.setup.people import Login
from gateway.db.pool import Connection, acquire
from gateway.incidents.changes import CommittedChanges
from gateway.oncall import schedules, swaps
from gateway.oncall.spans import Span
from gateway.oncall.swaps import Swap, SwapState
from gateway.operations.oncall.swaps import (
    NewSwap,
    accept_swap,
    propose_swap,
    refuse_swap,
    withdraw_swap,
)
from gateway.untrusted import bounds
from gateway.untrusted.bounds import Request

log = structlog.get_logger()


class TimeOnCall(
    msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """A time in which somebody is on call."""

    since: bounds.Moment
    until: bounds.Moment

    @property
    def span(self) -> Span:
        """The time as a span."""
        return self.since, self.until


class SwapBody(Request, kw_only=True):
    """A time of one's own that one gives to `asked`, and the time of theirs that one takes.

    Without `takes` one gives it away.
    """

    asked: Login
    gives: TimeOnCall
    takes: TimeOnCall | None = None
    reason: Reason = ""


class SwapView(msgspec.Struct):
    """A proposed swap, and how it ended."""

    id: int
    proposer: str
    asked: str
    gives: TimeOnCall
    takes: TimeOnCall | None
    reason: str
    state: SwapState
    made_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str | None


class SwapList(msgspec.Struct):
    """The latest hundred swaps of a schedule, the newest first."""

    swaps: list[SwapView]


class SwapQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A filter of swaps by their state."""

    state: SwapState | None = None


def _view(one: Swap) -> SwapView:
    shown = {name: getattr(one, name) for name in SwapView.__struct_fields__}
    takes = None if one.takes is None else TimeOnCall(*one.takes)
    return SwapView(**shown | {"gives": TimeOnCall(*one.gives), "takes": takes})


async def list_swaps(call: QueryCall[SwapQuery]) -> web.Response:
    """List the swaps of a schedule."""
    async with acquire(call.context.uow.pool) as conn:
        schedule = await schedules.by_slug(conn, call.request.match_info["slug"])
        found = await swaps.latest(conn, schedule.id, call.query.state)
    return respond(SwapList([_view(one) for one in found]))


async def post_swap(call: ApiCall[SwapBody]) -> web.Response:
    """Propose a swap of shifts."""
    slug, given, uow = call.request.match_info["slug"], call.body, call.context.uow
    takes = None if given.takes is None else given.takes.span
    new = NewSwap(asked=given.asked, gives=given.gives.span, takes=takes, reason=given.reason)

    async def work(conn: Connection) -> ChangeResult:
        made = await propose_swap(conn, slug, new, call.who, uow.clock.stamp())
        return ChangeResult(_view(made), 201)

    return await _answer(call, work, SwapState.PROPOSED)


async def accept(call: ApiCall[None]) -> web.Response:
    """Accept a swap of shifts."""
    return await _decided(call, accept_swap, SwapState.ACCEPTED)


async def refuse(call: ApiCall[None]) -> web.Response:
    """Refuse a swap of shifts."""
    return await _decided(call, refuse_swap, SwapState.REFUSED)


async def withdraw(call: ApiCall[None]) -> web.Response:
    """Take back a swap that one proposed."""
    return await _decided(call, withdraw_swap, SwapState.WITHDRAWN)


Decision = Callable[[Connection, str, int, Principal, datetime | None], Awaitable[Swap]]


async def _decided(call: ApiCall[None], decide: Decision, to: SwapState) -> web.Response:
    slug, stamp = call.request.match_info["slug"], call.context.uow.clock.stamp()

    async def work(conn: Connection) -> ChangeResult:
        return ChangeResult(_view(await decide(conn, slug, call.id, call.who, stamp)))

    return await _answer(call, work, to)


async def _answer(
    call: ApiCall[object], work: Callable[[Connection], Awaitable[ChangeResult]], to: SwapState
) -> web.Response:
    response, fresh = await answer_once(call, work)
    if fresh:
        call.context.uow.committed(CommittedChanges())
        log.info("swap_changed", schedule=call.request.match_info["slug"], to=to, by=call.actor)
    return response
