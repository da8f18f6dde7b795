"""PagerDuty's Events API v2 (POST /v2/enqueue).

https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
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

KEY, SUMMARY = 255, 1_024
SEVERITIES = ("critical", "error", "warning", "info")
STATUS = {
    "trigger": AlertStatus.FIRING,
    "acknowledge": AlertStatus.ACKNOWLEDGED,
    "resolve": AlertStatus.RESOLVED,
}


class Payload(msgspec.Struct):
    """The description of the problem and its place."""

    summary: str | None = None
    source: str | None = None
    severity: str | None = None
    timestamp: str | None = None
    component: str | None = None
    group: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")
    custom_details: Any = None


class Address(msgspec.Struct):
    """A link in an event."""

    href: str | None = None
    text: str | None = None


class Event(msgspec.Struct):
    """An event, the body of a request; images in it are not kept."""

    event_action: str
    routing_key: str | None = None
    dedup_key: str | None = None
    payload: Payload | None = None
    links: list[Address] | None = None
    client: str | None = None
    client_url: str | None = None


def routing_key(body: bytes) -> str | None:
    """Return the integration key inside a body, which authenticates these senders, or None."""
    return find_text_member(body, "routing_key")


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one event; raises Malformed with every flaw found."""
    event = limits.decode(delivery.body, Event)
    payload = event.payload or Payload()
    if flaws := tuple(_flaws(event, payload)):
        raise Malformed("the event cannot be accepted", flaws=flaws)
    return ParsedDelivery(
        ((0, _alert(event, payload, delivery)),), delivery_id=delivery_id(delivery.headers)
    )


def _flaws(event: Event, payload: Payload) -> Iterator[Flaw]:
    if event.event_action not in STATUS:
        yield Flaw(
            "/event_action",
            f"event_action is trigger, acknowledge or resolve, not {event.event_action[:40]!r}",
        )
    if event.event_action != "trigger" and not event.dedup_key:
        yield Flaw(
            "/dedup_key", "dedup_key says which alert is meant: only a trigger may leave it out"
        )
    if len(event.dedup_key or "") > KEY:
        yield Flaw("/dedup_key", f"dedup_key has at most {KEY} characters")
    if event.event_action == "trigger" and not (payload.summary or "").strip():
        yield Flaw("/payload/summary", "a trigger needs a summary")
    if len(payload.summary or "") > SUMMARY:
        yield Flaw("/payload/summary", f"summary has at most {SUMMARY} characters")
    if payload.severity and payload.severity.lower() not in SEVERITIES:
        yield Flaw("/payload/severity", f"severity is one of {', '.join(SEVERITIES)}")
    try:
        limits.parse_time(payload.timestamp)
        limits.check_numbers(payload.custom_details)
    except Malformed as error:
        where = (
            "/payload/timestamp"
            if error.flaws[0].detail.startswith("not a time")
            else "/payload/custom_details"
        )
        yield Flaw(where + error.flaws[0].pointer, error.flaws[0].detail)


def _alert(event: Event, payload: Payload, delivery: WebhookDelivery) -> Alert:
    key = event.dedup_key or derive_request_key(delivery.body, delivery.received_at)
    named = {
        "component": payload.component,
        "group": payload.group,
        "class": payload.class_,
        "client": event.client,
    }
    links = [(link.href or "", link.text or "") for link in event.links or []]
    service = limits.text_of(payload.custom_details, "service") or payload.component or ""
    return Alert(
        namespace="pagerduty",
        dedup_key=key,
        status=STATUS[event.event_action],
        title=limits.cut((payload.summary or "").strip() or key, limits.TITLE),
        severity=(payload.severity or "").lower(),
        service=limits.cut(service, limits.KEY),
        ci=limits.cut(payload.source or "", limits.KEY),
        labels=limits.labels({name: value for name, value in named.items() if value}),
        annotations=limits.texts_by_name(payload.custom_details),
        links=limits.links([*links, (event.client_url or "", event.client or "")]),
        event_time=limits.parse_event_time(payload.timestamp, delivery.received_at),
        by_arrival=True,
    )


SOURCE = Source(
    "pagerduty",
    "PagerDuty Events API v2",
    parse,
    {"": Event},
    overload_status=429,
    identity_pointers=("/event_action", "/dedup_key", "/payload/summary"),
)
