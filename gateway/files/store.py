"""The contract of the file stores, and the choice of the store that a file is in."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from gateway.db.pool import Connection, Pool, acquire
from gateway.errors import Unavailable
from gateway.files.spool import ReceivedFile

log = structlog.get_logger()

SWEEP_EVERY = 3600.0
"""Seconds between two sweeps."""


class FilePlace(StrEnum):
    """The place of a file's content: the column `place` of its row."""

    ROW = "row"
    PARTS = "parts"
    DISK = "disk"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class FileLocation:
    """The location of one file; `id` is its row's, `handle` its name in the store."""

    place: FilePlace
    handle: str
    id: int
    size: int


class FileStore(Protocol):
    """A file store outside of the database."""

    @property
    def directory(self) -> Path | None:
        """Return the directory that incoming files wait in, None for files without a name."""

    async def keep(self, received: ReceivedFile) -> str:
        """Store a file durably and return its handle; raises Unavailable."""

    def read(self, handle: str) -> AsyncIterator[bytes]:
        """Yield the bytes of a file in pieces.

        Raises Unavailable, before the first piece if there is no such file.
        """

    async def drop(self, handle: str) -> None:
        """Delete a file; one that is missing is no error. Raises Unavailable."""

    def stale(self, before: datetime) -> AsyncIterator[list[str]]:
        """Yield handles of files stored before that instant, in batches; raises Unavailable."""


ORPHANED = timedelta(days=1)
"""The age at which a file without a row is deleted: nobody is still about to commit its row."""

KNOWN = "SELECT handle FROM attachment WHERE handle = ANY($1::text[]) AND removed_at IS NULL"


@dataclass(frozen=True, slots=True)
class FileStores:
    """All configured file stores, and the one that new files go to.

    `Place.PARTS` is always there.
    """

    pool: Pool
    chosen: FilePlace
    outside: Mapping[FilePlace, FileStore]

    @property
    def directory(self) -> Path | None:
        """Return the directory that incoming files wait in, None if there is none."""
        return None if self.chosen is FilePlace.PARTS else self.outside[self.chosen].directory

    def at(self, place: FilePlace) -> FileStore:
        """Return the store of a place outside of the database.

        Raises Unavailable for one that has been removed from the configuration.
        """
        if place not in self.outside:
            raise Unavailable(f"files are kept in {place}, which is not configured any more")
        return self.outside[place]

    def read(self, kept: FileLocation) -> AsyncIterator[bytes]:
        """Return the bytes of a file in pieces."""
        if kept.place in (FilePlace.ROW, FilePlace.PARTS):
            return _from_database(self.pool, kept)
        return self.at(kept.place).read(kept.handle)

    async def drop(self, kept: FileLocation) -> None:
        """Delete the content of a file outside of the database."""
        if kept.handle:
            await self.at(kept.place).drop(kept.handle)

    async def sweep(self, now: datetime) -> int:
        """Delete files that no row refers to and return how many there were.

        They are of uploads that were never committed, and of removed attachments.
        """
        swept = 0
        for store in self.outside.values():
            async for handles in store.stale(now - ORPHANED):
                async with acquire(self.pool) as conn:
                    known = {row["handle"] for row in await conn.fetch(KNOWN, handles)}
                for handle in handles:
                    if handle not in known:
                        await store.drop(handle)
                        swept += 1
        if swept:
            log.info("files_swept", files=swept)
        return swept


PUT = "INSERT INTO attachment_part (attachment_id, part, content) VALUES ($1, $2, $3)"


async def put_parts(conn: Connection, attachment: int, received: ReceivedFile) -> None:
    """Store a file in the database, in the transaction that creates its row."""
    part = 0
    async for piece in received.pieces():
        await conn.execute(PUT, attachment, part, piece)
        part += 1


PART = """
SELECT CASE WHEN a.place = 'row' THEN substring(a.content FROM $2::int * 262144 + 1 FOR 262144)
  ELSE p.content END
FROM attachment a LEFT JOIN attachment_part p ON p.attachment_id = a.id AND p.part = $2::int
WHERE a.id = $1 AND a.removed_at IS NULL
"""


async def _from_database(pool: Pool, kept: FileLocation) -> AsyncIterator[bytes]:
    """Yield a file of the database in pieces.

    Each piece is a query of its own, so that no connection waits for a slow reader.
    """
    sent = part = 0
    while sent < kept.size:
        async with acquire(pool) as conn:
            piece: bytes | None = await conn.fetchval(PART, kept.id, part)
        if not piece:
            raise Unavailable("the file was taken away while it was read")
        yield piece
        sent, part = sent + len(piece), part + 1
