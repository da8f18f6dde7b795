"""Datadog's webhooks, with the payload in `integrations/datadog`.

https://docs.datadoghq.com/integrations/webhooks/
"""

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, parse_tags, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

RECOVERED = "recovered"
FIRING = ("triggered", "warn", "no data", "renotify")
"""The transitions of a failing monitor; a repeated one has the prefix "re-"."""

TEST = "[TEST]"
"""The prefix of the event title in requests of the button "Test notifications".

A monitor may have it in its own name.
"""


class Event(msgspec.Struct):
    """The body, whose fields are all texts. Times are milliseconds."""

    alert_id: str
    alert_transition: str
    alert_cycle_key: str = ""
    alert_title: str = ""
    alert_scope: str = ""
    alert_priority: str = ""
    alert_metric: str = ""
    alert_query: str = ""
    event_title: str = ""
    message: str = ""
    hostname: str = ""
    org_id: str = ""
    org_name: str = ""
    tags: str = ""
    link: str = ""
    date: str = ""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one group of a monitor; raises Malformed."""
    event = limits.decode(delivery.body, Event)
    transition = event.alert_transition.casefold()
    over = transition.endswith(RECOVERED)
    if not over and transition.removeprefix("re-") not in FIRING:
        raise limits.build_malformed(
            "/alert_transition", f"a transition of a monitor, not {event.alert_transition[:40]!r}"
        )
    status = AlertStatus.RESOLVED if over else AlertStatus.FIRING
    return ParsedDelivery(
        ((0, _alert(event, status, delivery)),), delivery_id=delivery_id(delivery.headers)
    )


def _alert(event: Event, status: AlertStatus, delivery: WebhookDelivery) -> Alert:
    labels = parse_tags(event.tags.split(","))
    monitor = f"monitor:{event.alert_id}"
    own = keep_texts(
        {
            "scope": event.alert_scope,
            "metric": event.alert_metric,
            "org": event.org_name,
            "state": event.alert_transition,
        }
    )
    return truncate_alert(
        Alert(
            namespace="datadog",
            dedup_key=_key(event),
            status=status,
            title=event.alert_title or event.event_title or monitor,
            description=event.message,
            severity=_severity(event),
            service=labels.get("service", ""),
            ci=event.hostname or labels.get("host", ""),
            labels=labels | own,
            annotations=keep_texts(
                {"query": event.alert_query, "event": event.event_title, "monitor": event.alert_id}
            ),
            links=limits.links([(event.link, "Datadog")]),
            occurrence=event.alert_cycle_key,
            event_time=limits.parse_event_time(event.date, delivery.received_at, "/date"),
            test=event.event_title.startswith(TEST),
        ),
        "/alert_id",
    )


def _key(event: Event) -> str:
    """Return the key of the monitor and its group, the same each time the alert fires.

    The cycle is an occurrence of it.
    """
    return (
        "/".join(part for part in (event.org_id, event.alert_id, event.alert_scope) if part)
        if event.alert_id
        else ""
    )


def _severity(event: Event) -> str:
    """Return the monitor's own priority, or without one the transition."""
    return (event.alert_priority or event.alert_transition.removeprefix("Re-")).casefold()


SOURCE = Source(
    "datadog",
    "Datadog",
    parse,
    {"": Event},
    identity_pointers=("/alert_id", "/alert_scope", "/org_id"),
    values_if_unreadable={"/alert_transition": "Triggered"},
)
