"""What happens to bundled servers in the fault tests."""

import signal

from gateway.embedded.account import service_account
from gateway.embedded.child import Child
from gateway.embedded.launcher import Embedded
from gateway.embedded.postgres import postgres_answers, start_postgres
from tests.support.process import CLOCK


def child(servers: Embedded, name: str) -> Child:
    return next(found for found in servers._children if found.name == name)


async def restart_postgres(servers: Embedded) -> float:
    """Immediate shutdown, as a crash, and a start with recovery; returns the monotonic moment it answers again."""
    crashed = child(servers, "PostgreSQL")
    crashed.process.send_signal(signal.SIGQUIT)
    crashed.process.wait()
    assert servers._run is not None
    assert servers._lock is not None
    log = servers.state / "servers.log"
    started = start_postgres(servers.state, servers._run, service_account(), log, servers._lock, fast=False)
    servers._children[servers._children.index(crashed)] = started
    while not await postgres_answers(servers.database_url):
        started.check()
        await CLOCK.sleep(0.02)
    return CLOCK.monotonic()
