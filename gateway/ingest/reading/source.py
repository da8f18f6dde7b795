"""What a source is: a name, a pure proof of who signed a request, and a pure reading of it into alerts. Nothing here listens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from gateway.errors import Flaw, Forbidden, Malformed, TooLarge
from gateway.incidents.alert import Alert
from gateway.key_texts import body_without_keys, pairs_without_keys
from gateway.quarantine.difference import Expected
from gateway.quarantine.pointers import Steps
from gateway.receipts.mended import Mended
from gateway.receipts.refused import Refused
from gateway.settings import MOST_ITEMS, Intake

ID_HEADERS = ("webhook-id", "idempotency-key", "x-delivery-id", "x-github-delivery", "x-amz-sns-message-id")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it arrived; header names are looked up in lower case.

    `certificate` is what was found at the address that the source's `certificate_at` named; `most_items` is how many items of
    it are looked at.
    """

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    certificate: bytes = b""
    most_items: int = MOST_ITEMS


def without_keys(delivery: Delivery) -> Delivery:
    """Return a delivery with the gateway's keys in body and query blotted out: itself where there are none."""
    body = body_without_keys(delivery.body)
    if body is delivery.body and not delivery.query:
        return delivery
    return replace(delivery, body=body, query=pairs_without_keys(delivery.query))


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a request says: alerts by their index in it, what was refused or needs nothing done, what was left out.

    `lost` counts alerts the sender says it dropped; `ignored` pairs an index with the reason. `accounts` are the names by
    which the sending account goes; `confirm` is an address to be called before the sender is answered.
    """

    alerts: tuple[tuple[int, Alert], ...]
    refused: tuple[Refused, ...] = ()
    ignored: tuple[tuple[int, str], ...] = ()
    lost: int = 0
    delivery_id: str | None = None
    accounts: tuple[str, ...] = ()
    confirm: str | None = None
    mended: tuple[Mended, ...] = ()

    @property
    def is_a_test(self) -> bool:
        """Whether somebody pressed the sender's test button, and nothing else."""
        return bool(self.alerts) and not self.refused and all(alert.test for _, alert in self.alerts)


@dataclass(frozen=True, slots=True)
class Whole:
    """An event with nothing of it left in headers: the other headers, and where in it the body stands.

    `done` is what was done to the body, by the pointer of its place, where that is no JSON.
    """

    headers: Mapping[str, str]
    event: Mapping[str, Any]
    body_at: Steps
    done: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of sender. `parse` raises Malformed, with flaws, when the body as a whole cannot be understood.

    `wrap` makes one refused item a body again, for replay. A sender that never `tells_the_end` of an alert leaves that to people.
    `verify` runs before `parse` and raises Unauthenticated for a request that its sender did not sign; without secrets in the
    settings, a source that shares one with its sender lets everything pass. `expects` names the types a body is read into, to
    show where one differs. `certificate_at` names the address of the
    certificate or of the keys that signed, "" for none; it raises Unauthenticated for one that is not the sender's.

    `named_by` are pointers (`*` for every item) of what names an alert, which alone may refuse it: anything else that cannot be
    read is left out of a body. `doubt` says what stands in for a value that cannot be read or is missing, so that doubt opens a
    record; `fallbacks` which texts beside a value of an item, in this order, stand in for it with their first line.
    `whole` makes one value of an event that is told partly by headers, given its decoded body or ABSENT; None for any other.
    """

    slug: str
    title: str
    parse: Callable[[Delivery, Intake], Parsed]
    expects: Expected = field(default_factory=dict)
    overload_status: int = 503
    wrap: Callable[[bytes], bytes] = bytes
    tells_the_end: bool = True
    verify: Callable[[Delivery, Intake], None] | None = None
    certificate_at: Callable[[Delivery, Intake], str] | None = None
    named_by: tuple[str, ...] = ()
    doubt: Mapping[str, str | int] = field(default_factory=dict)
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: Callable[[Delivery, Any], "Whole | None"] | None = None

    @property
    def shares_a_secret(self) -> bool:
        """Whether `intake.<slug>.secrets` mean something."""
        return self.verify is not None and self.certificate_at is None

    def read(self, delivery: Delivery, intake: Intake) -> Parsed:
        """What the request says; raises Malformed, and Forbidden for an account that is not among those allowed.

        A test may come from anywhere: vendors send theirs for accounts that they made up, and it opens nothing.
        """
        parsed = self.parse(delivery, intake)
        if intake.accounts and not set(intake.accounts) & set(parsed.accounts) and not parsed.is_a_test:
            raise Forbidden(f"the sending account is not among intake.{self.slug}.accounts")
        return parsed


def unused_secrets(sources: Mapping[str, Source], intake: Mapping[str, Intake]) -> tuple[Flaw, ...]:
    """Secrets of sources that have none, or that there are not: whoever set them believes a door locked that is open."""
    return tuple(
        Flaw(f"/intake/{name}/secrets", "there is no source of this name whose requests are signed with a shared secret")
        for name, settings in intake.items()
        if settings.secrets and not (name in sources and sources[name].shares_a_secret)
    )


def delivery_id(headers: Mapping[str, str]) -> str | None:
    """The sender's name for this delivery, the same when it is sent again; None when it gave none."""
    found = next((headers[name] for name in ID_HEADERS if headers.get(name)), None)
    if found is None:
        return None
    clean = found.encode("utf-8", "replace").decode().replace("\0", "")
    return clean if len(clean) <= 512 else "sha256:" + sha256(clean.encode()).hexdigest()


Items = tuple[tuple[tuple[int, Alert], ...], tuple[Refused, ...]]


def each(delivery: Delivery, raws: Sequence[msgspec.Raw], root: str | None, read: Callable[[msgspec.Raw], Alert]) -> Items:
    """Every item read by itself, so that a bad one is refused without its neighbours.

    `root` is the pointer of the list they stand in; None when the one item is the body. Raises
    TooLarge for more items than the delivery may have, before one of them is looked at.
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
            refused.append(Refused(index, flaw.detail, place, bytes(raw)))
    return tuple(alerts), tuple(refused)
