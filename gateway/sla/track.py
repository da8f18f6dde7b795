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

    def turn(self, at: datetime, running: bool, reason: str = "") -> None:
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
        if self.stopped is not None:
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

    def crossed(self, share: int, at: datetime) -> datetime | None:
        """Since when `share` millionths of the target have been on the clock without a break; None if not so at `at`.

        That is the instant the length was reached, or the later one of a new target that was already used up that far.
        """
        if self.target is None:
            return None
        since = self.reaches(portion(self.target, share))
        return None if since is None or since > at else max(since, self._overtaken(share) or since)

    def _overtaken(self, share: int) -> datetime | None:
        """The last re-targeting that by itself moved the clock past `share`."""
        last = None
        for at, elapsed, before, after in self.retargets:
            if _past(elapsed, after, share) and not _past(elapsed, before, share):
                last = at
        return last

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


def _past(elapsed: timedelta, target: timedelta | None, share: int) -> bool:
    return target is not None and elapsed >= portion(target, share)
