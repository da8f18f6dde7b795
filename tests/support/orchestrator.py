"""A container orchestrator in small: asks both probes of a replica, and restarts it when liveness failed thrice."""

import asyncio
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from tests.support.process import CLOCK, Replica

PERIOD = 2.0
TIMEOUT = 1.0
FAILURES = 3
"""As Kubernetes: seconds between two probes, seconds for an answer, and failures in a row that end a container."""


@dataclass(slots=True)
class Orchestrator:
    """Watches one replica: how often it was restarted, and in which seconds each probe failed."""

    replica: Replica
    restarts: int = 0
    not_alive: int = 0
    not_ready: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Ask again and again until `stop`."""
        failed = 0
        while not self._stop.is_set():
            began = CLOCK.monotonic()
            alive, ready = await asyncio.gather(self._fine("/healthz"), self._fine("/readyz"))
            self.not_alive += not alive
            self.not_ready += not ready
            failed = 0 if alive else failed + 1
            if failed == FAILURES:
                self.restarts += 1
                failed = 0
                self.replica.kill()
                await self.replica.start()
            await CLOCK.sleep(max(0.0, began + PERIOD - CLOCK.monotonic()))

    def stop(self) -> None:
        """Let `watch` end."""
        self._stop.set()

    async def _fine(self, path: str) -> bool:
        """Ask in a thread, since the loop of a test that sends thousands of events answers late itself."""
        return await asyncio.to_thread(fine, self.replica.port, path)


def fine(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
