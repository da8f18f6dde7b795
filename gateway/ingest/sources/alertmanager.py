"""Alertmanager's webhook, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config."""

from functools import partial

import msgspec

from gateway.incidents.model import Alert, AlertStatus
<<<<<<< HEAD
from gateway.ingest import limits, prometheus
from gateway.ingest.source import Delivery, Parsed, Source, delivery_id, each
=======
from gateway.ingest import limits
from gateway.ingest.source import Delivery, Parsed, Refused, Source
>>>>>>> core
from gateway.settings import Intake

STATUS = {"firing": AlertStatus.FIRING, "resolved": AlertStatus.RESOLVED}


class Webhook(msgspec.Struct, rename="camel"):
    """The body; everything else in it repeats the alerts."""

    alerts: list[msgspec.Raw]
    truncated_alerts: int = 0


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """The status of each alert counts, not that of the group around it."""
    body = limits.envelope(delivery.body, Webhook)
    alerts, refused = each(body.alerts, "/alerts", partial(_alert, delivery=delivery))
    return Parsed(alerts, refused, lost=max(body.truncated_alerts, 0), delivery_id=delivery_id(delivery.headers))


def _alert(raw: msgspec.Raw, delivery: Delivery) -> Alert:
    item = limits.item(raw, prometheus.Item)
    status = STATUS.get(item.status)
    if status is None:
        raise limits.fault("/status", f"status is firing or resolved, not {item.status[:40]!r}")
    key = limits.key(item.fingerprint, "/fingerprint") or prometheus.fingerprint(item.labels)
    starts = limits.instant(item.starts_at, "/startsAt")
    when = starts if status is AlertStatus.FIRING else limits.instant(item.ends_at, "/endsAt")
    return prometheus.alert(item, key, status, delivery.received_at, when)


<<<<<<< HEAD
SOURCE = Source("alertmanager", "Alertmanager webhook", parse)
=======
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
>>>>>>> core
