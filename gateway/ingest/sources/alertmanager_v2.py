"""The alerts that Prometheus posts to Alertmanager, by POST /api/v2/alerts.

The format is that of prometheus/alertmanager api/v2/openapi.yaml.
"""

from datetime import timedelta
from functools import partial

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, prometheus
from gateway.ingest.reading.source import (
    ParsedDelivery,
    Source,
    WebhookDelivery,
    delivery_id,
    parse_each,
)
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

RESOLVE_TIMEOUT = timedelta(minutes=5)
"""Alertmanager's default: an alert without an end expires after this time unless sent again."""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alerts: resolved if their end is past, else firing until their end."""
    raws = limits.decode_envelope(delivery.body, list[msgspec.Raw])
    alerts, refused = parse_each(delivery, raws, "", partial(_alert, delivery=delivery))
    return ParsedDelivery(alerts, refused, delivery_id=delivery_id(delivery.headers))


def _alert(raw: msgspec.Raw, delivery: WebhookDelivery) -> Alert:
    item, received = limits.decode_item(raw, prometheus.PrometheusAlert), delivery.received_at
    if "" in item.labels or not all(map(str.isprintable, item.labels)):
        raise limits.build_malformed("/labels", "a label's name is empty or cannot be printed")
    item.labels = {
        name: value for name, value in item.labels.items() if value
    }  # for Alertmanager, an empty label is absent
    if not item.labels:
        raise limits.build_malformed("/labels", "an alert needs at least one label with a value")
    starts, ends = (
        limits.parse_time(item.starts_at, "/startsAt"),
        limits.parse_time(item.ends_at, "/endsAt"),
    )
    if starts and ends and ends < starts:
        raise limits.build_malformed("/startsAt", "startsAt is after endsAt")
    key = prometheus.fingerprint(item.labels)
    if ends is not None and ends <= received:
        return prometheus.build_alert(
            item, key, AlertStatus.RESOLVED, limits.clamp_time(ends, received)
        )
    lapses = ends or received + RESOLVE_TIMEOUT
    return prometheus.build_alert(
        item, key, AlertStatus.FIRING, limits.clamp_time(starts, received) or received, lapses
    )


SOURCE = Source(
    "alertmanager_v2",
    "Prometheus, as to Alertmanager",
    parse,
    {"": prometheus.PrometheusAlert},
    wrap=b"[%b]".__mod__,
    identity_pointers=("/labels",),
)
