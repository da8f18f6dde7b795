"""Reading of request bodies, piece by piece, against a budget of memory.

A body that arrived with its head was buffered before any handler ran and is no larger than the
buffer of a connection, so it is not counted: a budget that others used up never refuses the
short requests of honest senders.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
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

AWAITS_SENDER = web.RequestKey("awaits_sender", bool)
"""True while the handler of a request waits for more of its body."""


async def read_piece(request: web.Request, most: int = -1) -> bytes:
    """Return the next bytes of the body, `most` at most, or none at its end.

    The request awaits its sender meanwhile, which its deadline does not count.
    """
    request[AWAITS_SENDER] = True
    try:
        return await (request.content.readany() if most < 0 else request.content.read(most))
    finally:
        request[AWAITS_SENDER] = False


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
    check_head(request, most, what)
    with malformed_when_broken():
        if request.content.is_eof():
            body = request.content.read_nowait()
            hold(len(body))
        else:
            body = await _collected(request, most, hold)
    if len(body) > most:
        raise TooLarge(too_large(what, most))
    return body


def check_head(request: web.Request, most: int, what: str) -> None:
    """Raise Malformed for a compressed body, and TooLarge for one announced as over `most` bytes.

    `what` names the body.
    """
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise Malformed(
            f"Content-Encoding {encoding[:40]!r} is not taken: send the {what} as it is"
        )
    if (request.content_length or 0) > most:
        raise TooLarge(too_large(what, most))


@contextmanager
def malformed_when_broken() -> Iterator[None]:
    """Turn the errors of a body that is encoded wrongly into Malformed."""
    try:
        yield
    except (RequestPayloadError, ValueError) as error:
        raise Malformed("the body cannot be read: its encoding is broken") from error


def too_large(what: str, most: int) -> str:
    """Return the text of the error about a body of more than `most` bytes."""
    return f"a {what} here has at most {most} bytes"


async def _collected(request: web.Request, most: int, hold: Hold) -> bytes:
    """Return all pieces joined, or those up to the piece that exceeds `most` bytes."""
    pieces, size = [], 0
    while size <= most and (piece := await read_piece(request)):
        hold(len(piece))
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _uncounted(_: int) -> None:
    """Count nothing."""
