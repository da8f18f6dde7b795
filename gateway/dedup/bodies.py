"""Which raw bodies are kept. Pure, in memory: in a storm of repeats only bodies thin out, items and counts stay exact."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.incidents.model import Outcome

MINUTE = timedelta(minutes=1)
KEPT_PER_MINUTE = 100
"""Bodies of nothing but repeats that are kept per integration and minute."""


@dataclass(slots=True)
class BodyBudget:
    """Counts the repeat-only bodies kept in the present minute."""

    _until: datetime | None = None
    _kept: dict[int, int] = field(default_factory=dict)

    def keep(self, integration_id: int, outcomes: Iterable[Outcome], now: datetime) -> bool:
        """Whether to store this request's body: always, unless all it said was known and the minute's share is used."""
        if any(outcome is not Outcome.REPEATED for outcome in outcomes):
            return True
        if self._until is None or now >= self._until:
            self._until, self._kept = now.replace(second=0, microsecond=0) + MINUTE, {}
        used = self._kept.get(integration_id, 0)
        self._kept[integration_id] = used + 1
        return used < KEPT_PER_MINUTE
