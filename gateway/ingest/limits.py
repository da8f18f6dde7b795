"""Bounds on what senders may say, so that nothing they send breaks parsing or is refused by PostgreSQL later."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from gateway.errors import Flaw, Malformed, TooLarge
from gateway.incidents.model import Link

T = TypeVar("T")

MAX_DEPTH, MAX_KEYS, MAX_ITEMS = 32, 1_000, 1_000
TITLE, DESCRIPTION, LABEL, KEY = 1_000, 32_768, 4_096, 512
OLDEST, NEWEST = timedelta(days=7), timedelta(minutes=5)


def decode(body: bytes, kind: type[T]) -> T:
    """The whole body as `kind`; raises Malformed when it is not UTF-8 JSON of that shape, TooLarge when too deep."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("the body is not UTF-8: send JSON as UTF-8") from error
    if b"\0" in body:
        raise _malformed("the body holds NUL bytes: send JSON as UTF-8, not UTF-16")
    try:
        return msgspec.json.decode(body, type=kind)
    except RecursionError as error:
        raise TooLarge(f"the body is nested deeper than {MAX_DEPTH} levels", flaws=(Flaw("", "too deep"),)) from error
    except msgspec.ValidationError as error:
        detail, pointer = place(error)
        raise Malformed(detail, flaws=(Flaw(pointer, detail),)) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise _malformed(f"the body is not JSON: {error}") from error


def counted(items: list[Any]) -> None:
    """Raises TooLarge when a request holds more items than are taken at once."""
    if len(items) > MAX_ITEMS:
        raise TooLarge(f"{len(items)} items in one request: send at most {MAX_ITEMS}", flaws=(Flaw("", "too many"),))


def place(error: msgspec.ValidationError) -> tuple[str, str]:
    """What is wrong, and the JSON pointer msgspec's own path amounts to."""
    detail, _, where = str(error).partition(" - at `$")
    return detail, where.rstrip("`").replace("[...]", "").replace("[", ".").replace("]", "").replace(".", "/")


def bounded(value: object) -> None:
    """Raises ValueError when a decoded item is too deep or has too many keys; never recurses."""
    keys, pending = 0, [(value, 1)]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, dict):
            keys += len(node)
            inner: list[Any] = list(node.values())
        elif isinstance(node, list):
            inner = node
        else:
            continue
        if depth > MAX_DEPTH or keys > MAX_KEYS:
            raise ValueError(f"more than {MAX_DEPTH} levels or {MAX_KEYS} keys")
        pending += [(child, depth + 1) for child in inner]


def text(value: str, cap: int) -> str:
    """The string without what PostgreSQL refuses, cut to `cap` characters with an ellipsis."""
    if "\0" in value:
        value = value.replace("\0", "�")
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()
    return value if len(value) <= cap else value[: cap - 1] + "…"


def labels(values: Mapping[str, str]) -> dict[str, str]:
    """Names and values each cut to size; raises ValueError when there are too many."""
    if len(values) > MAX_KEYS:
        raise ValueError(f"more than {MAX_KEYS} labels")
    return {text(name, KEY): text(value, LABEL) for name, value in values.items()}


def instant(value: str | float | None) -> datetime | None:
    """RFC 3339 text, or seconds or milliseconds since 1970, in UTC; Go's zero time and nothing are None.

    Raises ValueError for anything else, years beyond 9999 included.
    """
    if value is None or value == "" or (isinstance(value, str) and value.startswith("0001-01-01")):
        return None
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        return datetime.fromtimestamp(value / 1000 if abs(value) >= 1e11 else value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"not a time: {str(value)[:40]}") from error


def clamped(when: datetime | None, received: datetime) -> datetime | None:
    """A sender's clock is believed from 7 days ago to 5 minutes ahead."""
    return None if when is None else min(max(when, received - OLDEST), received + NEWEST)


def links(*pairs: tuple[str, str]) -> tuple[Link, ...]:
    """Those (address, text) pairs that are http or https."""
    return tuple(
        Link(href=text(href, LABEL), text=text(name, KEY))
        for href, name in pairs
        if href.lower().startswith(("http://", "https://"))
    )


def _malformed(detail: str) -> Malformed:
    return Malformed(detail, flaws=(Flaw("", detail),))
