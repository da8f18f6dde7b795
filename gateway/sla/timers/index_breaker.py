"""The circuit breaker of the timer index: it probes at a fixed interval. Pure.

An endpoint of notifications has another: there the pauses grow, and one probe must have ended
before the next. Here a probe whose end is never told only costs its interval.
"""


class IndexBreaker:
    """A breaker of one server that opens after `failures` in a row; monotonic seconds are given.

    While open it lets one probe through every `probe` seconds.
    """

    def __init__(self, failures: int = 3, probe: float = 2.0) -> None:
        self._limit = failures
        self._probe = probe
        self._failed = 0
        self._next = 0.0

    @property
    def closed(self) -> bool:
        """True while calls go through freely."""
        return self._failed < self._limit

    def allows(self, monotonic: float) -> bool:
        """Return whether a call may be made now; while open, True uses up the turn of the probe."""
        if self.closed:
            return True
        if monotonic < self._next:
            return False
        self._next = monotonic + self._probe
        return True

    def succeeded(self) -> None:
        """Note a success: the breaker is closed again."""
        self._failed = 0

    def failed(self, monotonic: float) -> None:
        """Note a failure."""
        self._failed = min(self._failed + 1, self._limit)
        self._next = monotonic + self._probe
