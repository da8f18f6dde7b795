"""Faults of the bundled servers."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.embedded.child import EmbeddedProcess
from gateway.embedded.launcher import EmbeddedServers
from tests.support.process import CLOCK, children


def embedded_process(servers: EmbeddedServers, name: str) -> EmbeddedProcess:
    return next(server.child for server in servers.servers if server.child.name == name)


async def restart_postgres(servers: EmbeddedServers) -> float:
    """Crash PostgreSQL and restart it; return the monotonic time at which it answers again."""
    crashed = next(server for server in servers.servers if server.child.name == "PostgreSQL")
    crashed.child.process.send_signal(signal.SIGQUIT)
    await servers.restart(crashed)
    return CLOCK.monotonic()


@contextmanager
def freeze_server(servers: EmbeddedServers, name: str) -> Iterator[None]:
    """Stop the server and its children by SIGSTOP until the end of the block."""
    first = embedded_process(servers, name).process.pid
    stopped = [first]
    os.kill(first, signal.SIGSTOP)  # it starts no more children after this
    try:
        for pid in children(first):
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
