"""CloudEvents 1.0 over HTTP: structured, batched or binary.

https://github.com/cloudevents/spec (http-protocol-binding)
"""

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import msgspec

from gateway.errors import Flaw, Malformed
from gateway.incidents.alert import Alert
from gateway.ingest.reading import fields, limits
from gateway.ingest.reading.encodings import decode_body
from gateway.ingest.reading.source import (
    ParsedDelivery,
    Source,
    StructuredEvent,
    WebhookDelivery,
    parse_each,
)
from gateway.quarantine.pointers import ABSENT
from gateway.settings import SourceSettings

ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time")


class Event(msgspec.Struct):
    """The attributes that are used here, and the data as it was sent."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    data_base64: str | None = None


def parse(delivery: WebhookDelivery, intake: SourceSettings) -> ParsedDelivery:
    """Return the alerts of a request.

    The mode is recognised by ce- headers, or else by the shape of the body, since many senders
    leave the media type unchanged.
    """
    if "ce-specversion" in delivery.headers:
        raws, root = [_bound(delivery)], None
    else:
        body = limits.decode_envelope(delivery.body, msgspec.Raw)
        many = bytes(body).lstrip()[:1] == b"["
        raws, root = (
            (msgspec.json.decode(body, type=list[msgspec.Raw]), "") if many else ([body], None)
        )
    alerts, refused = parse_each(
        delivery, raws, root, partial(_alert, delivery=delivery, intake=intake)
    )
    return ParsedDelivery(
        alerts, refused, delivery_id=_delivery_id(raws, {item.item for item in refused})
    )


def _bound(delivery: WebhookDelivery) -> msgspec.Raw:
    """Return a binary event in structured form: headers are attributes, the body is the data."""
    data: Mapping[str, object] = {}
    if delivery.body and _is_json(delivery):
        data = {"data": limits.decode_envelope(delivery.body, msgspec.Raw)}
    elif delivery.body:
        if decode_body(delivery.body)[1] or b"\0" in delivery.body:
            raise limits.build_malformed("", "the data is no text in UTF-8")
        data = {"data_base64": base64.b64encode(delivery.body).decode()}
    return msgspec.Raw(msgspec.json.encode({**_attributes(delivery), **data}))


def whole(delivery: WebhookDelivery, data: Any) -> StructuredEvent | None:
    """Return a binary event in structured form; data that is no JSON becomes a text."""
    if "ce-specversion" not in delivery.headers:
        return None
    headers = {
        name: value
        for name, value in delivery.headers.items()
        if not name.lower().startswith("ce-")
    }
    if data is not ABSENT and _is_json(delivery):
        return StructuredEvent(headers, {**_attributes(delivery), "data": data}, ("data",))
    text, what = decode_body(delivery.body)
    clean = text.replace("\0", "\ufffd").encode("utf-8", "replace")
    done = {
        "it is no JSON: read as a text": bool(text) and data is ABSENT and _is_json(delivery),
        what: bool(what),
        "NUL characters were replaced by U+FFFD": "\0" in text,
    }
    told = {"data_base64": base64.b64encode(clean).decode()} if clean else {}
    marks = {"/data_base64": "; ".join(one for one, happened in done.items() if happened)}
    return StructuredEvent(
        headers,
        {**_attributes(delivery), **told},
        ("data_base64",),
        marks if any(done.values()) else {},
    )


def _attributes(delivery: WebhookDelivery) -> dict[str, str]:
    told = {
        name: unquote(value)
        for name in ATTRIBUTES
        if (value := delivery.headers.get(f"ce-{name}")) is not None
    }
    return {name: value.encode("utf-8", "replace").decode() for name, value in told.items()}


def _is_json(delivery: WebhookDelivery) -> bool:
    media = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media in {"", "application/json", "text/json"} or media.endswith("+json")


def _alert(raw: msgspec.Raw, delivery: WebhookDelivery, intake: SourceSettings) -> Alert:
    event = limits.decode_item(raw, Event)
    if event.specversion != "1.0":
        raise limits.build_malformed(
            "/specversion", f"CloudEvents 1.0 is read here, not {event.specversion[:20]!r}"
        )
    for name in ("id", "source", "type"):
        if not getattr(event, name):
            raise limits.build_malformed(f"/{name}", f"{name} is empty")
    limits.parse_time(event.time, "/time")
    key = limits.key(
        event.subject or f"{event.type} {event.source}", "/subject" if event.subject else "/type"
    )
    around = fields.ItemDefaults(
        "cloudevents", delivery.received_at, event.subject or event.type, key, event.time or ""
    )
    try:
        item = _data(event, intake.mapping)
        item.dedup_key = item.dedup_key or None
        return fields.build_alert(item, around)
    except Malformed as error:
        root = "/data" if event.data_base64 is None else "/data_base64"
        flaws = (
            Flaw(root + fields.translate_pointer(flaw.pointer, intake.mapping), flaw.detail)
            for flaw in error.flaws
        )
        raise Malformed(error.detail, flaws=tuple(flaws)) from error


def _data(event: Event, mapping: Mapping[str, str]) -> fields.GenericAlert:
    """Return the fields of the data; a text or anything else but an object is a description."""
    data = bytes(event.data).strip()
    if event.data_base64 is not None:
        return _decoded(event.data_base64, mapping)
    if data == b"null":
        return fields.GenericAlert()
    if data[:1] == b'"':
        return fields.GenericAlert(description=limits.decode_item(event.data, str))
    if data[:1] != b"{":
        limits.decode_item(event.data, object)
        return fields.GenericAlert(description=data.decode())
    return fields.read_item(event.data, mapping)


def _decoded(text: str, mapping: Mapping[str, str]) -> fields.GenericAlert:
    """Return the fields of base64 data: a JSON object is read, any other text is a description."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise limits.build_malformed("", "data_base64 is not base64") from error
    text, _ = decode_body(data)
    if text.lstrip("\0 \t\r\n")[:1] == "{":
        return fields.read_item(limits.decode_envelope(data, msgspec.Raw), mapping)
    return fields.GenericAlert(description=text.replace("\0", "�"))


def _delivery_id(raws: list[msgspec.Raw], refused: set[int]) -> str | None:
    """Return an id of the request, made of the id and source of every event in it.

    A refused event counts by its content, so that a repaired one is not taken for a repeat.
    """
    if not raws:
        return None
    named = [
        ["", bytes(raw).hex()] if index in refused else _name(raw) for index, raw in enumerate(raws)
    ]
    return "ce:" + sha256(msgspec.json.encode(named)).hexdigest()[:32]


def _name(raw: msgspec.Raw) -> list[str]:
    event = msgspec.json.decode(raw, type=Event)
    return [event.source, event.id]


SOURCE = Source(
    "cloudevents",
    "CloudEvents 1.0",
    parse,
    {"": Event, "/data": fields.GenericAlert, "/data_base64": fields.GenericAlert},
    identity_pointers=("/specversion", "/id", "/source", "/type", "/subject", "/data/dedup_key"),
    whole=whole,
)
