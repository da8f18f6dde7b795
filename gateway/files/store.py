"""What every place keeps its promise about, and which of them a file is in."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog

from gateway.db.pool import Connection, Pool, acquire
from gateway.errors import Unavailable
from gateway.files.spool import Received

EVERY = 3600.0
"""Seconds between two looks for what no record has."""

log = structlog.get_logger()


class Place(StrEnum):
    """Where the content of a file is: the column `place` of its row."""

    ROW = "row"
    PARTS = "parts"
    DISK = "disk"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where one file is kept; `id` is its row's, `handle` its name where it is kept."""

    place: Place
    handle: str
    id: int
    size: int


class Store(Protocol):
    """One place outside of the database."""

    @property
    def directory(self) -> Path | None:
        """Where what is taken in waits, or None for a file without a name."""

    async def keep(self, received: Received) -> str:
        """Keep it for good, whatever fails from now on; gives the handle. Raises Unavailable."""

    def read(self, handle: str) -> AsyncIterator[bytes]:
        """Its bytes, piece by piece; raises Unavailable, before the first piece if nothing is there."""

    async def drop(self, handle: str) -> None:
        """Take it away, also if it is not there; raises Unavailable."""

    def stale(self, before: datetime) -> AsyncIterator[list[str]]:
        """Handles of what was put there before that instant, in batches; raises Unavailable."""


ORPHANED = timedelta(days=1)
"""How old a file is that no row speaks of before it is taken away: nobody is still about to commit its row."""

KNOWN = "SELECT handle FROM attachment WHERE handle = ANY($1::text[]) AND removed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Stores:
    """Every place that is configured, by name, and the one that new files go to; `Place.PARTS` is always there."""

    pool: Pool
    chosen: Place
    outside: Mapping[Place, Store]

    @property
    def directory(self) -> Path | None:
        """Where what is taken in waits."""
        return None if self.chosen is Place.PARTS else self.outside[self.chosen].directory

    def at(self, place: Place) -> Store:
        """The store of a place outside of the database; raises Unavailable for one that left the configuration."""
        if place not in self.outside:
            raise Unavailable(f"files are kept in {place}, which is not configured any more")
        return self.outside[place]

    def read(self, kept: Kept) -> AsyncIterator[bytes]:
        """A file's bytes, piece by piece."""
        if kept.place in (Place.ROW, Place.PARTS):
            return _from_database(self.pool, kept)
        return self.at(kept.place).read(kept.handle)

    async def drop(self, kept: Kept) -> None:
        """Take away what lies outside of the database."""
        if kept.handle:
            await self.at(kept.place).drop(kept.handle)

    async def sweep(self, now: datetime) -> int:
        """How many files were taken away that no record has: of uploads that were never committed, and of removed ones."""
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


async def put_parts(conn: Connection, attachment: int, received: Received) -> None:
    """Keep a file in the database, in the transaction that makes its row."""
    part = 0
    async for piece in received.pieces():
        await conn.execute(PUT, attachment, part, piece)
        part += 1


PART = """
SELECT CASE WHEN a.place = 'row' THEN substring(a.content FROM $2::int * 262144 + 1 FOR 262144) ELSE p.content END
FROM attachment a LEFT JOIN attachment_part p ON p.attachment_id = a.id AND p.part = $2::int
WHERE a.id = $1 AND a.removed_at IS NULL
"""


async def _from_database(pool: Pool, kept: Kept) -> AsyncIterator[bytes]:
    """No connection waits for a slow reader: each piece is asked for by itself."""
    sent = part = 0
    while sent < kept.size:
        async with acquire(pool) as conn:
            piece: bytes | None = await conn.fetchval(PART, kept.id, part)
        if not piece:
            raise Unavailable("the file was taken away while it was read")
        yield piece
        sent, part = sent + len(piece), part + 1
