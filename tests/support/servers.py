"""What happens to bundled servers in the fault tests."""

import signal

from gateway.embedded.child import Child
from gateway.embedded.launcher import Embedded
from tests.support.process import CLOCK


def child(servers: Embedded, name: str) -> Child:
    return next(server.child for server in servers.servers if server.child.name == name)


async def restart_postgres(servers: Embedded) -> float:
    """Immediate shutdown, as a crash, and a start with recovery; returns the monotonic moment it answers again."""
    crashed = next(server for server in servers.servers if server.child.name == "PostgreSQL")
    crashed.child.process.send_signal(signal.SIGQUIT)
    await servers.restart(crashed)
    return CLOCK.monotonic()
