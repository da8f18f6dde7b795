"""A summary of a record's clocks: planned end, late or not, time on hold. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.incidents.ledger import ClockEvent, Ledger
from gateway.sla.calendar import Calendar
from gateway.sla.clocks import ClockReading, ClockState
from gateway.vocabulary import ClockName

STOPPED = (ClockState.MET, ClockState.BREACHED)
ENDS = frozenset({ClockEvent.RESUME, ClockEvent.RESOLVE})
"""The events that end a hold."""


def planned_end(
    calendar: Calendar, readings: Sequence[ClockReading], at: datetime
) -> datetime | None:
    """Return the instant by which the record is or was to be solved.

    None where nothing is promised.

    `at` is its end, or now: for a record on hold the result is as if work went on at that
    moment.
    """
    overall = _overall(readings)
    if overall.due_at is not None or overall.remaining is None:
        return overall.due_at
    return calendar.add(at, overall.remaining)


def is_late(readings: Sequence[ClockReading]) -> bool | None:
    """Return whether it was solved late.

    None while it is not solved, and where nothing is promised.
    """
    overall = _overall(readings)
    return (
        None
        if overall.target is None or overall.state not in STOPPED
        else overall.state is ClockState.BREACHED
    )


def time_on_hold(ledger: Ledger, at: datetime) -> timedelta:
    """Return the total time on hold by `at`.

    It is plain time, whatever calendar the clocks count in.
    """
    total, since = timedelta(), None
    for entry in ledger:
        if entry.event is ClockEvent.HOLD and since is None:
            since = entry.at
        elif since is not None and entry.event in ENDS:
            total, since = total + (entry.at - since), None
    return total if since is None else total + max(timedelta(), at - since)


def _overall(readings: Sequence[ClockReading]) -> ClockReading:
    return next(reading for reading in readings if reading.name is ClockName.OVERALL)
