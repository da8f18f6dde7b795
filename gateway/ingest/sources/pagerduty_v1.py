"""PagerDuty's Events API v1 (POST .../create_event.json).

https://developer.pagerduty.com/docs/events-api-v1-overview/
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from gateway.errors import Flaw, Malformed
from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.fields import derive_request_key
from gateway.ingest.reading.member import find_text_member
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

KEY, DESCRIPTION = 255, 1_024
STATUS = {
    "trigger": AlertStatus.FIRING,
    "acknowledge": AlertStatus.ACKNOWLEDGED,
    "resolve": AlertStatus.RESOLVED,
}


class Shown(msgspec.Struct):
    """One of the `contexts`: a link, or an image with one."""

    href: str | None = None
    text: str | None = None


class Event(msgspec.Struct):
    """An event, the body of a request."""

    event_type: str
    service_key: str | None = None
    incident_key: str | None = None
    description: str | None = None
    details: Any = None
    client: str | None = None
    client_url: str | None = None
    contexts: list[Shown] | None = None


def service_key(body: bytes) -> str | None:
    """Return the integration key inside a body; None when there is none."""
    return find_text_member(body, "service_key")


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one event; raises Malformed with every flaw found."""
    event = limits.decode(delivery.body, Event)
    limits.check_numbers(event.details)
    if flaws := tuple(_flaws(event)):
        raise Malformed("the event cannot be accepted", flaws=flaws)
    return ParsedDelivery(
        ((0, _alert(event, delivery)),), delivery_id=delivery_id(delivery.headers)
    )


def _flaws(event: Event) -> Iterator[Flaw]:
    if event.event_type not in STATUS:
        yield Flaw(
            "/event_type",
            f"event_type is trigger, acknowledge or resolve, not {event.event_type[:40]!r}",
        )
    if event.event_type != "trigger" and not event.incident_key:
        yield Flaw(
            "/incident_key",
            "incident_key says which alert is meant: only a trigger may leave it out",
        )
    if len(event.incident_key or "") > KEY:
        yield Flaw("/incident_key", f"incident_key has at most {KEY} characters")
    if event.event_type == "trigger" and not (event.description or "").strip():
        yield Flaw("/description", "a trigger needs a description")


def _alert(event: Event, delivery: WebhookDelivery) -> Alert:
    key = event.incident_key or derive_request_key(delivery.body, delivery.received_at)
    details = limits.texts_by_name(event.details)
    links = [(shown.href or "", shown.text or "") for shown in event.contexts or []]
    return Alert(
        namespace="pagerduty",
        dedup_key=key,
        status=STATUS[event.event_type],
        title=limits.cut((event.description or "").strip() or key, DESCRIPTION),
        severity=limits.cut(details.get("severity", "").lower(), limits.KEY),
        service=limits.cut(limits.text_of(event.details, "service"), limits.KEY),
        ci=limits.cut(details.get("instance", "") or details.get("host", ""), limits.KEY),
        labels={"client": limits.cut(event.client, limits.LABEL)} if event.client else {},
        annotations=details,
        links=limits.links([*links, (event.client_url or "", event.client or "")]),
    )


SOURCE = Source(
    "pagerduty_v1",
    "PagerDuty Events API v1",
    parse,
    {"": Event},
    overload_status=403,
    identity_pointers=("/event_type", "/incident_key", "/description"),
)
