"""A request of a telephone system, and functions that its adapters share. Pure."""

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
from gateway.ingest.reading.conform import decode_repaired
from gateway.settings import PhoneProvider

SPOKEN = frozenset({"voice", "answer", "alarm"})
"""Events whose response a caller hears."""

MESSAGE = "message"
"""The event of a text message."""

SOURCE = "phone"
"""The source of what telephone systems tell."""

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
class PhoneRequest:
    """One request; `address` is its public URL, with the query as it was sent."""

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
        """True if the body is JSON."""
        return self.kind.partition(";")[0].strip().lower().endswith("json")

    @property
    def asked(self) -> str:
        """The query as one text."""
        return urlencode(self.query)

    @property
    def content(self) -> bytes:
        """The part of a request that is stored: its body, or its query if it has none."""
        return self.body or self.asked.encode()

    def form(self) -> Pairs:
        """Return the fields of a form in the body; raises Malformed."""
        return form(self.body) if self.body and not self.is_json else ()

    def fields(self) -> dict[str, str]:
        """Return query and form together by name, without NUL; raises Malformed."""
        return {name: value.replace("\0", "") for name, value in (*self.query, *self.form())}


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text message: `sender` is a telephone number, `attached` are addresses of attachments."""

    provider: str
    message_id: str
    sender: str
    receiver: str
    text: str
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IgnoredPhoneEvent:
    """A request that needs no action."""

    reason: str


PhoneEvent = CallEvent | TextMessage | IgnoredPhoneEvent


@dataclass(frozen=True, slots=True)
class PhoneAdapter:
    """The adapter of one telephone system.

    `verify` raises Unauthenticated and Forbidden, `read` Malformed; the region is that of
    numbers without a country code. If it `speaks`, its caller hears the response, so a script is
    returned whatever happens; `key` returns the key that the caller pressed. If it `writes`, the
    sender of a text message reads the response.
    """

    slug: str
    events: frozenset[str]
    verify: Callable[[PhoneRequest, PhoneProvider], None]
    read: Callable[[PhoneRequest, str], PhoneEvent]
    speaks: bool = False
    key: Callable[[PhoneRequest], str] = lambda _: ""
    writes: bool = False

    def is_heard(self, event: str) -> bool:
        """Return whether somebody hears or reads the response to such an event."""
        return self.speaks and (event in SPOKEN or (self.writes and event == MESSAGE))


def form(body: bytes) -> Pairs:
    """Return the fields of a form, those without a value too; raises Malformed."""
    try:
        text = body.decode("utf-8", "replace")
        return tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise limits.build_malformed("", f"the form cannot be read: {error}") from error


def parse_call_id(text: str, pointer: str) -> str:
    """Return the id of a call; raises Malformed if the text cannot be one."""
    if not ID.fullmatch(text):
        raise limits.build_malformed(
            pointer, "this names no call: letters, digits and ._:@- up to 128"
        )
    return text


def recording(address: str) -> tuple[str, ...]:
    """Return the address of a recording for people to open, none if it is no address or file.

    The gateway never fetches it.
    """
    text = address.replace("\0", "").strip()
    scheme = SCHEME.match(text)
    usable = (
        text
        and len(text) <= ADDRESS
        and text.isprintable()
        and (scheme is None or scheme[1].lower() in FETCHED_BY)
    )
    return (text,) if usable else ()


def transcript(text: str) -> tuple[str, ...]:
    """Return a transcript, none if nothing was said."""
    clean = " ".join(text.replace("\0", " ").split())
    return (limits.cut(clean, TRANSCRIPT),) if clean else ()


def person(text: str) -> str:
    """Return a caller's name as the telephone system has it."""
    return limits.cut(" ".join(text.replace("\0", " ").split()), NAME)


def seconds(text: str | float | None) -> int:
    """Return a duration in seconds from seconds or h:mm:ss; 0 for other texts."""
    parts = str(text if text is not None else "").strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(
        re.fullmatch(r"[0-9]{1,9}", part, re.ASCII) for part in parts
    ):
        return 0
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return min(total, 7 * 86_400)


def parse_time(text: str, pointer: str) -> datetime | None:
    """Return a time from RFC 2822, RFC 3339 or seconds since 1970; raises Malformed.

    It is None for an empty text.
    """
    if "," not in text:
        return limits.parse_time(text.strip(), pointer)
    try:
        told = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError) as error:
        raise limits.build_malformed(pointer, f"not a time: {text[:40]!r}") from error
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def parse_timestamp(text: str, received_at: datetime, pointer: str) -> datetime | None:
    """Return a time like `parse_time`, within the tolerance for senders' clocks.

    None if it is no time, since a call is valid without one.
    """
    try:
        return limits.clamp_time(parse_time(text, pointer), received_at)
    except Malformed:
        return None


def raw_json(body: bytes) -> Mapping[str, Any]:
    """Return a JSON object; raises Malformed."""
    found = decode_repaired(body, Any, retyped=False)
    if not isinstance(found, dict):
        raise limits.build_malformed("", "the body is no JSON object")
    return found


def encode_as_javascript(pairs: Pairs) -> bytes:
    """Return the pairs as a JSON object in the form that JavaScript writes."""
    return msgspec.json.encode(dict(pairs))
