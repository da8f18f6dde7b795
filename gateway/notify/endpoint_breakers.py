"""The circuit breakers of the endpoints that notifications go to. Pure.

`now` is monotonic seconds and comes from the caller.
"""

from collections import OrderedDict

from gateway.limits.circuit_breaker import CircuitBreaker

FAILURES = 3
"""The number of failures in a row that opens a circuit."""
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 300.0
REMEMBERED = 4096
"""The most endpoints remembered.

The one that failed least recently is forgotten first, which only means that it is tried again.
"""


class EndpointBreakers:
    """The circuit breakers of all endpoints that failed recently."""

    def __init__(self) -> None:
        self._endpoints: OrderedDict[str, CircuitBreaker] = OrderedDict()

    def wait(self, endpoint: str, now: float) -> float:
        """Return the seconds for which to leave the endpoint alone; 0 means that it may be tried.

        While the circuit is open only one probe is let through at a time.
        """
        known = self._endpoints.get(endpoint)
        return 0.0 if known is None else known.wait(now)

    def report(self, endpoint: str, now: float, *, failed: bool) -> None:
        """Record how an attempt ended; a success forgets all failures."""
        if not failed:
            self._endpoints.pop(endpoint, None)
            return
        if endpoint not in self._endpoints:
            self._endpoints[endpoint] = CircuitBreaker(FAILURES, FIRST_PAUSE_S, LONGEST_PAUSE_S)
        self._endpoints[endpoint].report(now, failed=True)
        self._endpoints.move_to_end(endpoint)
        if len(self._endpoints) > REMEMBERED:
            self._endpoints.popitem(last=False)

    def open_count(self) -> int:
        """Return the number of endpoints whose circuit is open, including those being probed."""
        return sum(not breaker.closed for breaker in self._endpoints.values())
