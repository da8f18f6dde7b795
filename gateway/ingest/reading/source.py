"""The definition of a source: its name, a signature check, and a parser into alerts. Pure.

Nothing here listens on the network.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from gateway.errors import Flaw, Forbidden, Malformed, TooLarge
from gateway.incidents.alert import Alert
from gateway.quarantine.difference import Expected
from gateway.quarantine.pointers import Steps
from gateway.receipts.mended import RepairedValue
from gateway.receipts.refused import RefusedItem
from gateway.settings import MOST_ITEMS, SourceSettings
from gateway.tokens.key_texts import redact_body_keys, redact_pair_keys

ID_HEADERS = (
    "webhook-id",
    "idempotency-key",
    "x-delivery-id",
    "x-github-delivery",
    "x-amz-sns-message-id",
)


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """A request as it arrived; header names are looked up in lower case.

    `certificate` is the content of the address that the source's `certificate_at` named;
    `most_items` is the number of items that may be read.
    """

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    certificate: bytes = b""
    most_items: int = MOST_ITEMS


def mask_keys(delivery: WebhookDelivery) -> WebhookDelivery:
    """Return a delivery with the gateway's keys in body and query masked.

    It is the same object if there is nothing to mask.
    """
    body = redact_body_keys(delivery.body)
    if body is delivery.body and not delivery.query:
        return delivery
    return replace(delivery, body=body, query=redact_pair_keys(delivery.query))


@dataclass(frozen=True, slots=True)
class ParsedDelivery:
    """The content of a request: alerts by their index in it, refused and ignored items, repairs.

    `lost` counts alerts the sender says it dropped; `ignored` pairs an index with the reason.
    `accounts` are the names of the sending account; `confirm` is an address to call before the
    sender gets its response.
    """

    alerts: tuple[tuple[int, Alert], ...]
    refused: tuple[RefusedItem, ...] = ()
    ignored: tuple[tuple[int, str], ...] = ()
    lost: int = 0
    delivery_id: str | None = None
    accounts: tuple[str, ...] = ()
    confirm: str | None = None
    mended: tuple[RepairedValue, ...] = ()

    @property
    def is_test(self) -> bool:
        """True if the request comes from the sender's test button and contains nothing else."""
        return (
            bool(self.alerts) and not self.refused and all(alert.test for _, alert in self.alerts)
        )


@dataclass(frozen=True, slots=True)
class StructuredEvent:
    """An event without attributes in headers: the other headers, and the place of the body in it.

    `done` describes the repairs of the body, by the pointer of their place, where that is no
    JSON.
    """

    headers: Mapping[str, str]
    event: Mapping[str, Any]
    body_at: Steps
    done: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of sender. `parse` raises Malformed, with flaws, if the whole body is unintelligible.

    `wrap` makes one refused item a body again, for replay. A sender that never
    `sends_resolution` of an alert leaves its end to people. `verify` runs before
    `parse` and raises Unauthenticated for a request that its sender did not sign; if the sender
    signs with a shared secret and the settings have none, every request passes. `expects` names
    the types that a body is read into, to show where one differs. `certificate_at` returns the
    address of the certificate or of the keys that signed, "" for none; it raises Unauthenticated
    for an address that is not the sender's.

    `identity_pointers` (`*` for every item) lead to the values that name an alert; only these may
    cause its refusal: any other unreadable value is left out. `values_if_unreadable` replace
    values that are unreadable or missing, so that a record is opened in case of doubt;
    `fallbacks` lists the texts of an item, in order, whose first line replaces a value. `whole`
    makes one value of an event whose attributes are in headers, given its decoded body or
    ABSENT, and returns None for any other event.
    """

    slug: str
    title: str
    parse: Callable[[WebhookDelivery, SourceSettings], ParsedDelivery]
    expects: Expected = field(default_factory=dict)
    overload_status: int = 503
    wrap: Callable[[bytes], bytes] = bytes
    sends_resolution: bool = True
    verify: Callable[[WebhookDelivery, SourceSettings], None] | None = None
    certificate_at: Callable[[WebhookDelivery, SourceSettings], str] | None = None
    identity_pointers: tuple[str, ...] = ()
    values_if_unreadable: Mapping[str, str | int] = field(default_factory=dict)
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: Callable[[WebhookDelivery, Any], "StructuredEvent | None"] | None = None

    @property
    def uses_shared_secret(self) -> bool:
        """True if the source uses `intake.<slug>.secrets`."""
        return self.verify is not None and self.certificate_at is None

    def read(self, delivery: WebhookDelivery, intake: SourceSettings) -> ParsedDelivery:
        """Return the content of a request.

        Raises Malformed, and Forbidden for an account that is not allowed. A test may come from
        any account: vendors invent accounts for theirs, and a test opens nothing.
        """
        parsed = self.parse(delivery, intake)
        if (
            intake.accounts
            and not set(intake.accounts) & set(parsed.accounts)
            and not parsed.is_test
        ):
            raise Forbidden(f"the sending account is not among intake.{self.slug}.accounts")
        return parsed


def find_unused_secrets(
    sources: Mapping[str, Source], intake: Mapping[str, SourceSettings]
) -> tuple[Flaw, ...]:
    """Return a flaw for each source in the settings whose secrets would be ignored.

    Whoever set them believes the source protected although it is open.
    """
    return tuple(
        Flaw(
            f"/intake/{name}/secrets",
            "there is no source of this name whose requests are signed with a shared secret",
        )
        for name, settings in intake.items()
        if settings.secrets and not (name in sources and sources[name].uses_shared_secret)
    )


def delivery_id(headers: Mapping[str, str]) -> str | None:
    """Return the sender's id of this delivery, the same when sent again; None when it gave none."""
    found = next((headers[name] for name in ID_HEADERS if headers.get(name)), None)
    if found is None:
        return None
    clean = found.encode("utf-8", "replace").decode().replace("\0", "")
    return clean if len(clean) <= 512 else "sha256:" + sha256(clean.encode()).hexdigest()


Items = tuple[tuple[tuple[int, Alert], ...], tuple[RefusedItem, ...]]


def parse_each(
    delivery: WebhookDelivery,
    raws: Sequence[msgspec.Raw],
    root: str | None,
    read: Callable[[msgspec.Raw], Alert],
) -> Items:
    """Read every item by itself, so that a bad one is refused without the others.

    `root` is the pointer to their list; None when the body is the one item. Raises TooLarge for
    more items than the delivery may have, before any of them is read.
    """
    if len(raws) > delivery.most_items:
        raise TooLarge(f"{len(raws)} items in one request: send at most {delivery.most_items}")
    alerts, refused = [], []
    for index, raw in enumerate(raws):
        try:
            alerts.append((index, read(raw)))
        except Malformed as error:
            flaw = error.flaws[0] if error.flaws else Flaw("", error.detail)
            place = flaw.pointer if root is None else f"{root}/{index}{flaw.pointer}"
            refused.append(RefusedItem(index, flaw.detail, place, bytes(raw)))
    return tuple(alerts), tuple(refused)
