"""The generic fields of an alert, which several sources share. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.vocabulary import AlertStatus

FIELDS = (
    "title",
    "description",
    "severity",
    "service",
    "ci",
    "dedup_key",
    "status",
    "occurred_at",
    "labels",
    "links",
)
STATUS: Mapping[str, AlertStatus] = {
    **dict.fromkeys(
        ("", "firing", "open", "alerting", "problem", "triggered", "trigger", "down"),
        AlertStatus.FIRING,
    ),
    **dict.fromkeys(
        ("resolved", "ok", "recovered", "closed", "cleared", "resolve", "clear", "up"),
        AlertStatus.RESOLVED,
    ),
    **dict.fromkeys(("acknowledged", "acknowledge", "ack"), AlertStatus.ACKNOWLEDGED),
}


class LinkObject(msgspec.Struct):
    """A link as an object."""

    href: str | None = None
    text: str | None = None


class GenericAlert(msgspec.Struct):
    """An alert by its generic fields; unknown fields are ignored, null is absent."""

    title: str | None = None
    description: str | None = None
    message: str | None = None
    severity: str | int | None = None
    service: str | None = None
    ci: str | None = None
    dedup_key: str | int | None = None
    status: str | None = None
    occurred_at: str | int | float | None = None
    labels: dict[str, str | int | float | bool | None] | None = None
    links: list[str | LinkObject] | None = None


@dataclass(frozen=True, slots=True)
class ItemDefaults:
    """The defaults for fields that an item leaves out."""

    namespace: str
    received_at: datetime
    title: str = ""
    dedup_key: str = ""
    occurred_at: str = ""


def build_alert(item: GenericAlert, around: ItemDefaults) -> Alert:
    """Return the alert that an item describes; raises Malformed with a pointer to a wrong field."""
    status = STATUS.get((item.status or "").strip().casefold())
    if status is None:
        raise limits.build_malformed(
            "/status",
            f"status {(item.status or '')[:40]!r} is not known: firing, resolved or acknowledged",
        )
    told = limits.key(_text(item.dedup_key, "/dedup_key"), "/dedup_key") or around.dedup_key
    title = (
        (item.title or "").strip()
        or around.title
        or (told if status is not AlertStatus.FIRING else "")
    )
    if not title:
        raise limits.build_malformed("/title", "title is missing or empty")
    labels = _labels(item.labels or {})
    title, service, ci = limits.cut(title, limits.TITLE), item.service or "", item.ci or ""
    when = limits.parse_event_time(
        around.occurred_at if item.occurred_at is None else item.occurred_at,
        around.received_at,
        "/occurred_at",
    )
    return Alert(
        namespace=around.namespace,
        dedup_key=told or derive_key(title, service, ci, labels),
        status=status,
        title=title,
        description=limits.cut(item.description or item.message or "", limits.DESCRIPTION),
        severity=limits.cut(_text(item.severity, "/severity"), limits.KEY),
        service=limits.cut(service, limits.KEY),
        ci=limits.cut(ci, limits.KEY),
        labels=labels,
        links=limits.links(_addresses(item.links or [])),
        event_time=when,
    )


def derive_key(title: str, service: str, ci: str, labels: Mapping[str, str]) -> str:
    """Return the key of an alert whose sender gave none."""
    return (
        "auto:"
        + sha256(msgspec.json.encode([title, service, ci, sorted(labels.items())])).hexdigest()[:16]
    )


def derive_request_key(body: bytes, received_at: datetime) -> str:
    """Return the key of an alert without one: new for each request, the same on replay."""
    return sha256(body + received_at.isoformat().encode()).hexdigest()[:32]


def read_item(raw: msgspec.Raw, mapping: Mapping[str, str]) -> GenericAlert:
    """Return an item, with fields at the places that `mapping` gives.

    Raises Malformed with a pointer into the item as sent.
    """
    chosen = {name: pointer for name, pointer in mapping.items() if name in FIELDS}
    if not chosen:
        return limits.decode_item(raw, GenericAlert)
    body = limits.decode_item(raw, dict[str, Any])
    values = {name: resolve_pointer(body, chosen.get(name, f"/{name}")) for name in FIELDS}
    try:
        return msgspec.convert(values, GenericAlert)
    except msgspec.ValidationError as error:
        detail, pointer = limits.locate_error(error)
        raise limits.build_malformed(translate_pointer(pointer, chosen), detail) from error


def translate_pointer(pointer: str, mapping: Mapping[str, str]) -> str:
    """Return the pointer to a generic field in the sender's body, by the mapping."""
    _, name, *rest = pointer.split("/") if pointer else ("", "")
    return "/".join((mapping[name], *rest)) if name in mapping else pointer


def resolve_pointer(value: Any, pointer: str) -> Any:
    """Return the value at an RFC 6901 pointer in a decoded body, None if there is none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif (
            isinstance(value, list)
            and name.isascii()
            and name.isdigit()
            and int(name[:9]) < len(value)
        ):
            value = value[int(name[:9])]
        else:
            return None
    return value


def _text(value: str | int | None, pointer: str) -> str:
    return (
        value if isinstance(value, str) else "" if value is None else limits.number(value, pointer)
    )


def _labels(values: Mapping[str, str | float | bool | None]) -> dict[str, str]:
    return limits.labels(
        {name: _plain(value, name) for name, value in values.items() if value is not None}
    )


def _plain(value: str | float | bool, name: str) -> str:  # noqa: FBT001
    if isinstance(value, bool):
        return "true" if value else "false"
    return (
        value if isinstance(value, str) else limits.number(value, f"/labels/{limits.escaped(name)}")
    )


def _addresses(links: list[str | LinkObject]) -> Iterator[tuple[str, str]]:
    for link in links:
        yield (link, "") if isinstance(link, str) else (link.href or "", link.text or "")
