"""The file of a captured HTTP request is split into headers, query and body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.ingest.reading.captured import parse_captured
from tests.ingest.requests import NOW


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_raw_http_gives_headers_query_and_body(end: str) -> None:
    raw = end.join(
        ["POST /ingest/generic?a=1 HTTP/1.1", "Host: x", "X-Team: dba ", "", '{"title": "x"}\n']
    )
    found = parse_captured(raw.encode())
    assert (found.body, found.query) == (b'{"title": "x"}', {"a": "1"})
    assert found.headers == {"host": "x", "x-team": "dba"}
    delivery = found.delivery(NOW)
    assert (delivery.headers, delivery.body, delivery.query) == (
        found.headers,
        found.body,
        found.query,
    )


def test_body_length_follows_content_length_header() -> None:
    assert parse_captured(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd\n").body == b"abc"
    for head in (b"Content-Length: 9", b"Transfer-Encoding: chunked"):
        with pytest.raises(Malformed):
            parse_captured(b"POST / HTTP/1.1\r\n" + head + b"\r\n\r\nabcd")


@given(data=st.binary())
def test_data_without_request_line_is_bare_body(data: bytes) -> None:
    assert parse_captured(b"{" + data).body == b"{" + data
