"""Senders that speak to another product's address and are answered in its words: Prometheus and PagerDuty's clients."""

from dataclasses import dataclass

from aiohttp import web

from gateway.errors import Malformed
from gateway.ingest.http import FrontDoor, read


@dataclass(frozen=True, slots=True)
class AlertmanagerPosts:
    """POST /api/v2/alerts, as Prometheus does to every Alertmanager it knows."""

    door: FrontDoor

    async def receive(self, request: web.Request) -> web.Response:
        """200 once committed; 400 when an item was refused, although the others are stored, as Alertmanager does it."""
        caller = await self.door.authenticate(request, "ingest", request.match_info.get("key"))
        try:
            _, parsed = await self.door.take(request, self.door.sources["alertmanager_v2"], caller, await read(request))
        except Malformed as error:
            return refused([f"{flaw.pointer}: {flaw.detail}" for flaw in error.flaws] or [error.detail])
        if parsed.refused:
            return refused([f"{one.pointer}: {one.problem}" for one in parsed.refused])
        return web.Response()


def refused(problems: list[str]) -> web.Response:
    """Alertmanager's answer to a bad request is one JSON string."""
    return web.json_response("; ".join(problems)[:10_000], status=400)
