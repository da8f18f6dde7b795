"""What a record's clocks come to in one line: by when it should be solved, whether it was late, how long it was held. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.incidents.ledger import ClockEvent, Ledger
from gateway.sla.calendar import Calendar
from gateway.sla.clocks import ClockReading, ClockState
from gateway.sla.policy import ClockName

STOPPED = (ClockState.MET, ClockState.BREACHED)
ENDS = frozenset({ClockEvent.RESUME, ClockEvent.RESOLVE})
"""What ends a hold."""


def planned(calendar: Calendar, readings: Sequence[ClockReading], at: datetime) -> datetime | None:
    """By when the record is to be solved, or was to be; None where nothing is promised.

    `at` is when it ended, or now: on hold the answer is as if work went on at that moment.
    """
    overall = _overall(readings)
    if overall.due_at is not None or overall.remaining is None:
        return overall.due_at
    return calendar.add(at, overall.remaining)


def late(readings: Sequence[ClockReading]) -> bool | None:
    """Whether it was solved later than promised; None while it is not solved, and where nothing is promised."""
    overall = _overall(readings)
    return None if overall.target is None or overall.state not in STOPPED else overall.state is ClockState.BREACHED


def held(ledger: Ledger, at: datetime) -> timedelta:
    """How long it was on hold altogether by `at`, in plain time, whatever calendar its clocks count in."""
    total, since = timedelta(), None
    for entry in ledger:
        if entry.event is ClockEvent.HOLD and since is None:
            since = entry.at
        elif since is not None and entry.event in ENDS:
            total, since = total + (entry.at - since), None
    return total if since is None else total + max(timedelta(), at - since)


def _overall(readings: Sequence[ClockReading]) -> ClockReading:
    return next(reading for reading in readings if reading.name is ClockName.OVERALL)
