"""Alertmanager's webhook, version 4.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial

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

REMEMBERED_BYTES = 4_096
"""Longer alerts are not cached, so that the cache stays small."""

STATUS = {"firing": AlertStatus.FIRING, "resolved": AlertStatus.RESOLVED}


class Webhook(msgspec.Struct, rename="camel"):
    """A notification; its other fields repeat the alerts."""

    alerts: list[msgspec.Raw]
    truncated_alerts: int = 0


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alerts; the status of each alert counts, not that of its group."""
    body = limits.decode_envelope(delivery.body, Webhook)
    alerts, refused = parse_each(
        delivery, body.alerts, "/alerts", partial(_alert, received_at=delivery.received_at)
    )
    return ParsedDelivery(
        alerts,
        refused,
        lost=limits.count(body.truncated_alerts),
        delivery_id=delivery_id(delivery.headers),
    )


def _alert(raw: msgspec.Raw, received_at: datetime) -> Alert:
    data = bytes(raw)
    told = _known(data) if len(data) <= REMEMBERED_BYTES else _read(data)
    when = limits.clamp_time(told.event_time, received_at)
    return told if when == told.event_time else replace(told, event_time=when)


def _read(data: bytes) -> Alert:
    item = limits.decode_item(msgspec.Raw(data), prometheus.PrometheusAlert)
    status = STATUS.get(item.status)
    if status is None:
        raise limits.build_malformed(
            "/status", f"status is firing or resolved, not {item.status[:40]!r}"
        )
    key = limits.key(item.fingerprint, "/fingerprint") or prometheus.fingerprint(item.labels)
    starts = limits.parse_time(item.starts_at, "/startsAt")
    when = starts if status is AlertStatus.FIRING else limits.parse_time(item.ends_at, "/endsAt")
    return prometheus.build_alert(item, key, status, when)


_known = lru_cache(maxsize=8_192)(_read)
"""A cache by exact content: Alertmanager repeats a firing alert without any change."""


def _wrap(item: bytes) -> bytes:
    return b'{"version":"4","alerts":[%b]}' % item


SOURCE = Source(
    "alertmanager",
    "Alertmanager webhook",
    parse,
    {"": Webhook, "/alerts/*": prometheus.PrometheusAlert},
    wrap=_wrap,
    identity_pointers=("/alerts/*/labels",),
    values_if_unreadable={"/alerts/*/status": "firing"},
)
