"""Files in a directory of the gateway's own: `ab/abcdef…`, and `incoming/` for incomplete ones."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from gateway.errors import Flaw, Misconfigured, Unavailable
from gateway.files.spool import PIECE, ReceivedFile, in_thread

INCOMING = "incoming"

BATCH = 500
"""Files that are listed together."""


class DiskStore:
    """The file store in a directory that every replica sees, and that no other gateway uses."""

    def __init__(self, root: Path) -> None:
        """Create the directory if it is missing.

        Raises Misconfigured if it cannot be written to.
        """
        self._root, self.directory = root, root / INCOMING
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise Misconfigured(
                "files cannot be kept", flaws=(Flaw("/attachments/path", str(error)),)
            ) from error
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise Misconfigured(
                "files cannot be kept",
                flaws=(Flaw("/attachments/path", f"{root} cannot be written to"),),
            )

    async def keep(self, received: ReceivedFile) -> str:
        """Store a file as `Store.keep` says.

        Content and name are on the disk before this returns.
        """
        handle = uuid4().hex
        try:
            await in_thread(lambda: self._move(received, handle))
        except OSError as error:
            raise Unavailable(f"the file cannot be kept now: {error.strerror}") from error
        return handle

    def _move(self, received: ReceivedFile, handle: str) -> None:
        to = self._path(handle)
        received.file.flush()
        os.fsync(received.file.fileno())
        if not to.parent.exists():
            to.parent.mkdir(mode=0o700, exist_ok=True)
            _sync(self._root)
        Path(received.file.name).rename(to)
        _sync(to.parent)

    async def read(self, handle: str) -> AsyncIterator[bytes]:
        """Read a file as `Store.read` says."""
        try:
            with await in_thread(self._path(handle).open("rb").__enter__) as file:
                while piece := await in_thread(lambda: file.read(PIECE)):
                    yield piece
        except OSError as error:
            raise Unavailable(f"the file cannot be read now: {error.strerror}") from error

    async def drop(self, handle: str) -> None:
        """Delete a file as `Store.drop` says."""
        try:
            await in_thread(lambda: self._path(handle).unlink(missing_ok=True))
        except OSError as error:
            raise Unavailable(f"the file cannot be taken away now: {error.strerror}") from error

    async def stale(self, before: datetime) -> AsyncIterator[list[str]]:
        """Yield old files as `Store.stale` says.

        Incomplete files that are as old are deleted at once. Files of other names are left
        alone.
        """
        found = self._files(before)
        while handles := await in_thread(
            lambda: [handle for handle, _ in zip(found, range(BATCH), strict=False)]
        ):
            yield handles

    def _files(self, before: datetime) -> Iterator[str]:
        for folder in self._root.iterdir():
            for path in folder.iterdir() if folder.is_dir() else ():
                if datetime.fromtimestamp(path.stat().st_mtime, UTC) >= before:
                    continue
                if folder.name == INCOMING:
                    path.unlink(missing_ok=True)
                elif _is_handle(path.name) and folder.name == path.name[:2]:
                    yield path.name

    def _path(self, handle: str) -> Path:
        return self._root / handle[:2] / handle


def _is_handle(name: str) -> bool:
    try:
        return UUID(hex=name).hex == name
    except ValueError:
        return False


def _sync(directory: Path) -> None:
    """Flush a directory to the disk, which stores its names apart from the content of its files."""
    at = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(at)
    finally:
        os.close(at)
