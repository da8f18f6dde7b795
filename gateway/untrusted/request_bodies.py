"""Reading of request bodies, piece by piece, against a budget of memory.

A body that arrived with its head was buffered before any handler ran and is no larger than the
buffer of a connection, so it is not counted: a budget that others used up never refuses the
short requests of honest senders.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from gateway.errors import Malformed, Overloaded, TooLarge

BUSY = "too much comes in at once: send again shortly"

Hold = Callable[[int], None]
"""A function that counts more bytes of one body; raises Overloaded."""


@dataclass(slots=True)
class Budget:
    """A budget of bytes held at once: at most `most` in total, `most_each` from one address."""

    most: int
    most_each: int
    refused: Callable[[], None]
    held: int = 0
    by_address: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def holding(self, address: str) -> Iterator[Hold]:
        """Provide a function that counts the bytes of one body; all are released at the end."""
        size = 0

        def hold(more: int) -> None:
            nonlocal size
            if self.held + more > self.most or self.by_address[address] + more > self.most_each:
                self.refused()
                raise Overloaded(BUSY)
            size += more
            self.held += more
            self.by_address[address] += more

        try:
            yield hold
        finally:
            self.held -= size
            self.by_address[address] -= size
            if self.by_address[address] <= 0:
                del self.by_address[address]


@dataclass(frozen=True, slots=True)
class Budgets:
    """The memory budgets of a replica.

    `strangers` is for bodies that are read to authenticate the sender, `known` for all others.
    """

    strangers: Budget
    known: Budget


BUDGETS = web.AppKey("budgets", Budgets)


async def read_body(request: web.Request, most: int) -> bytes:
    """Return the body of an authenticated caller; raises Malformed, TooLarge and Overloaded."""
    if request.content.is_eof():
        return await collect_body(request, most, _uncounted)
    with request.app[BUDGETS].known.holding(request.remote or "") as hold:
        return await collect_body(request, most, hold)


@asynccontextmanager
async def read_stranger_body(request: web.Request, most: int) -> AsyncIterator[bytes]:
    """Provide the body of an unauthenticated caller, counted until the end; raises like `read`."""
    if request.content.is_eof():
        yield await collect_body(request, most, _uncounted)
        return
    with request.app[BUDGETS].strangers.holding(request.remote or "") as hold:
        yield await collect_body(request, most, hold)


async def collect_body(request: web.Request, most: int, hold: Hold, what: str = "request") -> bytes:
    """Return the body of a request; `what` names it in errors.

    Raises Malformed for a compressed or broken body, TooLarge, and the errors of `hold`.
    """
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise Malformed(
            f"Content-Encoding {encoding[:40]!r} is not taken: send the {what} as it is"
        )
    content = request.content
    try:
        if content.is_eof():
            body = content.read_nowait()
            hold(len(body))
        elif (request.content_length or 0) > most:
            raise TooLarge(_too_large(what, most))
        else:
            body = await _collected(content.readany, most, hold)
    except (RequestPayloadError, ValueError) as error:
        raise Malformed("the body cannot be read: its encoding is broken") from error
    if len(body) > most:
        raise TooLarge(_too_large(what, most))
    return body


def _too_large(what: str, most: int) -> str:
    return f"a {what} here has at most {most} bytes"


async def _collected(more: Callable[[], Awaitable[bytes]], most: int, hold: Hold) -> bytes:
    """Return all pieces joined, or those up to the piece that exceeds `most` bytes."""
    pieces, size = [], 0
    while size <= most and (piece := await more()):
        hold(len(piece))
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _uncounted(_: int) -> None:
    """Count nothing."""
