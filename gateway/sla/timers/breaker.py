"""When to stop asking something that does not answer. Pure: monotonic seconds are an argument."""


class Breaker:
    """Open after `failures` in a row; while open, one probe is let through every `probe` seconds."""

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
        """May a call be made now? Taking the probe's turn uses it up."""
        if self.closed:
            return True
        if monotonic < self._next:
            return False
        self._next = monotonic + self._probe
        return True

    def succeeded(self) -> None:
        """It answers: closed again."""
        self._failed = 0

    def failed(self, monotonic: float) -> None:
        """It did not answer."""
        self._failed = min(self._failed + 1, self._limit)
        self._next = monotonic + self._probe
