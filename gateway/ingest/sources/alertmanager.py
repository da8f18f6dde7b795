"""Alertmanager, both ways in: its webhook (version 4) and the API v2 that Prometheus posts to. One family of keys.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config and prometheus/alertmanager api/v2/openapi.yaml.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

import msgspec

from gateway.incidents.model import Alert, AlertStatus
from gateway.ingest import limits
from gateway.ingest.source import Delivery, Parsed, Refused, Source
from gateway.settings import Intake

NAMESPACE = "alertmanager"
RESOLVE_TIMEOUT = timedelta(minutes=5)
"""Alertmanager's own default: an alert of API v2 without an end lapses then unless sent again."""


class Item(msgspec.Struct, rename="camel"):
    """One alert of either shape."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    status: str = ""
    starts_at: str = ""
    ends_at: str = ""
    generator_URL: str = msgspec.field(default="", name="generatorURL")  # noqa: N815
    fingerprint: str = ""


class Webhook(msgspec.Struct, rename="camel"):
    """The body of a webhook; everything else in it repeats the alerts."""

    alerts: list[msgspec.Raw]
    truncated_alerts: int = 0


ITEM = msgspec.json.Decoder(Item)


def fingerprint(labels: dict[str, str]) -> str:
    """Alertmanager's own: FNV-1a 64 over each sorted name, 0xff, value, 0xff (prometheus/common model/signature.go)."""
    pairs = sorted((name.encode(), text.encode()) for name, text in labels.items())
    return _fnv(b"".join(name + b"\xff" + text + b"\xff" for name, text in pairs))


@lru_cache(maxsize=16_384)
def _fnv(data: bytes) -> str:
    """Cached: a sender of API v2 repeats every firing alert about once a minute."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def webhook(delivery: Delivery, _: Intake) -> Parsed:
    """The status of each alert counts, not that of the group around it."""
    body = limits.decode(delivery.body, Webhook)
    return _each(body.alerts, delivery, "/alerts", max(body.truncated_alerts, 0), posted=False)


def api_v2(delivery: Delivery, _: Intake) -> Parsed:
    """Whether an alert is over is told by its end: past is resolved, future is when it lapses."""
    return _each(limits.decode(delivery.body, list[msgspec.Raw]), delivery, "", 0, posted=True)


def _each(raws: list[msgspec.Raw], delivery: Delivery, root: str, lost: int, *, posted: bool) -> Parsed:
    limits.counted(raws)
    alerts, refused = [], []
    for index, raw in enumerate(raws):
        problem, pointer = "", ""
        try:
            item = ITEM.decode(raw)
            alerts.append((index, _posted(item, delivery) if posted else _told(item, delivery)))
        except msgspec.ValidationError as error:
            problem, pointer = limits.place(error)
        except (ValueError, RecursionError) as error:
            problem = str(error)
        if problem:
            refused.append(Refused(index, problem, f"{root}/{index}{pointer}", bytes(raw)))
    return Parsed(tuple(alerts), tuple(refused), lost, delivery.id)


def _told(item: Item, delivery: Delivery) -> Alert:
    if item.status not in {"firing", "resolved"}:
        raise ValueError(f"status is firing or resolved, not {item.status[:40]!r}")
    return _alert(item, delivery, AlertStatus(item.status), {})


def _posted(item: Item, delivery: Delivery) -> Alert:
    starts, ends = limits.instant(item.starts_at), limits.instant(item.ends_at)
    if starts and ends and ends < starts:
        raise ValueError("endsAt is before startsAt")
    if not any(item.labels.values()) or "" in item.labels:
        raise ValueError("an alert needs at least one label, and every label a name")
    item.fingerprint = ""  # a post has none of its own: the labels alone name the alert
    item.labels = {name: value for name, value in item.labels.items() if value}
    over = ends is not None and ends <= delivery.received_at
    status = AlertStatus.RESOLVED if over else AlertStatus.FIRING
    return _alert(item, delivery, status, {} if over else {"ends_at": ends or delivery.received_at + RESOLVE_TIMEOUT})


def _alert(item: Item, delivery: Delivery, status: AlertStatus, more: dict[str, Any]) -> Alert:
    labels, annotations = limits.labels(item.labels), limits.labels(item.annotations)
    starts, ends = limits.instant(item.starts_at), limits.instant(item.ends_at)
    title = annotations.get("summary") or labels.get("alertname") or "alert without a name"
    return Alert(
        namespace=NAMESPACE,
        dedup_key=limits.text(item.fingerprint, limits.KEY) or fingerprint(item.labels),
        status=status,
        title=limits.text(title, limits.TITLE),
        description=limits.text(item.annotations.get("description", ""), limits.DESCRIPTION),
        severity=labels.get("severity", ""),
        service=labels.get("service", ""),
        ci=labels.get("instance", ""),
        labels=labels,
        annotations=annotations,
        links=limits.links((item.generator_URL, "source"), (item.annotations.get("runbook_url", ""), "runbook")),
        occurrence=starts.isoformat() if starts else "",
        event_time=limits.clamped(starts if status is AlertStatus.FIRING else ends, delivery.received_at),
        **more,
    )


WEBHOOK = Source("alertmanager", "Alertmanager webhook", webhook)
API_V2 = Source("alertmanager_v2", "Prometheus, as to Alertmanager", api_v2)
