"""A small container orchestrator: probes a replica and restarts it after three failures."""

import asyncio
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from tests.support.process import CLOCK, Replica

PERIOD = 2.0
TIMEOUT = 1.0
FAILURES = 3
"""Seconds between probes, seconds for an answer, and failures until a restart, as Kubernetes."""


@dataclass(slots=True)
class Orchestrator:
    """A watcher of one replica that counts its restarts and the failed probes."""

    replica: Replica
    restarts: int = 0
    not_alive: int = 0
    not_ready: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Probe again and again until `stop`."""
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
        """Probe in a thread.

        The event loop of a test that sends thousands of events is late itself.
        """
        return await asyncio.to_thread(probe_succeeds, self.replica.port, path)


def probe_succeeds(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
