"""From bytes to a value, or to an error that points at the place. Nothing that PostgreSQL would refuse gets through."""

import re
from typing import TypeVar

import msgspec
from aiohttp import web

from gateway.errors import Flaw, Malformed, TooLarge

T = TypeVar("T")

MAX_BYTES = 262_144
"""Bytes of one request to our own API; senders of alerts have a limit of their own."""

MAX_DEPTH = 32

CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})

STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
OPENING, CLOSING = b"{[", b"}]"


async def read(request: web.Request) -> bytes:
    """The body; raises Malformed for one that is compressed or no UTF-8, TooLarge above MAX_BYTES."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Malformed("Content-Encoding is not taken: send the body as it is")
    if (request.charset or "utf-8").lower() not in CHARSETS:
        raise Malformed("the charset is not taken: send JSON as UTF-8")
    if (request.content_length or 0) > MAX_BYTES:
        raise TooLarge(f"a request here is at most {MAX_BYTES} bytes")
    body = await request.read()
    if len(body) > MAX_BYTES:
        raise TooLarge(f"a request here is at most {MAX_BYTES} bytes")
    return body


def decode(body: bytes, kind: type[T]) -> T:
    """The body as `kind`, an empty one as {}; raises Malformed, or TooLarge when nested deeper than MAX_DEPTH."""
    body = body or b"{}"
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _whole("the body is not UTF-8") from error
    if b"\0" in body or NUL.search(body):
        raise _whole("the body holds NUL, which cannot be stored")
    if depth(body) > MAX_DEPTH:
        raise TooLarge(f"the body is nested deeper than {MAX_DEPTH} levels", flaws=(Flaw("", "too deep"),))
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        detail, pointer = place(error)
        raise Malformed(detail, flaws=(Flaw(pointer, detail),)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise _whole(f"the body is not JSON: {error}") from error


def place(error: msgspec.ValidationError) -> tuple[str, str]:
    """What is wrong, and where as a JSON pointer (RFC 6901); the key of a map, which msgspec does not name, is left out."""
    detail, _, where = str(error).partition(" - at `")
    steps = re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", where)
    unknown = re.search(r"unknown field `([^`]*)`", detail)
    named = [name or index for name, index in steps] + ([unknown[1]] if unknown else [])
    return detail, "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in named)


def depth(body: bytes) -> int:
    """How deep the brackets outside of strings go; never recurses."""
    level = deepest = 0
    for byte in STRING.sub(b"", body):
        if byte in OPENING:
            level += 1
            deepest = max(deepest, level)
        elif byte in CLOSING:
            level -= 1
    return deepest


def _whole(detail: str) -> Malformed:
    return Malformed(detail, flaws=(Flaw("", detail),))
