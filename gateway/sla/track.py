"""One clock during the walk of a ledger: its time, its state, its due times. Pure.

Instants and lengths are datetimes and timedeltas, which Python keeps as whole microseconds:
every sum here is exact.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple

from gateway.sla.calendar import Calendar
from gateway.sla.policy import BREACH, portion
from gateway.vocabulary import ClockName

ZERO = timedelta()


class Counting(Enum):
    """The time that a new target counts.

    It is all of the clock's, that since the change, or that since the last such change.
    """

    ALL = auto()
    FROM_NOW = auto()
    AS_BEFORE = auto()


class Goal(NamedTuple):
    """A target, and the time on the clock when it began to count."""

    target: timedelta
    base: timedelta

    def length(self, share: int) -> timedelta:
        """Return the time on the clock when `share` millionths of the target are used up."""
        return self.base + portion(self.target, share)


class Retarget(NamedTuple):
    """A change of the goal.

    It has the time on the clock, both goals, and True for a clock that had run past the old one.
    """

    at: datetime
    elapsed: timedelta
    before: Goal | None
    after: Goal | None
    ran_on: bool


Span = tuple[datetime, datetime, bool, str]
"""A span of a clock: from, until, running, reason."""


class Track:
    """A clock between two events.

    `since` is the beginning of the present span, None before the start and after a stop.
    """

    __slots__ = (
        "_base",
        "_calendar",
        "basis",
        "elapsed",
        "goal",
        "name",
        "reason",
        "retargets",
        "running",
        "since",
        "spans",
        "stopped",
    )

    def __init__(self, name: ClockName, calendar: Calendar) -> None:
        """Begin as a clock that has not started and has no target."""
        self._calendar = calendar
        self.name = name
        self.goal: Goal | None = None
        self._base = ZERO
        self.basis: datetime | None = None
        self.elapsed = ZERO
        self.since: datetime | None = None
        self.running = False
        self.reason = ""
        self.stopped: datetime | None = None
        self.spans: list[Span] = []
        self.retargets: list[Retarget] = []

    @property
    def target(self) -> timedelta | None:
        """Return the present target."""
        return None if self.goal is None else self.goal.target

    @property
    def counts_from(self) -> datetime | None:
        """Return the instant from which the present target counts; None before the clock began.

        It is the beginning of the clock, or a raise in priority.
        """
        return self.basis or (self.spans[0][0] if self.spans else self.since or self.stopped)

    def turn(self, at: datetime, *, running: bool, reason: str = "") -> None:
        """Begin a running or a paused span; turning back at the same instant leaves no trace."""
        self._close(at)
        self.since, self.running, self.reason = at, running, reason
        if self.spans and self.spans[-1][2:] == (running, reason):
            self.since, until, _, _ = self.spans.pop()
            self.elapsed -= self._calendar.between(self.since, until) if running else ZERO

    def stop(self, at: datetime) -> None:
        """Stop for good, unless it never began or stopped before."""
        if self.since is not None:
            self._close(at)
            self.since, self.running, self.stopped = None, False, at

    def reopen(self, at: datetime, target: timedelta | None, counting: Counting) -> None:
        """Undo the stop: the time between is a pause, and `target` holds from here."""
        self.since, self.reason, self.stopped = self.stopped, "resolved", None
        self.retarget(at, target, counting)
        self.turn(at, running=True)

    def run_on(self, at: datetime, target: timedelta | None, counting: Counting) -> None:
        """Undo the stop: the clock ran between, and `target` holds from here."""
        stopped, self.stopped = self.stopped, None
        if stopped is not None:
            self.turn(stopped, running=True)
            self.retarget(at, target, counting)

    def retarget(self, at: datetime, target: timedelta | None, counting: Counting) -> None:
        """Measure the same elapsed time against another target, unless stopped.

        A target that counts from now on does not apply to a clock that is past its target
        already: late stays late.
        """
        if self.stopped is not None:
            return
        elapsed = self.elapsed_by(at)
        if counting is Counting.ALL:
            self._base, self.basis = ZERO, None
        elif (
            counting is Counting.FROM_NOW and self.since is not None and not self._used_up(elapsed)
        ):
            self._base, self.basis = elapsed, at
        goal = None if target is None else Goal(target, self._base)
        if goal != self.goal:
            if self.since is not None:
                self.retargets.append(
                    Retarget(at, elapsed, self.goal, goal, self._ran_past(self.due(BREACH)))
                )
            self.goal = goal

    def _used_up(self, elapsed: timedelta) -> bool:
        return self.goal is not None and elapsed >= self.goal.length(BREACH)

    def elapsed_by(self, at: datetime) -> timedelta:
        """Return the time on the clock at `at`, which is not before the last event."""
        return (
            self.elapsed + self._calendar.between(self.since, at)
            if self.running and self.since is not None
            else self.elapsed
        )

    def reaches(self, length: timedelta) -> datetime | None:
        """Return the instant at which `length` is on the clock, past or future.

        Assumes that nothing more happens; None if it then never is.
        """
        if self.elapsed < length:
            return (
                self._calendar.add(self.since, length - self.elapsed)
                if self.running and self.since is not None
                else None
            )
        return self._reached(length)

    def due(self, share: int) -> datetime | None:
        """Return the instant at which `share` millionths of the target are on the clock.

        It may be past or future; None if never, or without a target.
        """
        return None if self.goal is None else self.reaches(self.goal.length(share))

    def crossed(self, share: int, at: datetime) -> datetime | None:
        """Return since when the clock has been past a share of its target without a break.

        `share` is in millionths. None if it is not past it at `at`. Never before the present
        target was used up that far, and never before a target it was past was in force. A clock
        that stopped or paused in the very moment at which it was due has kept its target; one
        that ran on has not.
        """
        due = self.due(share)
        if due is None or due > at or (share == BREACH and not self._ran_past(due)):
            return None
        return max(due, self._past_since(share) or due) if self.retargets else due

    def _past_since(self, share: int) -> datetime | None:
        """Return the beginning of the unbroken time past `share` at the last change of the target.

        None if the clock was not past it there.
        """
        since: datetime | None = None
        for at, elapsed, before, after, ran_on in self.retargets:
            if since is None and before is not None:
                length = before.length(share)
                if elapsed > length or (elapsed == length and (share != BREACH or ran_on)):
                    since = self.reaches(length)
            past = after is not None and elapsed >= after.length(share)
            since = (since or at) if past else None
        return since

    def _ran_past(self, due: datetime | None) -> bool:
        """Return True for a clock that still ran at `due`, which it has reached."""
        if due is None or self.running:
            return due is not None
        return next(
            (until > due for _, until, running, _ in reversed(self.spans) if running), False
        )

    def _reached(self, length: timedelta) -> datetime:
        """Return the instant at which `length` was reached, walking back from the present.

        The span in which it was reached is the last that began with less.
        """
        runs = [
            (since, self._calendar.between(since, until))
            for since, until, running, _ in self.spans
            if running
        ]
        since, counted = runs.pop()
        before = self.elapsed - counted
        while before >= length:
            since, counted = runs.pop()
            before -= counted
        return self._calendar.add(since, length - before)

    def _close(self, at: datetime) -> None:
        if self.since is not None and self.since < at:
            self.spans.append((self.since, at, self.running, self.reason))
            self.elapsed = self.elapsed_by(at)
