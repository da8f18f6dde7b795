"""Anything that can post JSON: one object or a list, only `title` required; a mapping reads foreign bodies."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from gateway.incidents.model import Alert, AlertStatus
from gateway.ingest import limits
from gateway.ingest.source import Delivery, Parsed, Refused, Source
from gateway.settings import Intake

FIELDS = ("title", "description", "severity", "service", "ci", "dedup_key", "status", "occurred_at", "labels", "links")
STATUS: Mapping[str, AlertStatus] = {
    **dict.fromkeys(("", "firing", "open", "problem", "alerting", "triggered", "trigger", "down"), AlertStatus.FIRING),
    **dict.fromkeys(("resolved", "ok", "recovered", "closed", "resolve", "up", "clear", "cleared"), AlertStatus.RESOLVED),
    **dict.fromkeys(("acknowledged", "acknowledge", "ack"), AlertStatus.ACKNOWLEDGED),
}


class Item(msgspec.Struct):
    """One alert in our words; unknown fields are tolerated."""

    title: str
    description: str | None = None
    severity: str | int | None = None
    service: str | None = None
    ci: str | None = None
    dedup_key: str | int | None = None
    status: str | None = None
    occurred_at: str | float | None = None
    labels: dict[str, str | int | float | bool | None] = {}
    links: list[str | dict[str, str]] = []


def parse(delivery: Delivery, intake: Intake) -> Parsed:
    """Items are refused one by one; their neighbours are kept."""
    body = limits.decode(delivery.body, Any)
    items = found if isinstance(found := pointed(body, intake.mapping.get("items", "")), list) else [found]
    limits.counted(items)
    alerts, refused = [], []
    for index, value in enumerate(items):
        where = f"{intake.mapping.get('items', '')}/{index}" if isinstance(found, list) else ""
        try:
            alerts.append((index, alert_of(_mapped(value, intake.mapping), delivery)))
        except msgspec.ValidationError as error:
            problem, pointer = limits.place(error)
            refused.append(Refused(index, problem, where + pointer, msgspec.json.encode(value)))
        except ValueError as error:
            refused.append(Refused(index, str(error), where, delivery.body))
    return Parsed(tuple(alerts), tuple(refused), 0, delivery.id)


def pointed(value: Any, pointer: str) -> Any:
    """What an RFC 6901 pointer names in a decoded body, None when it names nothing."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return None
    return value


def alert_of(value: object, delivery: Delivery) -> Alert:
    """One decoded object as an alert; raises ValueError (msgspec's own for a wrong type) saying what is wrong."""
    limits.bounded(value)
    item = msgspec.convert(value, Item)
    if not item.title.strip():
        raise ValueError("title is empty")
    word = (item.status or "").strip().casefold()
    if word not in STATUS:
        raise ValueError(f"status {word[:40]!r} is not known: firing, resolved or acknowledged")
    labels = limits.labels({name: _plain(text) for name, text in item.labels.items() if text is not None})
    service, ci = limits.text(item.service or "", limits.KEY), limits.text(item.ci or "", limits.KEY)
    title = limits.text(item.title, limits.TITLE)
    key = "" if item.dedup_key is None else str(item.dedup_key)
    return Alert(
        namespace="generic",
        dedup_key=_short(key) if key else derived(title, service, ci, labels),
        status=STATUS[word],
        title=title,
        description=limits.text(item.description or "", limits.DESCRIPTION),
        severity=limits.text("" if item.severity is None else str(item.severity), limits.KEY),
        service=service,
        ci=ci,
        labels=labels,
        links=limits.links(*_addresses(item.links)),
        event_time=limits.clamped(limits.instant(item.occurred_at), delivery.received_at),
    )


def derived(title: str, service: str, ci: str, labels: Mapping[str, str]) -> str:
    """The key of an alert whose sender gave none."""
    return "auto:" + sha256(msgspec.json.encode([title, service, ci, sorted(labels.items())])).hexdigest()[:32]


def _short(key: str) -> str:
    """A key too long is kept apart from others that start alike."""
    clean = limits.text(key, len(key) + 1)
    return clean if len(clean) <= limits.KEY else clean[:400] + ":" + sha256(clean.encode()).hexdigest()


def _mapped(value: Any, mapping: Mapping[str, str]) -> Any:
    chosen = {name: pointer for name, pointer in mapping.items() if name in FIELDS}
    if not chosen or not isinstance(value, dict):
        return value
    return {name: pointed(value, chosen[name]) if name in chosen else value.get(name) for name in FIELDS
            if name in value or pointed(value, chosen.get(name, "/")) is not None}  # fmt: skip


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _addresses(links: list[str | dict[str, str]]) -> Iterator[tuple[str, str]]:
    for link in links[:50]:
        yield (link, "") if isinstance(link, str) else (link.get("href", ""), link.get("text", ""))


GENERIC = Source("generic", "Any sender of JSON", parse, 503)
