"""Storm detection: how many new keys an integration made in the last minute. Pure, kept in memory by the one writer.

Losing the count (a restart) costs at most one minute of ordinary records; which record is the storm's master is kept
in PostgreSQL.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class StormGauge:
    """One integration's rate of new keys and whether it is in a storm."""

    limit: int
    quiet_after: timedelta
    _births: deque[tuple[datetime, int]] = field(default_factory=deque)
    _total: int = 0
    _until: datetime | None = None

    def in_storm(self, now: datetime) -> bool:
        """Whether a key born now folds into the storm's master."""
        return self._until is not None and now < self._until

    def born(self, now: datetime, count: int = 1) -> None:
        """Count `count` new keys; over the limit the storm lasts until the rate has stayed below for `quiet_after`."""
        while self._births and now - self._births[0][0] >= MINUTE:
            self._total -= self._births.popleft()[1]
        self._births.append((now, count))
        self._total += count
        if self._total > self.limit:
            self._until = now + self.quiet_after
