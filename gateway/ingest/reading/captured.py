"""A captured request: raw HTTP/1.1, or only its body. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from gateway.errors import Malformed
from gateway.ingest.reading.source import WebhookDelivery

REQUEST_LINE = re.compile(rb"(?:POST|PUT|PATCH) (\S{1,8192})(?: HTTP/[0-9.]+)?\r?\n")
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class CapturedRequest:
    """A captured body, with its headers (names in lower case) and query if they were captured."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def delivery(self, received_at: datetime) -> WebhookDelivery:
        """Return the request as if it had just arrived."""
        return WebhookDelivery(self.headers, self.body, received_at, self.query)


def parse_captured(data: bytes) -> CapturedRequest:
    """Return a captured request; raises Malformed if its body is chunked or incomplete."""
    begins, ends = REQUEST_LINE.match(data), END_OF_HEAD.search(data)
    if begins is None:
        return CapturedRequest(data)
    head, body = (data[: ends.start()], data[ends.end() :]) if ends else (data, b"")
    lines = head[begins.end() :].decode("utf-8", "replace").splitlines()
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
        if name.strip()
    }
    if headers.get("transfer-encoding", "identity") != "identity":
        raise Malformed(
            "this was captured in pieces (Transfer-Encoding): capture the body as a whole"
        )
    query = dict(parse_qsl(urlsplit(begins[1].decode("ascii", "replace")).query))
    return CapturedRequest(_whole(body, headers.get("content-length", "")), headers, query)


def _whole(body: bytes, told: str) -> bytes:
    """Return the body up to its declared length; without one, without the newline of an editor.

    Raises Malformed for a body that is shorter than declared.
    """
    if not told.isascii() or not told.isdigit():
        return body.removesuffix(b"\n")
    if len(body) < int(told[:12]):
        raise Malformed(f"this was not captured to its end: {len(body)} bytes of {told[:12]}")
    return body[: int(told[:12])]
