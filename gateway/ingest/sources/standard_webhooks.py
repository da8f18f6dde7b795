"""Standard Webhooks, from whoever signs by them: https://www.standardwebhooks.com (spec/standard-webhooks.md, version 1.0.0)."""

import base64
from collections.abc import Iterator

import msgspec

from gateway.errors import Flaw, Malformed, Unauthenticated
from gateway.incidents.model import Alert
from gateway.ingest import fields, limits, signatures
from gateway.ingest.source import Delivery, Parsed, Source, delivery_id
from gateway.settings import Intake

PREFIX = "whsec_"


class Event(msgspec.Struct):
    """The body as the specification recommends it; senders may leave out any of it."""

    type: str | None = None
    timestamp: str | int | float | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


def verify(delivery: Delivery, intake: Intake) -> None:
    """HMAC-SHA256 over id, time and body with dots between, in one of the signatures of version 1."""
    if not intake.secrets:
        return
    named, sent = delivery.headers.get("webhook-id", ""), delivery.headers.get("webhook-timestamp", "")
    given = list(_signatures(delivery.headers.get("webhook-signature", "")))
    if not named or not given:
        raise Unauthenticated("the request is not signed: webhook-id, webhook-timestamp and webhook-signature (v1) are needed")
    secrets = [base64.b64decode(secret.removeprefix(PREFIX)) for secret in intake.secrets]
    signatures.check(secrets, f"{named}.{sent}.".encode("utf-8", "replace") + delivery.body, given)
    signatures.fresh(signatures.seconds(sent), delivery.received_at)


def _signatures(text: str) -> Iterator[bytes]:
    for word in text.split():
        version, _, mark = word.partition(",")
        if version == "v1":
            yield signatures.from_base64(mark)


def parse(delivery: Delivery, intake: Intake) -> Parsed:
    """One event; its `data` has the generic fields, or the whole body where a mapping is set or `data` is no object."""
    body = limits.envelope(delivery.body, msgspec.Raw)
    event = limits.item(body, Event)
    within = bytes(event.data).lstrip()[:1] == b"{" and not set(fields.FIELDS) & intake.mapping.keys()
    try:
        alert = _alert(event, fields.read(event.data if within else body, intake.mapping), delivery)
    except Malformed as error:
        root = "/data" if within else ""
        flaws = (Flaw(root + fields.foreign(flaw.pointer, intake.mapping), flaw.detail) for flaw in error.flaws)
        raise Malformed(error.detail, flaws=tuple(flaws)) from error
    return Parsed(((0, alert),), delivery_id=delivery_id(delivery.headers))


def _alert(event: Event, item: fields.Item, delivery: Delivery) -> Alert:
    """The last word of the type is the status where it is one and the event says nothing else: disk.full.resolved."""
    subject, _, word = (event.type or "").rpartition(".")
    if word.casefold() not in fields.STATUS or not subject:
        subject = event.type or ""
    elif item.status is None:
        item.status = word
    when = event.timestamp if isinstance(event.timestamp, str) else _seconds(event.timestamp)
    return fields.alert(item, fields.Envelope("standard_webhooks", delivery.received_at, subject, occurred_at=when))


def _seconds(told: float | None) -> str:
    return "" if told is None else limits.number(told, "/timestamp").partition(".")[0]


SOURCE = Source("standard_webhooks", "Standard Webhooks", parse, verify=verify)
