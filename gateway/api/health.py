"""The liveness and readiness probes of this replica, and its metrics."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from aiohttp import web
from prometheus_client import Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from gateway.access.authorization import raise_if_refused
from gateway.access.keys import Scope
from gateway.access.permissions import Action, may
from gateway.db.pool import Pool, acquire
from gateway.errors import Unavailable
from gateway.observe.metrics import Metrics
from gateway.timing.clock import yield_to_other_tasks
from gateway.web.auth import Authenticator


@dataclass(frozen=True, slots=True)
class OneFamily(Collector):
    """A collector of one metric family that was collected already."""

    family: Metric

    def collect(self) -> Iterable[Metric]:
        """Return the family alone."""
        return (self.family,)


async def render_metrics(metrics: Metrics) -> bytes:
    """Return all metrics as text, and let other tasks run meanwhile.

    Most families are written one after the other on the event loop, where no gauge is read half
    filled; the large one, of counts that only grow, in a thread.
    """
    texts = []
    for family in metrics.registry.collect():
        texts.append(generate_latest(OneFamily(family)))
        await yield_to_other_tasks()
    return b"".join([*texts, await asyncio.to_thread(generate_latest, metrics.by_route)])


@dataclass(slots=True)
class Health:
    """The health of this replica, as its probes report it.

    `draining` turns /readyz to 503 while requests are still served, so that a proxy sends them
    elsewhere. `failing` names the tasks that died, or fail by a fault of their own, and that a
    new process might repair.
    """

    pool: Pool
    timers_healthy: Callable[[], bool]
    intake_alive: Callable[[], bool]
    notifier_alive: Callable[[], bool]
    failing: Callable[[], Sequence[str]]
    draining: bool = field(default=False)

    async def healthz(self, request: web.Request) -> web.Response:  # noqa: ARG002 - the same for everyone
        """Answer 200 while the process works, else 503 with the failing tasks.

        A dependency that is down is no reason for 503.
        """
        if failing := self.failing():
            return web.json_response({"status": "failing", "tasks": list(failing)}, status=503)
        return web.json_response({"status": "alive"})

    async def readyz(self, request: web.Request) -> web.Response:  # noqa: ARG002 - the same for everyone
        """Answer 200 when requests can be served, else 503, with the result of each check."""
        checks = {
            "serving": not self.draining,
            "database": await self._database(),
            "timers": self.timers_healthy(),
            "intake": self.intake_alive(),
            "tasks": not self.failing(),
            "notifier": self.notifier_alive(),
        }
        ready = all(checks.values())
        return web.json_response(
            {"status": "ready" if ready else "not ready", **checks}, status=200 if ready else 503
        )

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(1), acquire(self.pool) as conn:
                return bool(await conn.fetchval("SELECT true"))
        except (Unavailable, TimeoutError):
            return False

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the probes, open to everyone who reaches the port."""
        return [web.get("/healthz", self.healthz), web.get("/readyz", self.readyz)]


def metrics_route(metrics: Metrics, keys: Authenticator | None) -> web.RouteDef:
    """Return the route of the metrics, for keys with the scope `read` or `ingest`.

    With `keys` None it is open to everybody. Metrics name no security incident and no person,
    but reveal how much goes wrong and how late it is.
    """

    async def export(request: web.Request) -> web.Response:
        if keys is not None:
            caller = await keys.authenticate(request, Scope.READ, or_scope=Scope.INGEST)
            if caller.person_id is not None:
                raise_if_refused(may(caller.who, Action.FOLLOW))
        body = await render_metrics(metrics)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return web.get("/metrics", export)
