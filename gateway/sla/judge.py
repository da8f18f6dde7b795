"""Guards against a PostgreSQL clock that jumps: pure, samples and monotonic seconds are arguments.

PostgreSQL's clock alone decides what is due. If it leaps forward (a step, a failover to a machine that is ahead),
timers would fire early, so firing stops until three samples in a row agree with each other, at most 30 s: late, not
early. A step back un-fires nothing; the wheel is laid out anew. (RELIABILITY T9.)
"""

from dataclasses import dataclass

STEP_US = 2_000_000
"""A disagreement above this between PostgreSQL's clock and the monotonic one is a step."""

AGREE_US = 500_000
SAMPLES = 3
PATIENCE = 30.0


@dataclass(slots=True)
class _Suspicion:
    since: float
    offset_us: int
    agreeing: int = 1


class ClockJudge:
    """Keeps PostgreSQL's time in microseconds as an offset from the monotonic clock."""

    def __init__(self) -> None:
        self._offset_us: int | None = None
        self._suspicion: _Suspicion | None = None
        self.stepped_back = False
        """Set by a step back; whoever lays the wheel out anew clears it."""

    @property
    def trusted(self) -> bool:
        """May timers fire?"""
        return self._offset_us is not None and self._suspicion is None

    def estimate_us(self, monotonic: float) -> int:
        """PostgreSQL's time now, by the last trusted sample; raises LookupError before the first one."""
        if self._offset_us is None:
            raise LookupError("PostgreSQL's clock was never sampled")
        return self._offset_us + round(monotonic * 1e6)

    def sample(self, pg_us: int, monotonic: float) -> bool:
        """Take in what PostgreSQL's clock said at `monotonic`; answers `trusted`."""
        offset = pg_us - round(monotonic * 1e6)
        if self._suspicion is not None:
            self._weigh(offset, monotonic)
        elif self._offset_us is None or abs(offset - self._offset_us) <= STEP_US:
            self._offset_us = offset
        elif offset < self._offset_us:
            self._offset_us, self.stepped_back = offset, True
        else:
            self._suspicion = _Suspicion(monotonic, offset)
        return self.trusted

    def _weigh(self, offset: int, monotonic: float) -> None:
        doubt = self._suspicion
        assert doubt is not None
        agrees = abs(offset - doubt.offset_us) <= AGREE_US
        doubt.agreeing = doubt.agreeing + 1 if agrees else 1
        doubt.offset_us = offset
        if doubt.agreeing >= SAMPLES or monotonic - doubt.since >= PATIENCE:
            self.stepped_back = self._offset_us is not None and offset < self._offset_us - STEP_US
            self._offset_us, self._suspicion = offset, None
