"""The escalation ladder: management is notified step by step of what stays unresolved. Pure.

The notifications made are kept in the record's marks, one per rung:
"rung:<times>:<first>:<name>"; and that somebody notified acknowledged the record: "noted:<times
reopened>:<priority>:<when>".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from gateway.incidents.ledger import EPOCH, microseconds
from gateway.sla.track import Track

PREFIX = "rung:"
NOTED = "noted:"
LATE = timedelta(minutes=1)
"""The delay of a notification from which on an outage is assumed.

The next rung then keeps its distance.
"""


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the ladder.

    It notifies `roles` once `after` has counted on the overall clock, and every `repeat` from
    then on.

    Both only while the record is unresolved, and with `until_acknowledged` only while nobody has
    taken it on.
    """

    after: timedelta
    roles: tuple[str, ...]
    repeat: timedelta | None = None
    until_acknowledged: bool = False

    @property
    def name(self) -> str:
        """Return the name that makes it the same rung on the ladders of two priorities."""
        return f"{self.after.total_seconds():g}s:{'+'.join(self.roles)}"


class RungNotifications(NamedTuple):
    """The number of notifications of a rung, and the time of the first."""

    times: int
    first: datetime


@dataclass(frozen=True, slots=True)
class LadderStep:
    """The next notification of a rung: the `times`-th, at `due`."""

    rung: Rung
    times: int
    due: datetime

    @property
    def cause(self) -> str:
        """Return the name of this notification of this rung."""
        return f"unresolved:{self.rung.name}#{self.times}"


def next_step(
    rungs: Sequence[Rung], marks: Collection[str], overall: Track, *, acknowledged: bool
) -> LadderStep | None:
    """Return the earliest notification that is still to come.

    None while the overall clock does not run, or when all are made. `rungs` are in order. A step
    may be due in the past. After an outage a record climbs one rung at a time: a rung notified
    late keeps the next one at the distance the ladder has between them. Missed repetitions are
    not made up for.
    """
    if not overall.running:
        return None
    told = notified_rungs(marks)
    steps: list[LadderStep] = []
    below: tuple[Rung, datetime] | None = None
    for rung in rungs:
        known = told.get(rung.name)
        step = (
            None if acknowledged and rung.until_acknowledged else _step(rung, known, below, overall)
        )
        below = (rung, known.first) if known else (rung, step.due) if step else None
        if step is not None:
            steps.append(step)
    return min(steps, key=lambda step: step.due, default=None)


def _step(
    rung: Rung, known: RungNotifications | None, below: tuple[Rung, datetime] | None, overall: Track
) -> LadderStep | None:
    """Return the next step of one rung.

    `below` is the rung before it, and the time of its first notification, past or expected.
    """
    if known is not None:
        due = (
            None if rung.repeat is None else overall.reaches(rung.after + known.times * rung.repeat)
        )
        return None if due is None else LadderStep(rung, known.times + 1, due)
    due = overall.reaches(rung.after)
    if due is not None and below is not None:
        due = max(due, _kept_apart(*below, rung, overall))
    return None if due is None else LadderStep(rung, 1, due)


def _kept_apart(below: Rung, first: datetime, rung: Rung, overall: Track) -> datetime:
    due = overall.reaches(below.after)
    late = due is not None and first - due > LATE
    return first + (rung.after - below.after) if late else first


def skip_missed(step: LadderStep, overall: Track, now: datetime) -> LadderStep:
    """Return the step as it is notified at `now`: missed repetitions count as made with it."""
    if step.rung.repeat is None:
        return step
    missed = (overall.elapsed_by(now) - step.rung.after) // step.rung.repeat
    return LadderStep(step.rung, max(step.times, missed + 1), step.due)


def acknowledgement_time(marks: Collection[str], reopened: int, priority: int) -> datetime | None:
    """Return when somebody acknowledged the record in its present state; None if nobody did.

    An acknowledgement holds until the record is reopened or becomes more urgent than it was
    then.
    """
    for mark in marks:
        if mark.startswith(NOTED):
            _, times, urgency, at = mark.split(":", 3)
            if int(times) == reopened and int(urgency) <= priority:
                return EPOCH + timedelta(microseconds=int(at))
    return None


def with_acknowledgement(
    marks: Sequence[str], reopened: int, priority: int, now: datetime
) -> tuple[str, ...]:
    """Return the marks with an acknowledgement at `now`."""
    others = tuple(mark for mark in marks if not mark.startswith(NOTED))
    return (*others, f"{NOTED}{reopened}:{priority}:{microseconds(now)}")


def postponed_step(step: LadderStep, noted: datetime, lasts: timedelta) -> LadderStep | None:
    """Return the step postponed by an acknowledgement that lasts `lasts`.

    None for 0 s, which means for good.
    """
    return replace(step, due=max(step.due, noted + lasts)) if lasts else None


def with_rung_mark(marks: Sequence[str], step: LadderStep, now: datetime) -> tuple[str, ...]:
    """Return the marks with `step` notified at `now`."""
    known = notified_rungs(marks).get(step.rung.name)
    others = tuple(mark for mark in marks if step.rung.name not in notified_rungs((mark,)))
    first = now if known is None else known.first
    return (*others, f"{PREFIX}{step.times}:{microseconds(first)}:{step.rung.name}")


def notified_rungs(marks: Collection[str]) -> Mapping[str, RungNotifications]:
    """Return the notifications that the marks hold, by the name of the rung."""
    rungs = [mark.split(":", 3) for mark in marks if mark.startswith(PREFIX)]
    return {
        name: RungNotifications(int(times), EPOCH + timedelta(microseconds=int(first)))
        for _, times, first, name in rungs
    }
