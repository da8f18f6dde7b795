"""Bounds on what senders may send, so that it breaks neither parsing nor PostgreSQL. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec

from gateway.errors import Flaw, Malformed
from gateway.incidents.alert import NEWEST, Link
from gateway.ingest.reading import times
from gateway.untrusted.json_limits import MAX_DEPTH, decoder, holds_nul, is_deeper

T = TypeVar("T")

MAX_LABELS, MAX_LINKS = 1_000, 50
TITLE, DESCRIPTION, LABEL, KEY = 1_024, 32_768, 4_096, 512
HUGE = 1e30
"""A bound above every number that senders mean."""

GO_ZERO = "0001-01-01"
"""The beginning of Go's zero time, which stands for a time that was never set."""

_ORDINAL = re.compile(r"\[(\d+)\]")


MOST = 2**31 - 1
"""The largest count that is stored."""


def count(told: int | None) -> int:
    """Return a count in bounds: 0 for a negative or missing number, MOST for a larger one."""
    return min(max(told or 0, 0), MOST)


def build_malformed(pointer: str, detail: str) -> Malformed:
    """Return Malformed with one flaw."""
    return Malformed(detail, flaws=(Flaw(pointer, detail),))


def decode_envelope(body: bytes, kind: type[T]) -> T:
    """Return the body as `kind`; parts of type `msgspec.Raw` are read later. Raises Malformed."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise build_malformed("", "the body is not UTF-8: send JSON as UTF-8") from error
    if b"\0" in body:
        raise build_malformed("", "the body holds NUL bytes: send JSON as UTF-8, not UTF-16")
    if is_deeper(body, MAX_DEPTH):
        raise build_malformed("", f"the body is nested deeper than {MAX_DEPTH} levels")
    return _read(body, kind)


def decode(body: bytes, kind: type[T]) -> T:
    """Return the whole body as `kind`, its texts and numbers checked; raises Malformed."""
    decode_envelope(body, msgspec.Raw)
    return decode_item(msgspec.Raw(body), kind)


def decode_item(raw: msgspec.Raw, kind: type[T]) -> T:
    """Return one item of an envelope as `kind`; raises Malformed with a pointer inside the item."""
    data = bytes(raw)
    if holds_nul(data):
        raise build_malformed("", "a text holds a NUL character")
    found = _read(data, kind)
    if kind is Any or kind is object:
        check_numbers(found)
    return found


def check_numbers(value: object) -> None:
    """Raise Malformed when a number anywhere in a decoded value is out of bounds."""
    pending: list[tuple[str, object]] = [("", value)]
    while pending:
        where, node = pending.pop()
        if isinstance(node, int | float) and not abs(node) <= HUGE:
            raise build_malformed(where, "a number is too large")
        if isinstance(node, dict):
            pending += [(f"{where}/{escaped(name)}", inner) for name, inner in node.items()]
        elif isinstance(node, list):
            pending += [(f"{where}/{index}", inner) for index, inner in enumerate(node)]


def escaped(name: str) -> str:
    """Return a name as one step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def locate_error(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the message of a msgspec error, and its path as a JSON pointer.

    The path lacks the names within a mapping.
    """
    detail, _, where = str(error).partition(" - at `")
    path = _ORDINAL.sub(r"/\1", where.rstrip("`").removeprefix("key` in `").removeprefix("$"))
    return detail, path.replace("[...]", "").replace(".", "/")


def cut(text: str, limit: int) -> str:
    """Return the text, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def labels(values: dict[str, str]) -> dict[str, str]:
    """Return labels with names and values cut to their limit, and only the first of too many."""
    if len(values) > MAX_LABELS:
        values = dict(islice(values.items(), MAX_LABELS))
    if (
        max(map(len, values), default=0) <= KEY
        and max(map(len, values.values()), default=0) <= LABEL
    ):
        return values
    return {cut(name, KEY): cut(value, LABEL) for name, value in values.items()}


def key(text: str, pointer: str) -> str:
    """Return a dedup key unchanged, as a cut key would be another alert's.

    Raises Malformed when it is too long.
    """
    if len(text) > KEY:
        raise build_malformed(pointer, f"a key of {len(text)} characters: at most {KEY}")
    return text


def number(value: float, pointer: str) -> str:
    """Return a number as text; raises Malformed when it is too large."""
    if not abs(value) <= HUGE:
        raise build_malformed(pointer, "a number is too large")
    return str(value)


def parse_time(value: str | float | None, pointer: str = "") -> datetime | None:
    """Return a time in any format of `times`, in UTC; None for Go's zero time and for nothing.

    Raises Malformed for anything else, including years beyond 9999. A text without a zone is
    UTC.
    """
    if value is None or value == "" or (isinstance(value, str) and value.startswith(GO_ZERO)):
        return None
    try:
        return times.parse_time(value)
    except ValueError as error:
        raise build_malformed(
            pointer, f"not a time: {str(value)[:40]!r} (write RFC 3339)"
        ) from error


def clamp_time(when: datetime | None, received_at: datetime) -> datetime | None:
    """Return a sender's time, at most 5 minutes after arrival.

    A time further ahead comes from a wrong clock; the past is not limited.
    """
    return None if when is None else min(when, received_at + NEWEST)


def parse_event_time(
    value: str | float | None, received_at: datetime, pointer: str = ""
) -> datetime | None:
    """Return an event's time, not later than allowed; raises Malformed when it is no time."""
    return clamp_time(parse_time(value, pointer), received_at)


def parse_event_time_if_any(value: str | float | None, received_at: datetime) -> datetime | None:
    """Return the same as `moment`, but None where it is no time."""
    try:
        return parse_event_time(value, received_at)
    except Malformed:
        return None


def text_of(details: object, name: str) -> str:
    """Return the detail of that name if it is text, else ""."""
    found = details.get(name) if isinstance(details, dict) else None
    return found.strip() if isinstance(found, str) else ""


def json_text(value: object) -> str:
    """Return a text as it is, and any other value as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def texts_by_name(details: object) -> dict[str, str]:
    """Return details as texts by name, within the limits of labels; `details` names a lone one."""
    if details is None:
        return {}
    pairs = details if isinstance(details, dict) else {"details": details}
    return labels({name: json_text(value) for name, value in pairs.items()})


def links(pairs: Iterable[tuple[str, str]]) -> tuple[Link, ...]:
    """Return the (address, text) pairs whose address is http or https and complete.

    An address cut short would lead elsewhere.
    """
    web = [
        (href, text)
        for href, text in pairs
        if href[:8].lower().startswith(("http://", "https://")) and len(href) <= LABEL
    ]
    return tuple(Link(href=href, text=cut(text, KEY)) for href, text in web[:MAX_LINKS])


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return decoder(kind).decode(data)
    except msgspec.ValidationError as error:
        detail, pointer = locate_error(error)
        raise build_malformed(pointer, detail) from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise build_malformed("", f"the body is not JSON: {error}") from error
