"""A guard against jumps of PostgreSQL's clock, whose samples are arguments. Pure.

PostgreSQL's clock alone decides what is due. If it leaps forward (a step, a failover to a
machine that is ahead), timers would fire early, so firing stops until three samples in a row
agree with each other, at most 30 s: late, not early. A step back does not undo firings; the
wheel is built anew. (RELIABILITY T9.)
"""

from dataclasses import dataclass

STEP_US = 2_000_000
"""The disagreement between PostgreSQL's clock and the monotonic one above which it is a step."""

AGREE_US = 500_000
SAMPLES = 3
PATIENCE = 30.0


@dataclass(slots=True)
class _Suspicion:
    since: float
    offset_us: int
    agreeing: int = 1


class ClockGuard:
    """An estimate of PostgreSQL's time.

    It is kept as an offset in microseconds from the monotonic clock.
    """

    def __init__(self) -> None:
        self._offset_us: int | None = None
        self._suspicion: _Suspicion | None = None
        self.stepped_back = False
        """True after a step back, until the runner has built the wheel anew and resets it."""

    @property
    def trusted(self) -> bool:
        """Return whether timers may fire."""
        return self._offset_us is not None and self._suspicion is None

    @property
    def sampled(self) -> bool:
        """Return whether there is an estimate."""
        return self._offset_us is not None

    def estimate_us(self, monotonic: float) -> int:
        """Return PostgreSQL's time now, by the last trusted sample.

        Raises LookupError before the first one.
        """
        if self._offset_us is None:
            raise LookupError("PostgreSQL's clock was never sampled")
        return self._offset_us + round(monotonic * 1e6)

    def sample(self, pg_us: int, before: float, after: float) -> bool:
        """Take in a time of PostgreSQL that was read between two monotonic moments.

        Return `trusted`.
        """
        low, high = pg_us - round(after * 1e6), pg_us - round(before * 1e6)
        offset = self._offset_us
        if self._suspicion is not None:
            self._weigh(self._suspicion, low, high, after)
        elif offset is None or low - STEP_US <= offset <= high + STEP_US:
            self._offset_us = low if offset is None else min(max(offset, low), high)
        elif offset > high:
            self._offset_us, self.stepped_back = high, True
        else:
            self._suspicion = _Suspicion(after, low)
        return self.trusted

    def _weigh(self, doubt: _Suspicion, low: int, high: int, monotonic: float) -> None:
        agrees = low - AGREE_US <= doubt.offset_us <= high + AGREE_US
        doubt.agreeing = doubt.agreeing + 1 if agrees else 1
        doubt.offset_us = low
        if doubt.agreeing >= SAMPLES or monotonic - doubt.since >= PATIENCE:
            self.stepped_back = self._offset_us is not None and high < self._offset_us - STEP_US
            self._offset_us, self._suspicion = low, None
