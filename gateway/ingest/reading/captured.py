"""A request as somebody captured it: raw HTTP/1.1, or nothing but its body. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from gateway.errors import Malformed
from gateway.ingest.reading.source import Delivery

REQUEST_LINE = re.compile(rb"(?:POST|PUT|PATCH) (\S{1,8192})(?: HTTP/[0-9.]+)?\r?\n")
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Captured:
    """Its body and, where they were captured, its headers (names in lower case) and the query of its address."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def delivery(self, received_at: datetime) -> Delivery:
        """The same as if it had come just now."""
        return Delivery(self.headers, self.body, received_at, self.query)


def captured(data: bytes) -> Captured:
    """Read what was captured; raises Malformed for a request whose body was captured in pieces or not to its end."""
    begins, ends = REQUEST_LINE.match(data), END_OF_HEAD.search(data)
    if begins is None:
        return Captured(data)
    head, body = (data[: ends.start()], data[ends.end() :]) if ends else (data, b"")
    lines = head[begins.end() :].decode("utf-8", "replace").splitlines()
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name.strip()}
    if headers.get("transfer-encoding", "identity") != "identity":
        raise Malformed("this was captured in pieces (Transfer-Encoding): capture the body as a whole")
    query = dict(parse_qsl(urlsplit(begins[1].decode("ascii", "replace")).query))
    return Captured(_whole(body, headers.get("content-length", "")), headers, query)


def _whole(body: bytes, told: str) -> bytes:
    """As much as its head told of; without that, all but the line end that editors leave."""
    if not told.isascii() or not told.isdigit():
        return body.removesuffix(b"\n")
    if len(body) < int(told[:12]):
        raise Malformed(f"this was not captured to its end: {len(body)} bytes of {told[:12]}")
    return body[: int(told[:12])]
