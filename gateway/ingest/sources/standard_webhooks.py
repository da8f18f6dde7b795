"""Standard Webhooks, from any sender that signs by the specification.

https://www.standardwebhooks.com (spec/standard-webhooks.md, version 1.0.0)
"""

import base64
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from itertools import product

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.errors import Flaw, Malformed, Unauthenticated
from gateway.incidents.alert import Alert
from gateway.ingest.reading import fields, limits, signatures
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings

SHARED, PUBLIC = "whsec_", "whpk_"
"""The prefixes of the two kinds of keys."""


class Event(msgspec.Struct):
    """The body as the specification recommends it; senders may omit any field."""

    type: str | None = None
    timestamp: str | int | float | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


def verify(delivery: WebhookDelivery, intake: SourceSettings) -> None:
    """Verify the signature over id, time and body joined by dots; raises Unauthenticated.

    It is HMAC-SHA256 (v1) by a secret, or Ed25519 (v1a) by the sender's public key. Without
    secrets every request passes.
    """
    if not intake.secrets:
        return
    named, sent = (
        delivery.headers.get("webhook-id", ""),
        delivery.headers.get("webhook-timestamp", ""),
    )
    content = f"{named}.{sent}.".encode("utf-8", "replace") + delivery.body
    words = [word.partition(",") for word in delivery.headers.get("webhook-signature", "").split()]
    given = {
        version: [signatures.from_base64(mark) for one, _, mark in words if one == version]
        for version in ("v1", "v1a")
    }
    shared, public = _keys(intake.secrets, SHARED), _keys(intake.secrets, PUBLIC)
    if not named or not (
        signatures.matches_any(shared, content, given["v1"])
        or _signed(public, content, given["v1a"])
    ):
        raise Unauthenticated(signatures.WRONG_SIGNATURE)
    signatures.require_fresh(signatures.parse_seconds(sent), delivery.received_at)


def _keys(secrets: Iterable[str], prefix: str) -> list[bytes]:
    return [
        base64.b64decode(secret.removeprefix(prefix))
        for secret in secrets
        if secret.startswith(prefix)
    ]


def _signed(keys: list[bytes], content: bytes, given: list[bytes]) -> bool:
    for key, mark in product(keys, given):
        with suppress(InvalidSignature):  # made with another of the keys, or forged
            Ed25519PublicKey.from_public_bytes(key).verify(mark, content)
            return True
    return False


def parse(delivery: WebhookDelivery, intake: SourceSettings) -> ParsedDelivery:
    """Return the alert of one event; raises Malformed.

    The generic fields are those of `data`, or of the whole body if a mapping is set or `data` is
    no object.
    """
    body = limits.decode_envelope(delivery.body, msgspec.Raw)
    event = limits.decode_item(body, Event)
    when = limits.parse_time(event.timestamp, "/timestamp")
    within = (
        bytes(event.data).lstrip()[:1] == b"{" and not set(fields.FIELDS) & intake.mapping.keys()
    )
    try:
        alert = _alert(
            event, fields.read_item(event.data if within else body, intake.mapping), delivery, when
        )
    except Malformed as error:
        root = "/data" if within else ""
        flaws = (
            Flaw(root + fields.translate_pointer(flaw.pointer, intake.mapping), flaw.detail)
            for flaw in error.flaws
        )
        raise Malformed(error.detail, flaws=tuple(flaws)) from error
    return ParsedDelivery(((0, alert),), delivery_id=delivery_id(delivery.headers))


def _alert(
    event: Event, item: fields.GenericAlert, delivery: WebhookDelivery, when: datetime | None
) -> Alert:
    """Return the alert of an event.

    The last word of the type, as in disk.full.resolved, is the status if it is a known one and
    the event has no other.
    """
    subject, _, word = (event.type or "").rpartition(".")
    if word.casefold() not in fields.STATUS or not subject:
        subject = event.type or ""
    elif item.status is None:
        item.status = word
    occurred_at = "" if when is None else when.isoformat()
    return fields.build_alert(
        item,
        fields.ItemDefaults(
            "standard_webhooks", delivery.received_at, subject, occurred_at=occurred_at
        ),
    )


SOURCE = Source(
    "standard_webhooks",
    "Standard Webhooks",
    parse,
    {"": Event, "/data": fields.GenericAlert},
    verify=verify,
    identity_pointers=("/type", "/title", "/dedup_key", "/data/title", "/data/dedup_key"),
)
