"""Limits for untrusted JSON: depth, NUL characters, and fast decoders of numbers. Pure."""

from functools import cache
from itertools import accumulate
from math import isinf
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

MAX_DEPTH = 32
"""The number of levels that JSON from outside may nest."""

BRACKETS = b"[{]}"
ALL_ELSE = bytes(set(range(256)) - set(BRACKETS))
DEPTH_CHANGES = bytes.maketrans(BRACKETS, b"\x01\x01\xff\xff")
"""The change of depth of each bracket, as signed bytes."""


def is_deeper(body: bytes, levels: int) -> bool:
    """Return whether JSON nests deeper than `levels`; brackets within strings do not count."""
    if body.count(b"[") + body.count(b"{") <= levels:
        return False
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(body.split(b'"')[::2]).translate(DEPTH_CHANGES, ALL_ELSE)
    return max(accumulate(memoryview(outside).cast("b")), default=0) > levels


def holds_nul(body: bytes) -> bool:
    """Return whether a string of JSON text contains NUL, which PostgreSQL cannot store."""
    return rb"\u0000" in body and rb"\u0000" in body.replace(rb"\\", b"  ")


def decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    """Return a JSON decoder for `kind`, in which numbers of no known type become Python floats.

    msgspec's own parsing takes 20 microseconds for a number near the largest or smallest float.
    """
    key: Any = kind
    return cast("msgspec.json.Decoder[T]", _decoder(key))


@cache
def _decoder(kind: Any) -> Any:
    """Return the decoder of a type; their number is bounded by the types that the code names."""
    return msgspec.json.Decoder(kind, float_hook=_number)


def _number(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise ValueError("Number out of range")
    return value
