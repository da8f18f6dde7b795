"""Frames of Feishu's long connection are read and written as its own clients do."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.chat.feishu.protobuf import (
    CONTROL,
    DATA,
    METHOD,
    SERVICE,
    LarkFrame,
    decode_frame,
    encode_frame,
)
from gateway.errors import Malformed

PING = bytes.fromhex("08001000180720002a0c0a0474797065120470696e6732003a004a00")
"""A ping of service 7, as the vendor's client for Go writes it."""

ACKNOWLEDGED = bytes.fromhex(
    "08001000180720012a0d0a047479706512056576656e742a130a0a6d6573736167655f696412056f6d2d3432"
    "32003a0042277b22636f6465223a3230302c2268656164657273223a6e756c6c2c2264617461223a6e756c6c7d"
    "4a00"
)
"""An acknowledged event, as the vendor's client for Go writes it."""


def test_frames_of_vendors_client_are_read_and_written_alike() -> None:
    ping = decode_frame(PING)
    assert (ping.headers, ping.number(SERVICE), ping.number(METHOD)) == (
        {"type": "ping"},
        7,
        CONTROL,
    )
    event = decode_frame(ACKNOWLEDGED)
    assert event.headers == {"type": "event", "message_id": "om-42"}
    assert event.payload == b'{"code":200,"headers":null,"data":null}'
    assert event.number(METHOD) == DATA
    assert encode_frame(ping) == PING
    assert encode_frame(event) == ACKNOWLEDGED


def test_fields_of_other_kinds_are_passed_over() -> None:
    frame = decode_frame(b"\x51" + b"\0" * 8 + b"\x5d" + b"\0" * 4 + PING)
    assert frame == decode_frame(PING)


def test_odd_kinds_of_known_fields_are_no_headers() -> None:
    frame = decode_frame(b"\x28\x01\x40\x02\x2a\x02\x08\x01")
    assert (frame.headers, frame.payload, frame.number(5), frame.number(9)) == ({"": ""}, b"", 1, 0)


@pytest.mark.parametrize(
    "data", [b"\x08", b"\x2a\x7f", b"\x0b", b"\x08" + b"\xff" * 11, b"\x51\0", PING[:12]]
)
def test_broken_frame_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode_frame(data)


@given(
    st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=5),
    st.binary(max_size=400),
    st.integers(0, 2**64 - 1),
)
def test_written_frame_is_read_back(headers: dict[str, str], payload: bytes, number: int) -> None:
    frame = LarkFrame(headers, payload, ((1, number), (2, 0), (SERVICE, 7), (METHOD, DATA)))
    assert decode_frame(encode_frame(frame)) == frame


@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_malformed(data: bytes) -> None:
    with suppress(Malformed):
        decode_frame(data)
