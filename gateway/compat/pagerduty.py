"""PagerDuty's older endpoints: Events API v1, and change events, which are no alerts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec
from aiohttp import web

from gateway.compat.endpoints import KeyIn, authenticate_by_body, build_pagerduty_error
from gateway.errors import Forbidden, Malformed, Overloaded, Unauthenticated
from gateway.ingest.http import AlertEndpoint
from gateway.ingest.reading import limits
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.ingest.sources.pagerduty import routing_key
from gateway.ingest.sources.pagerduty_v1 import service_key
from gateway.settings import SourceSettings


class ChangePayload(msgspec.Struct):
    """The required fields of a change event's payload."""

    summary: str


class ChangeEvent(msgspec.Struct):
    """A change event."""

    payload: ChangePayload


def parse_change(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return a result without alerts; raises Malformed unless the body is a change event."""
    limits.decode(delivery.body, ChangeEvent)
    return ParsedDelivery((), ignored=((0, "change_event"),))


@dataclass(frozen=True, slots=True)
class PagerDutyLegacyEvents:
    """The endpoints POST /generic/2010-04-15/create_event.json and POST /v2/change/enqueue."""

    endpoint: AlertEndpoint

    def routes(self) -> list[web.RouteDef]:
        """Return both routes."""
        return [
            web.post("/generic/2010-04-15/create_event.json", self.create),
            web.post("/v2/change/enqueue", self.change),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """Take in an event: 200 with the incident key once committed.

        400 means that the event will never be accepted, 403 that it is to be sent again.
        """
        return await self._take(
            request, self.endpoint.sources["pagerduty_v1"], service_key, "service_key"
        )

    async def change(self, request: web.Request) -> web.Response:
        """Take in a change event: 202 once committed; it opens nothing."""
        source = replace(self.endpoint.sources["pagerduty"], parse=parse_change)
        return await self._take(request, source, routing_key, "routing_key")

    async def _take(
        self, request: web.Request, source: Source, key_in: KeyIn, field: str
    ) -> web.Response:
        try:
            caller, body = await authenticate_by_body(self.endpoint, request, key_in)
            receipt, parsed = await self.endpoint.take(request, source, caller, body)
        except (Unauthenticated, Forbidden) as error:
            return build_pagerduty_error([f"{field}: {error.detail}"])
        except Malformed as error:
            return build_pagerduty_error(_told(error))
        except Overloaded as error:
            told = {"status": "throttle exceeded", "message": error.detail}
            return web.json_response(
                told, status=source.overload_status, headers={"Retry-After": "2"}
            )
        if not parsed.alerts:
            return web.json_response(
                {"status": "success", "message": "Change event processed"}, status=202
            )
        told = {
            "status": "success",
            "message": "Event processed",
            "incident_key": receipt.results[0].dedup_key,
        }
        return web.json_response(told)


def _told(error: Malformed) -> list[str]:
    flaws: Iterable[str] = (f"{flaw.pointer}: {flaw.detail}" for flaw in error.flaws)
    return list(flaws) or [error.detail]
