"""A circuit breaker per endpoint: after failures in a row it pauses, then probes once. Pure.

`now` is monotonic seconds and comes from the caller.
"""

from collections import OrderedDict
from dataclasses import dataclass

FAILURES = 3
"""The number of failures in a row that opens the circuit."""
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 300.0
REMEMBERED = 4096
"""The most endpoints remembered.

The one that was reported on least recently is forgotten first, which only means that it is tried
again.
"""


@dataclass(slots=True)
class _Endpoint:
    failures: int = 0
    closed_at: float = 0.0
    probing: bool = False


class EndpointBreakers:
    """The circuit breakers of all endpoints that failed recently."""

    def __init__(self) -> None:
        self._endpoints: OrderedDict[str, _Endpoint] = OrderedDict()

    def wait(self, endpoint: str, now: float) -> float:
        """Return the seconds for which to leave the endpoint alone; 0 means that it may be tried.

        While the circuit is open only one probe is let through at a time.
        """
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
        """Record how an attempt ended; a success forgets all failures."""
        if not failed:
            self._endpoints.pop(endpoint, None)
            return
        known = self._endpoints.setdefault(endpoint, _Endpoint())
        self._endpoints.move_to_end(endpoint)
        known.failures += 1
        known.probing = False
        if known.failures >= FAILURES:
            known.closed_at = now + min(
                LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(known.failures - FAILURES, 10)
            )
        if len(self._endpoints) > REMEMBERED:
            self._endpoints.popitem(last=False)

    def open_count(self) -> int:
        """Return the number of endpoints whose circuit is open, including those being probed."""
        return sum(known.failures >= FAILURES for known in self._endpoints.values())
