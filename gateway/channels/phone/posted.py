"""What a telephone system sent, before anybody read it, and what its readers have in common. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from gateway.channels.phone.call import CallEvent
from gateway.errors import Malformed
from gateway.ingest.reading import limits
from gateway.ingest.reading.conform import decoded
from gateway.settings import PhoneProvider

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MAX_FIELDS = 500
NAME = 200
TRANSCRIPT = 16_384
ADDRESS = 2_048
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}", re.ASCII)
SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
FETCHED_BY = frozenset({"http", "https", "s3"})

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Posted:
    """One request. `address` is where it was sent as the world sees it, with the query as it was written."""

    event: str
    kind: str
    body: bytes
    query: Pairs
    received_at: datetime
    method: str = "POST"
    address: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        return self.kind.partition(";")[0].strip().lower().endswith("json")

    @property
    def asked(self) -> str:
        """The query as one text."""
        return urlencode(self.query)

    @property
    def content(self) -> bytes:
        """What is kept of a request: its body, or its query where it has none."""
        return self.body or self.asked.encode()

    def form(self) -> Pairs:
        """The fields of a form in the body; raises Malformed."""
        return form(self.body) if self.body and not self.is_json else ()

    def fields(self) -> dict[str, str]:
        """Query and form together by name, without NUL; raises Malformed."""
        return {name: value.replace("\0", "") for name, value in (*self.query, *self.form())}


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A short message: `sender` as a number is written, `attached` are addresses of what came with it."""

    provider: str
    message_id: str
    sender: str
    receiver: str
    text: str
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to do."""

    reason: str


Told = CallEvent | TextMessage | Nothing


@dataclass(frozen=True, slots=True)
class Provider:
    """One telephone system. `verify` raises Unauthenticated and Forbidden, `read` Malformed; the region is of bare numbers.

    One that `speaks` is told what its caller hears, and so is answered whatever happened; `key` is what the caller pressed.
    """

    slug: str
    events: frozenset[str]
    verify: Callable[[Posted, PhoneProvider], None]
    read: Callable[[Posted, str], Told]
    speaks: bool = False
    key: Callable[[Posted], str] = lambda _: ""


def form(body: bytes) -> Pairs:
    """The fields of a form, those without a value too; raises Malformed."""
    try:
        text = body.decode("utf-8", "replace")
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise limits.fault("", f"the form cannot be read: {error}") from error


def name_of(text: str, pointer: str) -> str:
    """The name of a call; raises Malformed for what can be none."""
    if not ID.fullmatch(text):
        raise limits.fault(pointer, "this names no call: letters, digits and ._:@- up to 128")
    return text


def recording(address: str) -> tuple[str, ...]:
    """Where a recording is, as people may follow it; nothing where it is no address or file. Nobody fetches it."""
    text = address.replace("\0", "").strip()
    scheme = SCHEME.match(text)
    usable = text and len(text) <= ADDRESS and text.isprintable() and (scheme is None or scheme[1].lower() in FETCHED_BY)
    return (text,) if usable else ()


def transcript(text: str) -> tuple[str, ...]:
    """What was said, if something was."""
    clean = " ".join(text.replace("\0", " ").split())
    return (limits.cut(clean, TRANSCRIPT),) if clean else ()


def person(text: str) -> str:
    """A caller's name as a telephone system knows it."""
    return limits.cut(" ".join(text.replace("\0", " ").split()), NAME)


def seconds(text: str | float | None) -> int:
    """A length: seconds, or h:mm:ss; 0 for what is neither."""
    parts = str(text if text is not None else "").strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(re.fullmatch(r"[0-9]{1,9}", part, re.ASCII) for part in parts):
        return 0
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return min(total, 7 * 86_400)


def said_at(text: str, pointer: str) -> datetime | None:
    """RFC 2822, RFC 3339 or seconds since 1970; None for nothing. Raises Malformed."""
    if "," not in text:
        return limits.instant(text.strip(), pointer)
    try:
        told = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError) as error:
        raise limits.fault(pointer, f"not a time: {text[:40]!r}") from error
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def stamped(text: str, received_at: datetime, pointer: str) -> datetime | None:
    """As `said_at`, within what is believed of senders' clocks; None where it is no time, since a call is one without it."""
    try:
        return limits.clamped(said_at(text, pointer), received_at)
    except Malformed:
        return None


def raw_json(body: bytes) -> Mapping[str, Any]:
    """A JSON object; raises Malformed."""
    found = decoded(body, Any, retyped=False)
    if not isinstance(found, dict):
        raise limits.fault("", "the body is no JSON object")
    return found


def compact(pairs: Pairs) -> bytes:
    """The pairs as the JSON object that JavaScript makes of them."""
    return msgspec.json.encode(dict(pairs))
