"""The counts that a committed change of a record adds: opened, a clock met, time taken. Pure.

A clock is decided once for each of its targets: when it stops, or when it breaches before that.
The clocks of a record that is reopened run on under the same target: that it was met is not
counted again, but a breach afterwards is.
"""

from collections.abc import Container, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from gateway.incidents.ledger import RELEASED, ClockEvent, Ledger
from gateway.incidents.record import Incident
from gateway.sla.clocks import trace_clocks
from gateway.sla.policy import BREACH, Policy
from gateway.sla.track import Track
from gateway.vocabulary import ClockName, State

FINISHED = frozenset({State.CLOSED, State.REJECTED})


class CountedEvent(StrEnum):
    """The events of records that are counted, and the times that are measured."""

    OPENED = "opened"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    MET = "met"
    BREACHED = "breached"
    RESPONSE = "response"
    RESOLUTION = "resolution"


class OutcomeCount(NamedTuple):
    """One event to count: MET and BREACHED name a clock, times have `seconds`."""

    counted: CountedEvent
    clock: ClockName | None = None
    seconds: float | None = None


OPENED = (OutcomeCount(CountedEvent.OPENED),)


def count_outcomes(
    policy: Policy, before: Incident | None, after: Incident
) -> tuple[OutcomeCount, ...]:
    """Return what a change adds to the counts; `before` is None for a record that it opens.

    A record that follows a master is opened, resolved and closed like any other, but its clocks
    and times are those of its master.
    """
    if before is None and len(after.ledger) == 1:
        return OPENED
    found = list(_lifecycle(before, after))
    if after.master_id is None:
        found += _times(before, after)
        found += _decided(policy, before, after)
    return tuple(found)


def _known(before: Incident | None) -> int:
    return 0 if before is None else len(before.ledger)


def _resolutions(before: Incident | None, after: Incident) -> list[datetime]:
    """Return when the change resolved the record; rejecting it only stops the clocks."""
    found = [one.at for one in after.ledger[_known(before) :] if one.event is ClockEvent.RESOLVE]
    return found[:-1] if after.state is State.REJECTED else found


def _lifecycle(before: Incident | None, after: Incident) -> Iterator[OutcomeCount]:
    if before is None:
        yield from OPENED
    for entry in after.ledger[_known(before) :]:
        if entry.event is ClockEvent.REOPEN and entry.reason != RELEASED:
            yield OutcomeCount(CountedEvent.REOPENED)
    yield from (OutcomeCount(CountedEvent.RESOLVED) for _ in _resolutions(before, after))
    if after.state in FINISHED and (before is None or before.state not in FINISHED):
        yield OutcomeCount(CountedEvent.CLOSED)


def _times(before: Incident | None, after: Incident) -> Iterator[OutcomeCount]:
    """Yield the time from recording to the first acceptance and to each resolution."""
    accepted = next((n for n, one in enumerate(after.ledger) if one.event is ClockEvent.ACCEPT), -1)
    if accepted >= _known(before):
        yield _time(CountedEvent.RESPONSE, after, after.ledger[accepted].at)
    yield from (_time(CountedEvent.RESOLUTION, after, at) for at in _resolutions(before, after))


def _time(counted: CountedEvent, after: Incident, at: datetime) -> OutcomeCount:
    return OutcomeCount(counted, seconds=(at - after.ledger[0].at).total_seconds())


def _decided(policy: Policy, before: Incident | None, after: Incident) -> Iterator[OutcomeCount]:
    """Yield the clocks that the change stops or marks as breached; each reopening ends a step."""
    ledger, known = after.ledger, _known(before)
    told = frozenset() if before is None else frozenset(before.marks).intersection(after.marks)
    if known == len(ledger) and told.issuperset(after.marks):
        return
    cuts = [n for n in _reopenings(ledger) if n > known]
    for start, end in pairwise([known, *cuts, len(ledger)]):
        marks = after.marks if end == len(ledger) else told
        yield from _step(policy, ledger[:start], ledger[:end], told, marks)


def _step(
    policy: Policy,
    was: Ledger,
    now: Ledger,
    told: Container[str],
    marks: Container[str],
) -> Iterator[OutcomeCount]:
    stopped = {one.name: one.stopped for one in _tracks(policy, was)} if len(was) > 1 else {}
    for track in _tracks(policy, now):
        mark = f"{track.name}@breach"
        stops = track.stopped is not None and track.stopped != stopped.get(track.name)
        runs_out = mark in marks and track.stopped is None
        if mark in told or track.goal is None or not (stops or runs_out):
            continue
        late = mark in marks or _is_late(track)
        earlier = _earlier(policy, was, now, track)
        if not any(earlier) and (late or not earlier):
            yield OutcomeCount(CountedEvent.BREACHED if late else CountedEvent.MET, track.name)


def _reopenings(ledger: Ledger) -> Iterator[int]:
    return (n for n, one in enumerate(ledger) if one.event is ClockEvent.REOPEN)


def _tracks(policy: Policy, ledger: Ledger) -> tuple[Track, ...]:
    return trace_clocks(policy, ledger, ledger[-1].at)


def _is_late(track: Track) -> bool:
    return track.stopped is not None and track.crossed(BREACH, track.stopped) is not None


def _earlier(policy: Policy, was: Ledger, now: Ledger, track: Track) -> list[bool]:
    """Return whether the clock was late at each stop that a reopening undid under this target."""
    found = []
    for n in _reopenings(now[: len(was) + 1]):
        (past,) = (one for one in _tracks(policy, now[:n]) if one.name is track.name)
        if past.stopped is not None and len(past.retargets) == len(track.retargets):
            found.append(_is_late(past))
    return found
