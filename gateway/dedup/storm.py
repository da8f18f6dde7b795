"""Detection of alert storms by the number of an integration's new records in a minute. Pure.

The count is kept in memory by the only writer. Losing it (a restart) costs at most one minute of
ordinary records; the storm's master is stored in PostgreSQL.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class StormGauge:
    """The rate of an integration's new records, and the state of its alert storm."""

    limit: int
    quiet_after: timedelta
    _births: deque[tuple[datetime, int]] = field(default_factory=deque)
    _total: int = 0
    _until: datetime | None = None

    def in_storm(self, now: datetime) -> bool:
        """Return whether new keys are folded into the storm's master."""
        return self._until is not None and now < self._until

    def born(self, now: datetime, count: int = 1) -> None:
        """Count `count` new records, and start a storm, or prolong it, if they exceed the limit.

        A storm lasts until the rate has stayed within the limit for `quiet_after`.
        """
        while self._births and now - self._births[0][0] >= MINUTE:
            self._total -= self._births.popleft()[1]
        self._births.append((now, count))
        self._total += count
        if self._total > self.limit:
            self._until = now + self.quiet_after
