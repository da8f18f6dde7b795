"""Healthchecks.io, also self-hosted, with the body in docs/sources/healthchecks.md.

See hc/integrations/webhook/transport.py.
"""

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, parse_tags, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

STATUS = {"down": AlertStatus.FIRING, "up": AlertStatus.RESOLVED}
DOWN = "down"
"""The status, and the severity unless a tag `severity` gives another."""

TEST = "TEST"
"""The name of the check in a request of the test button."""


class Check(msgspec.Struct):
    """The body of a request; its field `body` is the body of the last ping."""

    code: str
    status: str
    name: str = ""
    now: str = ""
    tags: str = ""
    body: str = ""
    exit_status: str = ""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one check that went down or up; raises Malformed."""
    check = limits.decode(delivery.body, Check)
    if check.status not in STATUS:
        raise limits.build_malformed(
            "/status", f"a status is down or up, not {check.status[:40]!r}"
        )
    return ParsedDelivery(
        ((0, _alert(check, delivery)),), delivery_id=delivery_id(delivery.headers)
    )


def _alert(check: Check, delivery: WebhookDelivery) -> Alert:
    labels = parse_tags(check.tags.replace("=", ":").split())
    return truncate_alert(
        Alert(
            namespace="healthchecks",
            dedup_key=check.code,
            status=STATUS[check.status],
            title=f"{check.name or check.code} is {check.status}",
            description=check.body,
            severity=labels.get("severity", DOWN) if check.status == DOWN else "",
            service=labels.get("service", ""),
            ci=check.name,
            labels=labels | keep_texts({"check": check.name}),
            annotations=keep_texts(
                {"exit_status": "" if check.exit_status == "-1" else check.exit_status}
            ),
            event_time=limits.parse_event_time(check.now, delivery.received_at, "/now"),
            test=check.name == TEST,
        ),
        "/code",
    )


SOURCE = Source(
    "healthchecks",
    "Healthchecks",
    parse,
    {"": Check},
    identity_pointers=("/code",),
    values_if_unreadable={"/status": "down"},
)
