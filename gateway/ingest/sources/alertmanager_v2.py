"""The alerts that Prometheus posts to Alertmanager, by POST /api/v2/alerts.

The format is that of prometheus/alertmanager api/v2/openapi.yaml.
"""

from datetime import timedelta
from functools import partial

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, prometheus
from gateway.ingest.reading.source import Delivery, Parsed, Source, delivery_id, each
from gateway.settings import Intake
from gateway.vocabulary import AlertStatus

RESOLVE_TIMEOUT = timedelta(minutes=5)
"""Alertmanager's default: an alert without an end expires after this time unless sent again."""


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """Return the alerts: resolved if their end is past, else firing until their end."""
    raws = limits.envelope(delivery.body, list[msgspec.Raw])
    alerts, refused = each(delivery, raws, "", partial(_alert, delivery=delivery))
    return Parsed(alerts, refused, delivery_id=delivery_id(delivery.headers))


def _alert(raw: msgspec.Raw, delivery: Delivery) -> Alert:
    item, received = limits.item(raw, prometheus.Item), delivery.received_at
    if "" in item.labels or not all(map(str.isprintable, item.labels)):
        raise limits.fault("/labels", "a label's name is empty or cannot be printed")
    item.labels = {name: value for name, value in item.labels.items() if value}  # for Alertmanager, an empty label is absent
    if not item.labels:
        raise limits.fault("/labels", "an alert needs at least one label with a value")
    starts, ends = limits.instant(item.starts_at, "/startsAt"), limits.instant(item.ends_at, "/endsAt")
    if starts and ends and ends < starts:
        raise limits.fault("/startsAt", "startsAt is after endsAt")
    key = prometheus.fingerprint(item.labels)
    if ends is not None and ends <= received:
        return prometheus.alert(item, key, AlertStatus.RESOLVED, limits.clamped(ends, received))
    lapses = ends or received + RESOLVE_TIMEOUT
    return prometheus.alert(item, key, AlertStatus.FIRING, limits.clamped(starts, received) or received, lapses)


SOURCE = Source(
    "alertmanager_v2", "Prometheus, as to Alertmanager", parse, {"": prometheus.Item}, wrap=b"[%b]".__mod__, named_by=("/labels",)
)
