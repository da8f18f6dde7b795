"""A circuit breaker per endpoint: after some failures in a row an endpoint is left alone for a while, then probed once.

Pure but for the memory it is: `now` is monotonic seconds and comes from the caller.
"""

from collections import OrderedDict
from dataclasses import dataclass

FAILURES = 3
"""Failures in a row that open the circuit."""
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 300.0
REMEMBERED = 4096
"""Endpoints kept in mind; the one longest untouched is forgotten first, which only means it is tried again."""


@dataclass(slots=True)
class _Endpoint:
    failures: int = 0
    closed_at: float = 0.0
    probing: bool = False


class Breakers:
    """What is known of every endpoint that failed lately."""

    def __init__(self) -> None:
        self._endpoints: OrderedDict[str, _Endpoint] = OrderedDict()

    def wait(self, endpoint: str, now: float) -> float:
        """Seconds to leave the endpoint alone; 0 means go, and while the circuit is open only one probe may go."""
        known = self._endpoints.get(endpoint)
        if known is None or known.failures < FAILURES:
            return 0.0
        if now < known.closed_at:
            return known.closed_at - now
        if known.probing:
            return FIRST_PAUSE_S
        known.probing = True
        return 0.0

    def report(self, endpoint: str, now: float, *, failed: bool) -> None:
        """Tell how a try ended: a success forgets all failures."""
        if not failed:
            self._endpoints.pop(endpoint, None)
            return
        known = self._endpoints.setdefault(endpoint, _Endpoint())
        self._endpoints.move_to_end(endpoint)
        known.failures += 1
        known.probing = False
        if known.failures >= FAILURES:
            known.closed_at = now + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(known.failures - FAILURES, 10))
        if len(self._endpoints) > REMEMBERED:
            self._endpoints.popitem(last=False)

    def open_count(self) -> int:
        """How many endpoints are being left alone or probed."""
        return sum(known.failures >= FAILURES for known in self._endpoints.values())
