"""One clock while a ledger is walked: how long it ran, where it stands, and when it reaches a share of its target.

Instants and lengths are datetimes and timedeltas, which Python keeps as whole microseconds: every sum here is exact.
"""

from datetime import datetime, timedelta

from gateway.sla.calendar import Calendar
from gateway.sla.policy import ClockName, portion

ZERO = timedelta()

Span = tuple[datetime, datetime, bool, str]
"""From, until, running, reason."""


class Track:
    """A clock between two events: `since` is when the present span began, None before the start and after a stop."""

    __slots__ = ("_calendar", "elapsed", "name", "reason", "retargets", "running", "since", "spans", "stopped", "target")

    def __init__(self, name: ClockName, calendar: Calendar) -> None:
        """Not begun, and without a target yet."""
        self._calendar = calendar
        self.name = name
        self.target: timedelta | None = None
        self.elapsed = ZERO
        self.since: datetime | None = None
        self.running = False
        self.reason = ""
        self.stopped: datetime | None = None
        self.spans: list[Span] = []
        self.retargets: list[tuple[datetime, timedelta, timedelta | None, timedelta | None]] = []

    def turn(self, at: datetime, *, running: bool, reason: str = "") -> None:
        """Go on as a running or a paused span; turning back at the same instant leaves no trace."""
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

    def reopen(self, at: datetime, target: timedelta | None) -> None:
        """Undo the stop: the time between is a pause, and the target of today holds from here."""
        self.since, self.reason, self.stopped = self.stopped, "resolved", None
        self.turn(at, running=True)
        self.retarget(at, target)

    def retarget(self, at: datetime, target: timedelta | None) -> None:
        """Measure the same elapsed time against another target, unless stopped."""
        if self.stopped is None and target != self.target:
            if self.since is not None:
                self.retargets.append((at, self.elapsed_by(at), self.target, target))
            self.target = target

    def elapsed_by(self, at: datetime) -> timedelta:
        """Time on the clock at `at`, which is not before the last event."""
        return self.elapsed + self._calendar.between(self.since, at) if self.running and self.since is not None else self.elapsed

    def reaches(self, length: timedelta) -> datetime | None:
        """The instant `length` is, or will be, on the clock if nothing more happens; None if it then never is."""
        if self.elapsed < length:
            return self._calendar.add(self.since, length - self.elapsed) if self.running and self.since is not None else None
        return self._reached(length)

    def due(self, share: int) -> datetime | None:
        """The instant `share` millionths of the target are, or will be, on the clock; None if never, or without a target."""
        return None if self.target is None else self.reaches(portion(self.target, share))

    def crossed(self, share: int, at: datetime) -> datetime | None:
        """Since when the clock has been past `share` millionths of its target without a break; None if it is not at `at`.

        Never before the present target was used up that far, and never before a target it was past was in force.
        """
        due = self.due(share)
        if due is None or due > at:
            return None
        return max(due, self._past_since(share) or due) if self.retargets else due

    def _past_since(self, share: int) -> datetime | None:
        """When the unbroken time past `share` began that lasted at the last re-targeting; None if it did not last there."""
        since: datetime | None = None
        for at, elapsed, before, after in self.retargets:
            if since is None and before is not None and elapsed >= portion(before, share):
                since = self.reaches(portion(before, share))
            past = after is not None and elapsed >= portion(after, share)
            since = (since or at) if past else None
        return since

    def _reached(self, length: timedelta) -> datetime:
        """Walk back from the present: the span in which `length` was reached is the last that began with less."""
        runs = [(since, self._calendar.between(since, until)) for since, until, running, _ in self.spans if running]
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
