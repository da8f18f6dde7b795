"""Supervision of the bundled servers: a dead one is restarted, after growing pauses."""

import asyncio

import structlog

from gateway.embedded.launcher import EmbeddedServer, EmbeddedServers
from gateway.errors import Unavailable
from gateway.supervisor.decisions import ProcessEnd, RecentDeaths
from gateway.timing.clock import Clock

log = structlog.get_logger()

CHECK_EVERY = 0.5
"""Seconds between two checks of a server."""


async def keep_running(embedded: EmbeddedServers, clock: Clock) -> None:
    """Restart each server that died, until cancelled.

    A server that a full disk stopped comes back once there is space.
    """
    async with asyncio.TaskGroup() as group:
        for server in embedded.servers:
            group.create_task(_keep(embedded, server, clock), name=server.child.name)


async def _keep(embedded: EmbeddedServers, server: EmbeddedServer, clock: Clock) -> None:
    deaths, since = RecentDeaths(served=True), clock.monotonic()
    while True:
        status = server.child.process.poll()
        if status is None:
            await clock.sleep(CHECK_EVERY)
            continue
        deaths = deaths.after(ProcessEnd(status, clock.monotonic() - since))
        pause = deaths.pause(stopping=False) or 0.0
        name, said = server.child.name, server.child.last_log_line()
        log.error("embedded_server_died", server=name, status=status, said=said, again_in=pause)
        await clock.sleep(pause)
        since = clock.monotonic()
        try:
            await embedded.restart(server)
        except Unavailable:
            continue  # it died again, which is logged above, or does not answer yet
        except OSError as error:  # there is no disk space for what it is started with
            log.warning("embedded_server_not_started", server=name, error=repr(error))
            continue
        log.info("embedded_server_restarted", server=name)
