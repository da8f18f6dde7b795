"""Opsgenie's Alert API v2: POST /v2/alerts and the requests about one alert.

https://docs.opsgenie.com/docs/alert-api

The body of a creation is read as sent; a request about one alert arrives as `{"action", "alias",
...}`, the form in which `gateway.compat.opsgenie` records it.
"""

from hashlib import sha256
from typing import Any

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

NAMESPACE = "opsgenie"
PRIORITY = "P3"
"""Opsgenie's priority for an alert that has none."""

STATUS = {
    "create": AlertStatus.FIRING,
    "close": AlertStatus.RESOLVED,
    "acknowledge": AlertStatus.ACKNOWLEDGED,
    "unacknowledge": AlertStatus.UNACKNOWLEDGED,
}


class Asked(msgspec.Struct):
    """A request; details without a name are dropped, responders are kept as text."""

    action: str = "create"
    alias: str | None = None
    message: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    details: Any = None
    entity: str | None = None
    source: str | None = None
    priority: str | None = None
    user: str | None = None
    note: str | None = None
    responders: Any = None
    result: str = ""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return one alert, or nothing to do for actions of people; raises Malformed."""
    asked = limits.decode(delivery.body, Asked)
    named = delivery_id(delivery.headers)
    if asked.action not in STATUS:
        return ParsedDelivery(
            (),
            ignored=((0, limits.cut(asked.result or asked.action, limits.KEY)),),
            delivery_id=named,
        )
    if asked.action == "create" and not (asked.message or "").strip():
        raise limits.build_malformed("/message", "message can not be empty")
    if asked.action != "create" and not asked.alias:
        raise limits.build_malformed("/alias", "alias says which alert is meant")
    return ParsedDelivery(((0, _alert(asked, delivery)),), delivery_id=named)


def _alert(asked: Asked, delivery: WebhookDelivery) -> Alert:
    key = limits.key(asked.alias or "", "/alias") or _derived(delivery)
    details = _details(asked.details)
    told = {
        "tags": ", ".join(asked.tags or ()),
        "source": asked.source or "",
        "user": asked.user or "",
    }
    notes = {"note": asked.note or "", "responders": _text(asked.responders)}
    return Alert(
        namespace=NAMESPACE,
        dedup_key=key,
        status=STATUS[asked.action],
        title=limits.cut((asked.message or "").strip() or key, limits.TITLE),
        description=limits.cut(asked.description or "", limits.DESCRIPTION),
        severity=limits.cut((asked.priority or PRIORITY).upper(), limits.KEY),
        service=limits.cut(details.get("service", ""), limits.KEY),
        ci=limits.cut(asked.entity or details.get("instance", ""), limits.KEY),
        labels=limits.labels(details | {name: text for name, text in told.items() if text}),
        annotations=limits.labels({name: text for name, text in notes.items() if text}),
        author=limits.cut(asked.user or "", limits.KEY)
        if asked.action.endswith("acknowledge")
        else "",
    )


def _derived(delivery: WebhookDelivery) -> str:
    """Return the alias of an alert without one: new for each request, the same on replay."""
    return sha256(delivery.body + delivery.received_at.isoformat().encode()).hexdigest()[:32]


def _details(details: Any) -> dict[str, str]:
    limits.check_numbers(details)
    if not isinstance(details, dict):
        return {}
    return limits.labels({name: _text(value) for name, value in details.items() if name})


def _text(value: Any) -> str:
    limits.check_numbers(value)
    return "" if value is None else limits.json_text(value)


SOURCE = Source(
    "opsgenie",
    "Opsgenie Alert API v2",
    parse,
    {"": Asked},
    overload_status=429,
    identity_pointers=("/action", "/alias", "/message"),
)
