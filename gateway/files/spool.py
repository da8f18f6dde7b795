"""The reception of a file: written to disk in pieces, hashed and sniffed on the way.

Memory holds one piece of it.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TypeVar

from gateway.errors import TooLarge
from gateway.files.media_type import MediaTypeSniffer

PIECE = 262_144
"""The bytes that are written, read and sent at a time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A received file on disk.

    `file` is open, and has a name only if it is to be moved into a directory for good.
    """

    file: IO[bytes]
    size: int
    sha256: bytes
    type: str

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield its bytes from the beginning; one reader at a time."""
        await in_thread(lambda: self.file.seek(0))
        while piece := await in_thread(lambda: self.file.read(PIECE)):
            yield piece


@asynccontextmanager
async def receive_file(
    chunks: AsyncIterable[bytes], most: int, directory: Path | None
) -> AsyncIterator[ReceivedFile]:
    """Receive `chunks` into a file that exists until the end of the block.

    Raises TooLarge as soon as there are more than `most` bytes. In `directory` the file has a
    name, and is kept if it is moved away from there; without a directory it has none and
    vanishes with the process.
    """
    file = await in_thread(lambda: _opened(directory))
    try:
        taken = _Taken(file)
        async for chunk in chunks:
            taken.waiting += chunk
            if taken.size + len(taken.waiting) > most:
                raise TooLarge(f"a file here has at most {most} bytes")
            if len(taken.waiting) >= PIECE:
                await in_thread(taken.write)
        await in_thread(taken.write)
        yield ReceivedFile(file, taken.size, taken.digest.digest(), taken.sniffer.type())
    finally:
        await in_thread(lambda: _closed(file))


def _opened(directory: Path | None) -> IO[bytes]:
    if directory is None:
        return tempfile.TemporaryFile(prefix="gateway-")
    return tempfile.NamedTemporaryFile(dir=directory, delete=False)


def _closed(file: IO[bytes]) -> None:
    file.close()
    if isinstance(file.name, str):
        Path(file.name).unlink(missing_ok=True)


class _Taken:
    """The part of a file received so far.

    `write` runs in a thread while nothing else touches it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.size, self.waiting = file, 0, bytearray()
        self.digest, self.sniffer = sha256(), MediaTypeSniffer()

    def write(self) -> None:
        piece = bytes(self.waiting)
        self.waiting.clear()
        self.file.write(piece)
        self.digest.update(piece)
        self.sniffer.feed(piece)
        self.size += len(piece)


async def in_thread(work: Callable[[], T]) -> T:
    """Run work that may wait for a disk in a thread, and finish it even if the caller is cancelled.

    So a cancelled caller leaves nothing half done behind.
    """
    return await asyncio.shield(asyncio.to_thread(work))
