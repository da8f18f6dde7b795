"""The endpoints that Prometheus and PagerDuty's clients post to, answered as those products do."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from gateway.errors import Forbidden, Malformed, Overloaded, Unauthenticated
from gateway.ingest.http import AlertEndpoint, IntegrationCaller, read_body
from gateway.ingest.sources.pagerduty import routing_key
from gateway.untrusted.request_bodies import read_stranger_body

EVENT = 524_288
"""Maximum bytes of an event: https://developer.pagerduty.com/docs/events-api-v2-overview."""

KeyIn = Callable[[bytes], str | None]
"""Returns the integration key inside a body, None where there is none."""


@dataclass(frozen=True, slots=True)
class AlertmanagerPosts:
    """The endpoint POST /api/v2/alerts, which Prometheus calls on every Alertmanager it knows."""

    endpoint: AlertEndpoint

    async def receive(self, request: web.Request) -> web.Response:
        """Take in alerts: 200 once committed.

        As Alertmanager does, it answers 400 when an item was refused, although the others are
        stored.
        """
        caller = await self.endpoint.authenticate(request, "ingest", request.match_info.get("key"))
        try:
            _, parsed = await self.endpoint.take(
                request, self.endpoint.sources["alertmanager_v2"], caller, await read_body(request)
            )
        except Malformed as error:
            return build_alertmanager_error(
                [f"{flaw.pointer}: {flaw.detail}" for flaw in error.flaws] or [error.detail]
            )
        if parsed.refused:
            return build_alertmanager_error(
                [f"{one.pointer}: {one.problem}" for one in parsed.refused]
            )
        return web.Response()


def build_alertmanager_error(problems: list[str]) -> web.Response:
    """Return Alertmanager's response to a bad request, which is one JSON string."""
    return web.json_response("; ".join(problems)[:10_000], status=400)


@dataclass(frozen=True, slots=True)
class PagerDutyEvents:
    """The endpoint POST /v2/enqueue, PagerDuty's Events API v2.

    The key is the routing key of the event.
    """

    endpoint: AlertEndpoint

    async def receive(self, request: web.Request) -> web.Response:
        """Take in an event: 202 once committed.

        400 means that the event will never be accepted; on 429 these clients wait and retry.
        """
        source = self.endpoint.sources["pagerduty"]
        try:
            caller, body = await authenticate_by_body(self.endpoint, request, routing_key)
            receipt, _ = await self.endpoint.take(request, source, caller, body)
        except (Unauthenticated, Forbidden) as error:
            return build_pagerduty_error([f"routing_key: {error.detail}"])
        except Malformed as error:
            return build_pagerduty_error(
                [f"{flaw.pointer}: {flaw.detail}" for flaw in error.flaws] or [error.detail]
            )
        except Overloaded as error:
            told = {"status": "throttle exceeded", "message": error.detail}
            return web.json_response(
                told, status=source.overload_status, headers={"Retry-After": "2"}
            )
        told = {
            "status": "success",
            "message": "Event processed",
            "dedup_key": receipt.results[0].dedup_key,
        }
        return web.json_response(told, status=202)


async def authenticate_by_body(
    endpoint: AlertEndpoint, request: web.Request, key_in: KeyIn
) -> tuple[IntegrationCaller, bytes]:
    """Return the caller of a request that carries the key in its body, and that body.

    Raises as `Authenticate` and `read` do.
    """
    async with read_stranger_body(request, min(EVENT, request.client_max_size)) as body:
        return await endpoint.authenticate(request, "ingest", key_in(body)), body


def build_pagerduty_error(problems: list[str]) -> web.Response:
    """Return PagerDuty's response to a bad event."""
    told = {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
    return web.json_response(told, status=400)
