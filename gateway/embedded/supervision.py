"""Supervision of the bundled servers: a dead one is restarted."""

from collections import deque
from dataclasses import dataclass, field

import structlog

from gateway.clock import Clock
from gateway.embedded.launcher import Embedded, Server
from gateway.errors import Unavailable

log = structlog.get_logger()

LOOK_EVERY = 0.5
"""Seconds between two looks at the servers."""

AT_MOST = 5
WITHIN = 600.0
"""More than AT_MOST deaths within so many seconds are no accident: a person has to look."""


@dataclass(slots=True)
class DeathCount:
    """The deaths of the last WITHIN seconds."""

    times: deque[float] = field(default_factory=deque)

    def is_too_many(self, now: float) -> bool:
        """Count one more death, at `now`."""
        self.times.append(now)
        while self.times[0] <= now - WITHIN:
            self.times.popleft()
        return len(self.times) > AT_MOST


async def keep_running(embedded: Embedded, clock: Clock) -> None:
    """Restart each dead server until cancelled; raises Unavailable when they die too often."""
    deaths = DeathCount()
    while True:
        for server in embedded.servers:
            await _revive(embedded, server, deaths, clock)
        await clock.sleep(LOOK_EVERY)


async def _revive(embedded: Embedded, server: Server, deaths: DeathCount, clock: Clock) -> None:
    """Start the server until it answers, if it is gone."""
    while (status := server.child.process.poll()) is not None:
        name = server.child.name
        if deaths.is_too_many(clock.monotonic()):
            raise Unavailable(f"{name} died {len(deaths.times)} times: see {server.child.log}")
        log.warning("embedded_server_died", server=name, status=status)
        try:
            await embedded.restart(server)
        except Unavailable as error:
            log.warning("embedded_server_not_restarted", server=name, reason=error.detail)
        else:
            log.info("embedded_server_restarted", server=name)
