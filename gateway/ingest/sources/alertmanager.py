"""Alertmanager's webhook, version 4.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, prometheus
from gateway.ingest.reading.source import Delivery, Parsed, Source, delivery_id, each
from gateway.settings import Intake
from gateway.vocabulary import AlertStatus

REMEMBERED_BYTES = 4_096
"""Longer alerts are not cached, so that the cache stays small."""

STATUS = {"firing": AlertStatus.FIRING, "resolved": AlertStatus.RESOLVED}


class Webhook(msgspec.Struct, rename="camel"):
    """A notification; its other fields repeat the alerts."""

    alerts: list[msgspec.Raw]
    truncated_alerts: int = 0


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """Return the alerts; the status of each alert counts, not that of its group."""
    body = limits.envelope(delivery.body, Webhook)
    alerts, refused = each(delivery, body.alerts, "/alerts", partial(_alert, received_at=delivery.received_at))
    return Parsed(alerts, refused, lost=limits.count(body.truncated_alerts), delivery_id=delivery_id(delivery.headers))


def _alert(raw: msgspec.Raw, received_at: datetime) -> Alert:
    data = bytes(raw)
    told = _known(data) if len(data) <= REMEMBERED_BYTES else _read(data)
    when = limits.clamped(told.event_time, received_at)
    return told if when == told.event_time else replace(told, event_time=when)


def _read(data: bytes) -> Alert:
    item = limits.item(msgspec.Raw(data), prometheus.Item)
    status = STATUS.get(item.status)
    if status is None:
        raise limits.fault("/status", f"status is firing or resolved, not {item.status[:40]!r}")
    key = limits.key(item.fingerprint, "/fingerprint") or prometheus.fingerprint(item.labels)
    starts = limits.instant(item.starts_at, "/startsAt")
    when = starts if status is AlertStatus.FIRING else limits.instant(item.ends_at, "/endsAt")
    return prometheus.alert(item, key, status, when)


_known = lru_cache(maxsize=8_192)(_read)
"""A cache by exact content: Alertmanager repeats a firing alert without any change."""


def _wrap(item: bytes) -> bytes:
    return b'{"version":"4","alerts":[%b]}' % item


SOURCE = Source(
    "alertmanager",
    "Alertmanager webhook",
    parse,
    {"": Webhook, "/alerts/*": prometheus.Item},
    wrap=_wrap,
    named_by=("/alerts/*/labels",),
    doubt={"/alerts/*/status": "firing"},
)
