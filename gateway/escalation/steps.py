"""The engine of escalation: which step of a sequence is notified next, and when. Pure.

The management ladder and the escalation policies share it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

LATE = timedelta(minutes=1)
"""The delay of a notification from which on an outage is assumed.

The next step then keeps its distance.
"""


class Step(Protocol):
    """A step of an escalation."""

    @property
    def name(self) -> str:
        """The name of the step, unique among those of its record."""

    @property
    def after(self) -> timedelta:
        """The time on the clock of the escalation after which it is notified."""

    @property
    def repeat(self) -> timedelta | None:
        """The interval at which it is notified again, None for once."""

    @property
    def until_acknowledged(self) -> bool:
        """True for a step that an acknowledgement stops."""


S = TypeVar("S", bound=Step)

Reaches = Callable[[timedelta], datetime | None]
"""The clock of an escalation: the instant at which it shows a time; None if it never does."""


class StepNotifications(NamedTuple):
    """The number of notifications of a step, and the time of the first."""

    times: int
    first: datetime


@dataclass(frozen=True, slots=True)
class NextStep(Generic[S]):
    """The next notification of a step: the `times`-th, at `due`."""

    step: S
    times: int
    due: datetime


def next_step(
    steps: Sequence[S],
    told: Mapping[str, StepNotifications],
    reaches: Reaches,
    *,
    acknowledged: bool,
) -> NextStep[S] | None:
    """Return the earliest notification that is still to come, None when all are made.

    `steps` are in order, `told` are the notifications made, by name. A step may be due in the
    past. After an outage a record climbs one step at a time: a step notified late keeps the next
    one at the distance that they have between them.
    """
    found: list[NextStep[S]] = []
    below: tuple[S, datetime] | None = None
    for step in steps:
        known = told.get(step.name)
        coming = (
            None
            if acknowledged and step.until_acknowledged
            else _coming(step, known, below, reaches)
        )
        below = (step, known.first) if known else (step, coming.due) if coming else None
        if coming is not None:
            found.append(coming)
    return min(found, key=lambda one: one.due, default=None)


def _coming(
    step: S, known: StepNotifications | None, below: tuple[S, datetime] | None, reaches: Reaches
) -> NextStep[S] | None:
    """Return the next notification of one step.

    `below` is the step before it, and the time of its first notification, past or expected.
    """
    if known is not None:
        due = None if step.repeat is None else reaches(step.after + known.times * step.repeat)
        return None if due is None else NextStep(step, known.times + 1, due)
    due = reaches(step.after)
    if due is not None and below is not None:
        due = max(due, _kept_apart(*below, step, reaches))
    return None if due is None else NextStep(step, 1, due)


def _kept_apart(below: S, first: datetime, step: S, reaches: Reaches) -> datetime:
    due = reaches(below.after)
    late = due is not None and first - due > LATE
    return first + (step.after - below.after) if late else first
