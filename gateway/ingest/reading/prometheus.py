"""The alert format of Prometheus, Alertmanager and Grafana, with its fingerprints. Pure."""

from datetime import datetime
from functools import lru_cache

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.vocabulary import AlertStatus

NAMESPACE = "alertmanager"


class PrometheusAlert(msgspec.Struct, rename="camel"):
    """An alert, either as notified by Alertmanager (status, fingerprint) or as posted to it."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    status: str = ""
    starts_at: str | None = None
    ends_at: str | None = None
    generator_url: str | None = msgspec.field(default=None, name="generatorURL")
    fingerprint: str = ""


def fingerprint(labels: dict[str, str]) -> str:
    """Return Alertmanager's fingerprint of a set of labels.

    It is FNV-1a 64 over each sorted name, 0xff, value, 0xff (prometheus/common
    model/signature.go).
    """
    pairs = sorted((name.encode(), text.encode()) for name, text in labels.items())
    return _fnv(b"".join(name + b"\xff" + text + b"\xff" for name, text in pairs))


@lru_cache(maxsize=16_384)
def _fnv(data: bytes) -> str:
    """Return the FNV-1a hash; cached, as senders repeat a firing alert about once a minute."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def build_alert(
    item: PrometheusAlert,
    key: str,
    status: AlertStatus,
    event_time: datetime | None,
    ends_at: datetime | None = None,
) -> Alert:
    """Return an item as an alert; `ends_at` is the time at which it expires."""
    labels, annotations = limits.labels(item.labels), limits.labels(item.annotations)
    get, note = item.labels.get, item.annotations.get
    starts = "" if (item.starts_at or "").startswith(limits.GO_ZERO) else item.starts_at or ""
    addresses = ((item.generator_url or "", "source"), (note("runbook_url", ""), "runbook"))
    return Alert(
        namespace=NAMESPACE,
        dedup_key=key,
        status=status,
        title=limits.cut(note("summary") or get("alertname") or key, limits.TITLE),
        description=limits.cut(note("description", ""), limits.DESCRIPTION),
        severity=limits.cut(get("severity", ""), limits.KEY),
        service=limits.cut(get("service", ""), limits.KEY),
        ci=limits.cut(get("instance", ""), limits.KEY),
        labels=labels,
        annotations=annotations,
        links=limits.links(addresses),
        occurrence=limits.cut(starts, limits.KEY),
        event_time=event_time,
        ends_at=ends_at,
    )
