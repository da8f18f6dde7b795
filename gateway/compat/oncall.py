"""Grafana OnCall's integration endpoints, answered as OnCall does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec
from aiohttp import web

from gateway.errors import Forbidden, Malformed, Overloaded, Unauthenticated
from gateway.ingest.http import AlertEndpoint, read_body
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.settings import SourceSettings

PATH = "/integrations/v1/{type}/{key}"

NATIVE: Mapping[str, str] = {
    "alertmanager": "alertmanager",
    "alertmanagerV2": "alertmanager",
    "alertmanager_v2": "alertmanager",
    "legacy_alertmanager": "alertmanager",
    "amazon_sns": "cloudwatch",
    "sentry": "sentry",
}
"""The source by integration type; the types not listed use OnCall's own webhook format."""

GRAFANA = frozenset({"grafana", "grafana_alerting", "legacy_grafana_alerting"})
INTERNAL = frozenset({"maintenance", "direct_paging"})
"""Types that OnCall itself writes to; nothing posted to them from outside is an alert."""


class GrafanaAlertsField(msgspec.Struct):
    """The field of Grafana's body that distinguishes its two formats."""

    alerts: msgspec.Raw = msgspec.Raw(b"")


@dataclass(frozen=True, slots=True)
class OnCallEndpoint:
    """The endpoint POST /integrations/v1/{type}/{key}/, with or without the final slash."""

    endpoint: AlertEndpoint

    async def receive(self, request: web.Request) -> web.Response:
        """Take in an alert: 200 and "Ok." once committed; 403 for an unknown key."""
        try:
            caller = await self.endpoint.authenticate(request, "ingest", request.match_info["key"])
        except (Unauthenticated, Forbidden):
            return _detail("Integration key was not found. Permission denied.", 403)
        body = await read_body(request)
        source = choose_source(self.endpoint.sources, request.match_info["type"], body)
        try:
            _, parsed = await self.endpoint.take(request, source, caller, body)
        except (Unauthenticated, Forbidden) as error:
            return _detail(error.detail, 403)
        except Malformed as error:
            return _detail(error.flaws[0].detail if error.flaws else error.detail, 400)
        except Overloaded as error:
            return _detail(error.detail, source.overload_status, {"Retry-After": "2"})
        if parsed.refused and not parsed.alerts:
            return _detail(parsed.refused[0].problem, 400)
        return web.json_response("Ok.")


def choose_source(sources: Mapping[str, Source], kind: str, body: bytes) -> Source:
    """Return the source that reads the bodies of an integration of that type."""
    if kind in INTERNAL:
        return replace(sources["oncall"], parse=_nothing)
    if kind in GRAFANA:
        return choose_grafana_source(sources, body)
    return sources.get(NATIVE.get(kind, "oncall"), sources["oncall"])


def choose_grafana_source(sources: Mapping[str, Source], body: bytes) -> Source:
    """Return the source that reads a body of Grafana: with `alerts`, unified alerting's."""
    try:
        grouped = bool(bytes(msgspec.json.decode(body, type=GrafanaAlertsField).alerts))
    except (
        msgspec.DecodeError,
        ValueError,
        RecursionError,
    ):  # the body has yet to be repaired: the name it contains is enough
        grouped = b'"alerts"' in body.replace(b"\0", b"")
    return sources.get("grafana", sources["alertmanager"]) if grouped else sources["grafana_legacy"]


def _nothing(_: WebhookDelivery, __: SourceSettings) -> ParsedDelivery:
    return ParsedDelivery((), ignored=((0, "an integration that takes nothing from outside"),))


def _detail(text: str, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"detail": text}, status=status, headers=headers)
