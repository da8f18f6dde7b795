"""A circuit breaker: after failures in a row it pauses, then lets one probe through. Pure.

Times are monotonic seconds and come from the caller.
"""


class CircuitBreaker:
    """A breaker that opens after `failures` in a row, for `first` seconds and then longer ones.

    Each failed probe doubles the pause, up to `longest` seconds. A probe that never reports only
    costs the first pause: then another is let through.
    """

    __slots__ = ("_failed", "_failures", "_first", "_longest", "_next")

    def __init__(self, failures: int, first: float, longest: float) -> None:
        self._failures, self._first, self._longest = failures, first, longest
        self._failed, self._next = 0, 0.0

    @property
    def closed(self) -> bool:
        """True while calls go through freely."""
        return self._failed < self._failures

    def wait(self, now: float) -> float:
        """Return the seconds to wait before a call; 0 means now, and while open uses the probe."""
        if self.closed:
            return 0.0
        if now < self._next:
            return self._next - now
        self._next = now + self._first
        return 0.0

    def report(self, now: float, *, failed: bool) -> None:
        """Record the end of a call; a success closes the breaker."""
        if not failed:
            self._failed = 0
            return
        self._failed += 1
        doublings = min(max(self._failed - self._failures, 0), 10)
        self._next = now + min(self._longest, self._first * 2**doublings)
