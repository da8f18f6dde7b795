"""How much of what people send is held at once: long bodies are read piece by piece, and counted while they come in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from gateway.errors import Malformed, Overloaded, TooLarge

BUSY = "too much comes in at once: send again shortly"
PIECE = 65_536


@dataclass(slots=True)
class MemoryBudget:
    """So many mails are worked on, as many again may wait, and all that came in, even in part, is so many bytes at most."""

    most: int
    most_bytes: int
    taken: int = 0
    held: int = 0
    free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.free = asyncio.Semaphore(self.most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A place, waited for; raises Overloaded where too many wait."""
        if self.taken >= 2 * self.most:
            raise Overloaded(BUSY)
        self.taken += 1
        try:
            async with self.free:
                yield
        finally:
            self.taken -= 1

    def hold(self, size: int) -> None:
        """Count more bytes of a mail that is coming in; raises Overloaded, counting nothing, where they are too many."""
        if self.held + size > self.most_bytes:
            raise Overloaded(BUSY)
        self.held += size

    def release(self, size: int) -> None:
        """They are gone."""
        self.held -= size


async def fill(body: bytearray, request: web.Request, places: MemoryBudget, most: int, what: str) -> None:
    """The request's body, so that neither one that is too large nor too many at once are held; `what` is what it is called.

    What was counted is as long as `body` whatever is raised, which is Malformed, TooLarge and Overloaded.
    """
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise Malformed(f"Content-Encoding {encoding[:40]!r} is not taken: send the {what} as it is")
    said = f"a {what} here has at most {most} bytes"
    if (request.content_length or 0) > most:
        raise TooLarge(said)
    try:
        while piece := await request.content.read(PIECE):
            places.hold(len(piece))
            body += piece
            if len(body) > most:
                raise TooLarge(said)
    except web.RequestPayloadError as error:
        raise Malformed("the body cannot be read: its encoding is broken") from error
