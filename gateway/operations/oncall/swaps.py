"""Swaps of shifts: one person proposes, the other accepts or refuses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED
from gateway.access.principal import Principal
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection
from gateway.errors import Conflict, Flaw, Forbidden, Unprocessable
from gateway.oncall import overrides, schedules, swaps
from gateway.oncall.expansion import gaps
from gateway.oncall.schedule_rosters import refresh_rosters
from gateway.oncall.schedules import StoredSchedule, active_logins, shifts_between
from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span
from gateway.oncall.swaps import Swap, SwapState
from gateway.operations.oncall.notices import tell_people
from gateway.operations.oncall.overrides import LONGEST
from gateway.operations.oncall.rights import is_person, may_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSwap:
    """A proposal to make: the time that one gives, to whom, and the time of theirs one takes."""

    asked: str
    gives: Span
    takes: Span | None = None
    reason: str = ""


async def propose_swap(
    conn: Connection, slug: str, new: NewSwap, who: Principal, stamp: datetime | None
) -> Swap:
    """Propose a swap of one's own time on call, and tell the other.

    Raises NotFound, Forbidden for a machine, Conflict for a schedule that is not active, and
    Unprocessable with every flaw.
    """
    schedule = await schedules.by_slug(conn, slug, lock=True)
    if not is_person(who, who.name):
        raise Forbidden("only a person swaps shifts: sign in, or use a key of your own")
    if not schedule.active:
        raise Conflict(f"the schedule {slug} is not active: nobody is on call in it")
    now = await fetch_now(conn, stamp)
    if found := await _flaws(conn, schedule, new, who.name, now):
        raise Unprocessable("the swap cannot be proposed", flaws=tuple(found))
    made = await swaps.insert(
        conn,
        schedule.id,
        who.name,
        new.asked,
        new.gives,
        new.takes,
        reason=new.reason,
        made_at=now,
    )
    await _tell(conn, schedule, made, "swap_proposed", made.asked, stamp)
    return made


async def _flaws(
    conn: Connection, schedule: StoredSchedule, new: NewSwap, proposer: str, now: datetime
) -> list[Flaw]:
    spans = {"gives": new.gives} | ({"takes": new.takes} if new.takes is not None else {})
    found = [flaw for name, span in spans.items() for flaw in _flaws_of_span(name, span, now)]
    if new.asked == proposer:
        found.append(Flaw("/asked", "name somebody else"))
    if new.asked not in await active_logins(conn, [new.asked]):
        found.append(Flaw("/asked", f"nobody active has the login {new.asked}"))
    return found or await _objections(conn, schedule, proposer, new)


def _flaws_of_span(name: str, span: Span, now: datetime) -> Iterator[Flaw]:
    if span[0] < now:
        yield Flaw(f"/{name}/from", "lies in the past: swap what is to come")
    if not span[0] < span[1] <= span[0] + LONGEST:
        yield Flaw(f"/{name}/to", f"lies after from, {LONGEST.days} days later at most")


async def _objections(
    conn: Connection, schedule: StoredSchedule, proposer: str, new: NewSwap | Swap
) -> list[Flaw]:
    """Return why the people on call do not allow the swap: each gives only time of their own."""
    told = await _of_time(conn, schedule, "gives", new.gives, proposer, new.asked)
    if new.takes is not None:
        told += await _of_time(conn, schedule, "takes", new.takes, new.asked, proposer)
    return told


async def _of_time(
    conn: Connection, schedule: StoredSchedule, name: str, span: Span, giver: str, taker: str
) -> list[Flaw]:
    found = await shifts_between(conn, schedule.slug, *span)
    told = []
    if gaps(_with(found, giver), *span):
        told.append(Flaw(f"/{name}", f"{giver} is not on call in all of that time"))
    if gaps(_with(found, taker), *span) != [span]:
        told.append(Flaw(f"/{name}", f"{taker} is on call in that time already"))
    return told


def _with(found: list[Shift], login: str) -> list[Shift]:
    return [one for one in found if login in one.people]


async def accept_swap(
    conn: Connection, slug: str, swap_id: int, who: Principal, stamp: datetime | None
) -> Swap:
    """Accept a swap: its overrides are in force with the same commit, and the proposer is told.

    Raises NotFound, Forbidden for anybody but who was asked, and Conflict for a proposal that has
    ended, has expired, or does not fit who is on call any more.
    """
    schedule, swap, now = await _open(conn, slug, swap_id, stamp)
    if not is_person(who, swap.asked):
        raise Forbidden(f"{swap.asked} was asked: only they accept or refuse")
    if swap.expires_at <= now:
        raise Conflict("it has expired, as one of its times has begun: propose another swap")
    if not schedule.active:
        raise Conflict(f"the schedule {slug} is not active: nobody is on call in it")
    if told := await _objections(conn, schedule, swap.proposer, swap):
        raise Conflict("; ".join(flaw.detail for flaw in told) + ": propose another swap")
    await _override(conn, schedule, swap, swap.gives, swap.proposer, swap.asked, now)
    if swap.takes is not None:
        await _override(conn, schedule, swap, swap.takes, swap.asked, swap.proposer, now)
    await refresh_rosters(conn, [slug], now)
    return await _decide(conn, schedule, swap, SwapState.ACCEPTED, who, now, stamp)


async def _override(
    conn: Connection,
    schedule: StoredSchedule,
    swap: Swap,
    span: Span,
    giver: str,
    taker: str,
    now: datetime,
) -> None:
    await overrides.insert(
        conn,
        schedule.id,
        span,
        [taker],
        giver,
        reason=swap.reason,
        made_by=swap.proposer,
        made_at=now,
        swap_id=swap.id,
    )


async def refuse_swap(
    conn: Connection, slug: str, swap_id: int, who: Principal, stamp: datetime | None
) -> Swap:
    """Refuse a swap and tell the proposer; raises as `accept_swap`."""
    schedule, swap, now = await _open(conn, slug, swap_id, stamp)
    if not is_person(who, swap.asked):
        raise Forbidden(f"{swap.asked} was asked: only they accept or refuse")
    return await _decide(conn, schedule, swap, SwapState.REFUSED, who, now, stamp)


async def withdraw_swap(
    conn: Connection, slug: str, swap_id: int, who: Principal, stamp: datetime | None
) -> Swap:
    """Withdraw a swap that nobody has accepted or refused, and tell who was asked.

    Its proposer does so, or whoever may plan the schedule. Raises as `accept_swap`.
    """
    schedule, swap, now = await _open(conn, slug, swap_id, stamp)
    if not is_person(who, swap.proposer) and (refusal := may_plan(who, schedule.owner)) != ALLOWED:
        raise_if_refused(refusal)
    return await _decide(conn, schedule, swap, SwapState.WITHDRAWN, who, now, stamp)


async def _open(
    conn: Connection, slug: str, swap_id: int, stamp: datetime | None
) -> tuple[StoredSchedule, Swap, datetime]:
    """Return the schedule and its proposal, both locked, and the moment; raises Conflict."""
    schedule = await schedules.by_slug(conn, slug, lock=True)
    swap = await swaps.by_id(conn, swap_id, schedule.id)
    if swap.state is not SwapState.PROPOSED:
        raise Conflict(f"it was {swap.state} by {swap.decided_by} already")
    return schedule, swap, await fetch_now(conn, stamp)


ENDED: Mapping[SwapState, str] = {
    SwapState.ACCEPTED: "swap_accepted",
    SwapState.REFUSED: "swap_refused",
    SwapState.WITHDRAWN: "swap_withdrawn",
}
"""The message about each end of a proposal."""


async def _decide(
    conn: Connection,
    schedule: StoredSchedule,
    swap: Swap,
    state: SwapState,
    who: Principal,
    now: datetime,
    stamp: datetime | None,
) -> Swap:
    await swaps.decide(conn, swap.id, state, now, who.name)
    other = swap.asked if state is SwapState.WITHDRAWN else swap.proposer
    await _tell(conn, schedule, swap, ENDED[state], other, stamp)
    return await swaps.by_id(conn, swap.id, schedule.id)


async def _tell(
    conn: Connection,
    schedule: StoredSchedule,
    swap: Swap,
    template: str,
    login: str,
    stamp: datetime | None,
) -> None:
    facts = {
        "title": schedule.name,
        "schedule": schedule.slug,
        "swap": swap.id,
        "given_by": swap.proposer,
        "gives_from": swap.gives[0].isoformat(),
        "gives_to": swap.gives[1].isoformat(),
        "taken_from": swap.asked,
        "reason": swap.reason,
    }
    if swap.takes is not None:
        facts |= {
            "takes_from": swap.takes[0].isoformat(),
            "takes_to": swap.takes[1].isoformat(),
        }
    said = {name: value for name, value in facts.items() if value}
    await tell_people(conn, [login], template, f"{template}:{swap.id}", said, stamp)
