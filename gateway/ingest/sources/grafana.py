"""Grafana's unified alerting: the webhook of a contact point, version 1, signed or not.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

import re
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from urllib.parse import urlsplit

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, prometheus, signatures
from gateway.ingest.reading.source import (
    ParsedDelivery,
    Source,
    WebhookDelivery,
    delivery_id,
    parse_each,
)
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

SIGNATURES = ("x-grafana-alerting-signature", "x-grafana-alert-signature")
"""The header of the documentation, and the one that Grafana uses by default."""

SIGNED_AT = "x-grafana-alerting-timestamp"
"""The header to configure for the time of signing; Grafana has no default for it."""

STATUS = {"firing": AlertStatus.FIRING, "resolved": AlertStatus.RESOLVED}
TEST_GROUP = re.compile(r"-[0-9a-f]{16}-[0-9]{9,}\Z")
"""The end of a test's group key: a fingerprint and the second of the click.

The groups of real alerts consist of braces and labels.
"""

TEST_LABELS = {"alertname": "TestAlert", "instance": "Grafana"}
STATES = ("DatasourceNoData", "DatasourceError")
"""Alerts that Grafana raises when a rule cannot be evaluated.

Their label `rulename` names the rule.
"""


class Webhook(msgspec.Struct, rename="camel"):
    """A notification; its title, state and message are derived from the alerts."""

    alerts: list[msgspec.Raw]
    org_id: int = 0
    external_url: str = msgspec.field(default="", name="externalURL")
    group_key: str = ""
    truncated_alerts: int | None = 0


class Item(prometheus.PrometheusAlert):
    """An alert in Alertmanager's format, with Grafana's additional fields."""

    values: dict[str, float | None] | None = None
    value_string: str | None = None
    silence_url: str | None = msgspec.field(default=None, name="silenceURL")
    dashboard_url: str | None = msgspec.field(default=None, name="dashboardURL")
    panel_url: str | None = msgspec.field(default=None, name="panelURL")
    image_url: str | None = msgspec.field(default=None, name="imageURL")


def verify(delivery: WebhookDelivery, intake: SourceSettings) -> None:
    """Verify the HMAC-SHA256 of the body, if there are secrets; raises Unauthenticated.

    If a header for the time is configured, time, colon and body are signed.
    """
    if not intake.secrets:
        return
    headers = delivery.headers
    sent = headers.get(SIGNED_AT)
    content = (
        delivery.body if sent is None else sent.encode("utf-8", "replace") + b":" + delivery.body
    )
    given = signatures.from_hex(
        next((headers[name] for name in SIGNATURES if name in headers), None)
    )
    signatures.require_match(signatures.encode_secrets(intake.secrets), content, [given])
    if sent is not None:
        signatures.require_fresh(signatures.parse_seconds(sent), delivery.received_at)


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alerts; the status of each alert counts, not that of its group."""
    body = limits.decode_envelope(delivery.body, Webhook)
    home = f"{_host(body.external_url)}/{body.org_id}"
    test = TEST_GROUP.search(body.group_key) is not None and not body.group_key.startswith("{")
    alerts, refused = parse_each(
        delivery,
        body.alerts,
        "/alerts",
        partial(_alert, home=home, test=test, received_at=delivery.received_at),
    )
    refused = tuple(replace(one, body=_around(body, one.body)) for one in refused)
    lost = limits.count(body.truncated_alerts)
    return ParsedDelivery(
        alerts,
        refused,
        lost=lost,
        delivery_id=_delivery_id(delivery),
        accounts=(str(body.org_id), home),
    )


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:255]
    except ValueError:
        return ""


def _delivery_id(delivery: WebhookDelivery) -> str | None:
    """Return an id made of time and body where Grafana sends the time.

    The body alone is repeated as long as its alerts fire.
    """
    sent = delivery.headers.get(SIGNED_AT)
    if sent is None:
        return delivery_id(delivery.headers)
    return "grafana:" + sha256(sent.encode("utf-8", "replace") + b":" + delivery.body).hexdigest()


def _alert(raw: msgspec.Raw, home: str, received_at: datetime, *, test: bool) -> Alert:
    item = limits.decode_item(raw, Item)
    status = STATUS.get(item.status)
    if status is None:
        raise limits.build_malformed(
            "/status", f"status is firing or resolved, not {item.status[:40]!r}"
        )
    key = f"{home}/{item.fingerprint or prometheus.fingerprint(item.labels)}"
    starts, ends = (
        limits.parse_time(item.starts_at, "/startsAt"),
        limits.parse_time(item.ends_at, "/endsAt"),
    )
    when = limits.clamp_time(starts if status is AlertStatus.FIRING else ends, received_at)
    told = prometheus.build_alert(item, limits.key(key, "/fingerprint"), status, when)
    return replace(
        told,
        namespace="grafana",
        title=_title(item, told.title),
        description=told.description or limits.cut(_values(item), limits.DESCRIPTION),
        links=told.links + limits.links(_addresses(item)),
        test=test or TEST_LABELS.items() <= item.labels.items(),
    )


def _title(item: Item, title: str) -> str:
    """Return the title, with the rule's name if the rule cannot be evaluated."""
    rule = item.labels.get("rulename", "")
    return (
        limits.cut(f"{title}: {rule}", limits.TITLE)
        if rule and item.labels.get("alertname") in STATES
        else title
    )


def _values(item: Item) -> str:
    if item.value_string or not item.values:
        return item.value_string or ""
    told = {name: value for name, value in item.values.items() if value is not None}
    return ", ".join(f"{name}={limits.number(value, '/values')}" for name, value in told.items())


def _addresses(item: Item) -> list[tuple[str, str]]:
    named = (
        (item.dashboard_url, "dashboard"),
        (item.panel_url, "panel"),
        (item.silence_url, "silence"),
        (item.image_url, "image"),
    )
    return [(address, text) for address, text in named if address]


def _around(body: Webhook, item: bytes) -> bytes:
    """Return a refused item as a body with its origin, for replay."""
    where = msgspec.json.encode(
        {"orgId": body.org_id, "externalURL": limits.cut(body.external_url, limits.LABEL)}
    )
    return b'%b,"alerts":[%b]}' % (where[:-1], item)


SOURCE = Source(
    "grafana",
    "Grafana alerting",
    parse,
    {"": Webhook, "/alerts/*": Item},
    verify=verify,
    identity_pointers=("/orgId", "/externalURL", "/alerts/*/labels"),
    values_if_unreadable={"/alerts/*/status": "firing"},
)
