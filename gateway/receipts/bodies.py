"""The choice of raw request bodies that are stored. Pure.

Only bodies are dropped, in alert storms and beyond an integration's share; items and counts stay
exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.limits.token_bucket import TokenBucket
from gateway.vocabulary import Outcome

MINUTE = timedelta(minutes=1)
KEPT_PER_MINUTE = 100
"""The number of bodies stored per integration and minute that contain nothing but repeats."""


CUT = 4_096
"""The bytes stored of a quarantined body once its integration's share is used up.

They are enough to see who sends what.
"""

IS_CUT = " (cut: more was stored than limits.stored_bytes_per_day)"


@dataclass(slots=True)
class BodyBudget:
    """The storage share of each integration: bytes per day, repeat-only bodies per minute."""

    per_day: int
    _until: datetime | None = None
    _kept: dict[int, int] = field(default_factory=dict)
    _bytes: dict[int, TokenBucket] = field(default_factory=dict)

    def keep(
        self, integration_id: int, outcomes: Iterable[Outcome], size: int, now: datetime
    ) -> bool:
        """Return whether to store this request's body.

        It is not stored if all its items are repeats and the minute's share is used up, nor if
        the day's bytes are.
        """
        if all(outcome is Outcome.REPEATED for outcome in outcomes) and not self._keep_repeat(
            integration_id, now
        ):
            return False
        return self.take(integration_id, size, now)

    def take(self, integration_id: int, size: int, now: datetime) -> bool:
        """Return whether so many bytes may be stored, and count them if so."""
        at = now.timestamp()
        if integration_id not in self._bytes:
            self._bytes[integration_id] = TokenBucket.per_day(self.per_day, at)
        return self._bytes[integration_id].take(size, at) == 0.0

    def refused(
        self, integration_id: int, body: bytes, problem: str, now: datetime
    ) -> tuple[bytes, str]:
        """Return the body and the problem to put into quarantine.

        Both are whole, or the body is cut and the problem says so.
        """
        if len(body) <= CUT or self.take(integration_id, len(body), now):
            return body, problem
        return body[:CUT], problem[: 1_000 - len(IS_CUT)] + IS_CUT

    def _keep_repeat(self, integration_id: int, now: datetime) -> bool:
        if self._until is None or now >= self._until:
            self._until, self._kept = now.replace(second=0, microsecond=0) + MINUTE, {}
        used = self._kept.get(integration_id, 0)
        self._kept[integration_id] = used + 1
        return used < KEPT_PER_MINUTE
