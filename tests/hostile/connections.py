"""Request bodies that never end: sent a byte at a time, or aborted before their last byte."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from tests.hostile.routes import Target
from tests.support.process import CLOCK

KINDS = (
    "/ingest/generic", "/ingest/alertmanager", "/v2/enqueue",
    "/generic/2010-04-15/create_event.json", "/api/v2/alerts", "/v2/alerts", "/ingest/email/raw",
    "/ingest/email/mailgun", "/ingest/phone/twilio/voice", "/ingest/chat/slack", "/ingest/app",
    "/api/v1/incidents", "/api/v1/login", "/api/v1/cis/import", "/attachments", "/report/", "/my/",
    "/api/v1/mine/",
)  # fmt: skip
"""One route of each kind of handler, by the end or the beginning of its path."""

LENGTH = 2_000_000
"""The length in bytes that a request announces."""

PIECE = b"x" * 65_536


def one_of_each_kind(targets: Sequence[Target]) -> list[Target]:
    """Return the first target of each kind that takes a body.

    Raises AssertionError for a kind without a target.
    """
    found = []
    for kind in KINDS:
        fitting = [
            one
            for one in targets
            if one.takes_body and (one.path.startswith(kind) or one.path.endswith(kind))
        ]
        assert fitting, f"no route begins or ends with {kind}"
        found.append(fitting[0])
    return found


async def aborted(url: str, target: Target, *, with_key: bool) -> None:
    """Announce a body, send all but its end, and close without waiting."""
    reader, writer = await _opened(url)
    try:
        writer.write(_head(target, with_key=with_key))
        for _ in range((LENGTH - 1) // len(PIECE)):
            writer.write(PIECE)
            await writer.drain()
    except ConnectionError:
        pass  # it was answered, and closed, before the body was sent: what is wanted
    finally:
        writer.transport.abort()
        del reader


async def slow(url: str, target: Target, *, with_key: bool, seconds: float) -> None:
    """Announce a body and send it a byte at a time."""
    _, writer = await _opened(url)
    until = CLOCK.monotonic() + seconds
    try:
        writer.write(_head(target, with_key=with_key))
        while CLOCK.monotonic() < until and not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await CLOCK.sleep(0.2)
    except ConnectionError:
        pass  # it was given up: what is wanted
    finally:
        writer.transport.abort()


async def _opened(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(url)
    return await asyncio.open_connection(where.hostname, where.port)


def _head(target: Target, *, with_key: bool) -> bytes:
    headers = {"Host": "a", "Content-Type": "application/json", "Content-Length": str(LENGTH)}
    headers |= target.headers if with_key else {}
    lines = [
        f"{target.method} {target.path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()
