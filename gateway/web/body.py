"""Decoding of request bodies and query strings, with errors that point at the place at fault."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import UNSET

from gateway.errors import Flaw, Malformed, TooLarge, Unprocessable
from gateway.timing.instants import BOUNDS, is_supported
from gateway.tokens.key_texts import redact_body_keys
from gateway.untrusted import request_bodies
from gateway.untrusted.json_limits import MAX_DEPTH, decoder, holds_nul, is_deeper

T = TypeVar("T")

MAX_BYTES = 262_144
MAX_BYTES_WITHOUT_KEY = 65_536
"""The most bytes of a body from a caller without a key: a reporter's note, or a login."""

RFC3339_START = re.compile(r"[0-9]{4}-")
"""The beginning of a time that is not written as a number."""

CHARSETS = frozenset({None, "utf-8", "utf8", "us-ascii"})


async def read(request: web.Request) -> bytes:
    """Return the body with any keys of the gateway in it removed.

    No request of the API needs them there, and people paste them by mistake. Raises Malformed
    for a body that is compressed or in a foreign charset, and TooLarge above MAX_BYTES.
    """
    _check_charset(request)
    return redact_body_keys(await request_bodies.read_body(request, MAX_BYTES))


@asynccontextmanager
async def read_without_key(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body of a caller without a key, at most STRANGERS_BYTES long.

    Raises as `read` does, and Overloaded.
    """
    _check_charset(request)
    async with request_bodies.read_stranger_body(request, MAX_BYTES_WITHOUT_KEY) as body:
        yield body


def _check_charset(request: web.Request) -> None:
    charset = request.content_type and request.charset
    if (charset.lower() if charset else None) not in CHARSETS:
        raise Malformed("send JSON as UTF-8")


def decode(body: bytes, kind: type[T]) -> T:
    """Return the body decoded as `kind`, an empty one as {}; raises Malformed or TooLarge."""
    if is_deeper(body, MAX_DEPTH):
        raise TooLarge(f"JSON here is at most {MAX_DEPTH} levels deep")
    if holds_nul(body):
        raise Malformed("a string holds NUL, which no database keeps")
    try:
        return decoder(kind).decode(body or b"{}")
    except msgspec.ValidationError as error:
        detail, pointer = describe_validation_error(error)
        raise Malformed(detail, flaws=(Flaw(pointer, detail),)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"the body is not JSON: {error}") from error


def check_times(asked: object, pointer: str = "") -> None:
    """Raise Unprocessable for a time in a decoded body that lies outside the supported range."""
    if flaws := tuple(Flaw(where, BOUNDS) for where in _far_times(asked, pointer)):
        raise Unprocessable(BOUNDS, flaws=flaws)


def _far_times(value: object, pointer: str) -> Iterator[str]:
    if isinstance(value, datetime):
        if not is_supported(value if value.tzinfo is not None else value.replace(tzinfo=UTC)):
            yield pointer
    elif isinstance(value, msgspec.Struct):
        for name, renamed in zip(
            value.__struct_fields__, value.__struct_encode_fields__, strict=True
        ):
            yield from _far_times(getattr(value, name), f"{pointer}/{renamed}")
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from _far_times(one, f"{pointer}/{index}")


def describe_validation_error(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return the message of an error and the JSON pointer (RFC 6901) to the field at fault.

    The field may be one that does not exist.
    """
    detail, _, where = str(error).partition(" - at `")
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+|\.\.\.)\]", where.removeprefix("$").rstrip("`"))
    named = [(name or index).replace("...", "*") for name, index in steps] + re.findall(
        r"unknown field `([^`]*)`", detail
    )
    return detail, "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in named)


def decode_query(request: web.Request, kind: type[T]) -> T:
    """Return the query string decoded as `kind`.

    Raises Malformed, and Unprocessable for a time outside the supported range.
    """
    try:
        asked = msgspec.convert(dict(request.query), kind, strict=False)
    except msgspec.ValidationError as error:
        detail, pointer = describe_validation_error(error)
        raise Malformed(f"the query: {detail}", flaws=(Flaw(pointer, detail),)) from error
    reject_numeric_times(asked, request.query)
    check_times(asked)
    return asked


def reject_numeric_times(asked: Any, sent: Mapping[str, str]) -> None:
    """Raise Malformed for a time written as a number, which msgspec would take for seconds."""
    names = zip(asked.__struct_fields__, asked.__struct_encode_fields__, strict=True)
    for name, written in names:
        if (
            isinstance(getattr(asked, name), datetime)
            and RFC3339_START.match(sent.get(written, "")) is None
        ):
            detail = "a time is written as RFC 3339, such as 2026-11-29T02:00:00Z"
            raise Malformed(f"the query: {detail}", flaws=(Flaw(f"/{written}", detail),))


def sent_fields(patch: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of a patch that the request contains."""
    return {
        name: value
        for name in patch.__struct_fields__
        if (value := getattr(patch, name)) is not UNSET
    }
