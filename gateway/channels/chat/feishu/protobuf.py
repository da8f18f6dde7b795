"""The binary frames of Feishu's long connection, in the wire format of Protocol Buffers. Pure.

https://protobuf.dev/programming-guides/encoding. A frame has the numbers SeqID (1), LogID (2),
service (3) and method (4), headers (5) of key (1) and value (2), and a payload (8); whatever else
it has goes back unchanged in the answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.errors import Malformed
from gateway.ingest.reading.limits import build_malformed

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
SERVICE, METHOD, HEADER, PAYLOAD = 3, 4, 5, 8
NUMBERS = (1, 2, SERVICE, METHOD)
"""The fields that every frame has."""

CONTROL, DATA = 0, 1
"""The methods."""

LONGEST_VARINT = 10

Field = tuple[int, int | bytes]
"""A field: its number, and its value."""


@dataclass(frozen=True, slots=True)
class LarkFrame:
    """A frame; `fields` are those that are neither headers nor payload."""

    headers: Mapping[str, str]
    payload: bytes = b""
    fields: tuple[Field, ...] = field(default=tuple((number, 0) for number in NUMBERS))

    def number(self, wanted: int) -> int:
        """Return a number of the frame, 0 without it."""
        return next(
            (value for number, value in self.fields if number == wanted and isinstance(value, int)),
            0,
        )


def decode_frame(data: bytes) -> LarkFrame:
    """Return the frame; raises Malformed."""
    headers: dict[str, str] = {}
    payload, rest = b"", []
    for number, value in _fields(data):
        if number == HEADER and isinstance(value, bytes):
            pair = {key: _text(text) for key, text in _fields(value)}
            headers[pair.get(1, "")] = pair.get(2, "")
        elif number == PAYLOAD and isinstance(value, bytes):
            payload = value
        else:
            rest.append((number, value))
    return LarkFrame(headers, payload, tuple(rest))


def encode_frame(frame: LarkFrame) -> bytes:
    """Return the bytes of a frame, its fields in order of their numbers."""
    headers = (
        (HEADER, _encoded((1, key.encode())) + _encoded((2, value.encode())))
        for key, value in frame.headers.items()
    )
    fields = [*frame.fields, *headers, *([(PAYLOAD, frame.payload)] if frame.payload else [])]
    return b"".join(_encoded(one) for one in sorted(fields, key=lambda one: one[0]))


def _encoded(one: Field) -> bytes:
    number, value = one
    if isinstance(value, int):
        return _varint(number << 3 | VARINT) + _varint(value)
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(data: bytes) -> Iterator[Field]:
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, at = _read_varint(data, at)
            yield number, value
            continue
        if wire == BYTES:
            length, at = _read_varint(data, at)
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
        else:
            raise _broken()
        if at + length > len(data):
            raise _broken()
        if wire == BYTES:
            yield number, data[at : at + length]
        at += length


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise _broken()


def _text(value: int | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _broken() -> Malformed:
    return build_malformed("", "this is no frame of Feishu's")
