"""A limit on the request bodies that are held in memory at once.

Long bodies are read in chunks and counted as they arrive.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from gateway.errors import Overloaded, TooLarge
from gateway.untrusted.request_bodies import (
    check_head,
    malformed_when_broken,
    read_piece,
    too_large,
)

BUSY = "too much comes in at once: send again shortly"
PIECE = 65_536


@dataclass(slots=True)
class MemoryBudget:
    """Limits of the bodies handled at once and of their bytes.

    `most` bodies are worked on at a time and as many again may wait. All that has been received,
    even in part, is at most `most_bytes`.
    """

    most: int
    most_bytes: int
    taken: int = 0
    held: int = 0
    free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.free = asyncio.Semaphore(self.most)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a free slot and hold it; raises Overloaded where too many wait."""
        if self.taken >= 2 * self.most:
            raise Overloaded(BUSY)
        self.taken += 1
        try:
            async with self.free:
                yield
        finally:
            self.taken -= 1

    def hold(self, size: int) -> None:
        """Count more received bytes; raises Overloaded where they are too many.

        When it raises, nothing was counted.
        """
        if self.held + size > self.most_bytes:
            raise Overloaded(BUSY)
        self.held += size

    def release(self, size: int) -> None:
        """Subtract bytes that are no longer held."""
        self.held -= size


async def read_body(
    body: bytearray, request: web.Request, places: MemoryBudget, most: int, what: str
) -> None:
    """Read the request's body into `body`, within the limits of size and memory.

    `what` is its name in error messages. Whatever is raised (Malformed, TooLarge or Overloaded),
    exactly len(body) bytes were counted.
    """
    check_head(request, most, what)
    with malformed_when_broken():
        while piece := await read_piece(request, PIECE):
            places.hold(len(piece))
            body += piece
            if len(body) > most:
                raise TooLarge(too_large(what, most))
