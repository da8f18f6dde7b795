"""Uptime Kuma's webhook with the content type JSON.

See server/notification-providers/webhook.js of louislam/uptime-kuma.
"""

import re
from hashlib import sha256

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, parse_tags, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

STATUS = {0: AlertStatus.FIRING, 1: AlertStatus.RESOLVED}
WAITING = {2: "pending", 3: "maintenance"}
DOMAIN = re.compile(r"Domain name (\S{1,253}) will expire in \d{1,9} days")
CERTIFICATE = re.compile(r"^(\[.*\]) .{0,64}certificate .* will expire in \d+ days$")
"""Messages about certificates and domains have no heartbeat, nor has the test button's."""

TESTED = re.compile(r"(?:^|\s)Testing$")
"""The end of the test button's message; any other message without a heartbeat is an alert."""

NUMBER = re.compile(r"\d+")
DOWN = "down"
"""The severity of a monitor that is down, unless it has a tag `severity`."""


class Heartbeat(msgspec.Struct, rename="camel"):
    """One check of a monitor; `time` is UTC."""

    status: int
    monitor_id: int | None = msgspec.field(default=None, name="monitorID")
    time: str | None = None
    msg: str | None = None
    ping: float | None = None
    important: bool | None = None


class Tag(msgspec.Struct):
    """A tag of a monitor."""

    name: str = ""
    value: str | None = None


class Monitor(msgspec.Struct, rename="camel"):
    """A monitor."""

    id: int | None = None
    name: str = ""
    path_name: str | None = None
    url: str | None = None
    hostname: str | None = None
    type: str | None = None
    description: str | None = None
    tags: list[Tag] | None = None


class Body(msgspec.Struct):
    """The body of a request; the test button leaves heartbeat and monitor null."""

    heartbeat: Heartbeat | None
    monitor: Monitor | None = None
    msg: str | None = None


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one change of a monitor; raises Malformed."""
    body = limits.decode(delivery.body, Body)
    named_by = delivery_id(delivery.headers)
    if body.heartbeat is None:
        return ParsedDelivery(((0, _announced(body)),), delivery_id=named_by)
    if reason := WAITING.get(body.heartbeat.status):
        return ParsedDelivery((), ignored=((0, reason),), delivery_id=named_by)
    if body.heartbeat.status not in STATUS:
        raise limits.build_malformed(
            "/heartbeat/status", "a status is 0 (down), 1 (up), 2 (pending) or 3 (maintenance)"
        )
    return ParsedDelivery(((0, _alert(body, body.heartbeat, delivery)),), delivery_id=named_by)


def _alert(body: Body, beat: Heartbeat, delivery: WebhookDelivery) -> Alert:
    monitor = body.monitor or Monitor()
    number = beat.monitor_id if monitor.id is None else monitor.id
    words = [f"{tag.name}:{tag.value or ''}" for tag in monitor.tags or []]
    labels = parse_tags(words) | keep_texts(
        {"monitor": monitor.name, "type": monitor.type, "url": monitor.url}
    )
    name = monitor.path_name or monitor.name
    return truncate_alert(
        Alert(
            namespace="uptime_kuma",
            dedup_key="" if number is None else str(number),
            status=STATUS[beat.status],
            title=f"{name} is {'down' if beat.status == 0 else 'up'}" if name else body.msg or "",
            description=beat.msg or monitor.description or "",
            severity=labels.get("severity", DOWN) if beat.status == 0 else "",
            service=labels.get("service", ""),
            ci=monitor.hostname or monitor.name,
            labels=labels,
            links=limits.links([(monitor.url or "", monitor.name)]),
            event_time=limits.parse_event_time(beat.time, delivery.received_at, "/heartbeat/time"),
        ),
        "/monitor/id",
    )


def _announced(body: Body) -> Alert:
    """Return the alert of a message without a heartbeat: an imminent expiry, or anything else.

    Only the text of the test button is a test, and only without a monitor.
    """
    told = (body.msg or "").strip()
    name = body.monitor.name if body.monitor else ""
    test = body.monitor is None and TESTED.search(told[-64:]) is not None
    title = told or f"Uptime Kuma says nothing of {name or 'what it is about'}"
    key = "test" if test else _subject(title[: limits.TITLE].strip())[: limits.KEY]
    alert = Alert(
        namespace="uptime_kuma",
        dedup_key=key,
        status=AlertStatus.FIRING,
        title=title,
        ci=name,
        test=test,
    )
    return truncate_alert(alert, "/msg")


def _subject(said: str) -> str:
    """Return the key of a message, which does not depend on the remaining days."""
    if (certificate := CERTIFICATE.match(said)) is not None:
        return f"certificate:{certificate[1]}"
    if (domain := DOMAIN.match(said)) is not None:
        return f"domain:{domain[1]}"
    return "message:" + sha256(NUMBER.sub("0", said).encode()).hexdigest()[:16]


SOURCE = Source(
    "uptime_kuma",
    "Uptime Kuma",
    parse,
    {"": Body},
    identity_pointers=("/heartbeat/monitorID", "/monitor/id"),
    values_if_unreadable={"/heartbeat/status": 0},
)
