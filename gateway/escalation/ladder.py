"""The escalation ladder: management is notified step by step of what stays unresolved. Pure.

The notifications made are kept in the record's marks, one per rung:
"rung:<times>:<first>:<name>"; and that somebody notified acknowledged the record: "noted:<times
reopened>:<priority>:<when>".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.escalation import steps
from gateway.escalation.steps import NextStep, StepNotifications
from gateway.incidents.ledger import EPOCH, microseconds
from gateway.sla.track import Track

PREFIX = "rung:"
NOTED = "noted:"


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


LadderStep = NextStep[Rung]
"""The next notification of a rung."""


def step_cause(step: LadderStep) -> str:
    """Return the name of this notification of this rung."""
    return f"unresolved:{step.step.name}#{step.times}"


def next_step(
    rungs: Sequence[Rung], marks: Collection[str], overall: Track, *, acknowledged: bool
) -> LadderStep | None:
    """Return the earliest notification that is still to come.

    None while the overall clock does not run, or when all are made. Missed repetitions are not
    made up for.
    """
    if not overall.running:
        return None
    return steps.next_step(rungs, notified_rungs(marks), overall.reaches, acknowledged=acknowledged)


def skip_missed(step: LadderStep, overall: Track, now: datetime) -> LadderStep:
    """Return the step as it is notified at `now`: missed repetitions count as made with it."""
    if step.step.repeat is None:
        return step
    missed = (overall.elapsed_by(now) - step.step.after) // step.step.repeat
    return replace(step, times=max(step.times, missed + 1))


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
    known = notified_rungs(marks).get(step.step.name)
    others = tuple(mark for mark in marks if step.step.name not in notified_rungs((mark,)))
    first = now if known is None else known.first
    return (*others, f"{PREFIX}{step.times}:{microseconds(first)}:{step.step.name}")


def notified_rungs(marks: Collection[str]) -> Mapping[str, StepNotifications]:
    """Return the notifications that the marks hold, by the name of the rung."""
    rungs = [mark.split(":", 3) for mark in marks if mark.startswith(PREFIX)]
    return {
        name: StepNotifications(int(times), EPOCH + timedelta(microseconds=int(first)))
        for _, times, first, name in rungs
    }
