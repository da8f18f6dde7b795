"""Attachments of a record: files are attached and, by the incident manager, deleted again.

After a deletion the timeline entry stays, the content goes.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import structlog

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.db.pool import Connection
from gateway.errors import GatewayError, NotFound, TooLarge, Unavailable
from gateway.files.media_type import safe_name
from gateway.files.spool import ReceivedFile, receive_file
from gateway.files.store import FileLocation, FilePlace, FileStores, put_parts
from gateway.incidents.record import Incident, Revision
from gateway.operations.idempotency import IdempotencyKey, claim_key, store_result
from gateway.operations.reporter.answers import ReporterAnswer, apply_answer
from gateway.operations.unit_of_work import Transaction, UnitOfWork

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of a record; `stored` is False for one that the same request attached before."""

    number: str
    file_id: int
    stored: bool


@dataclass(frozen=True, slots=True)
class AttachmentQuota:
    """The limits of attachments.

    At most `each` bytes a file, `count` files a record, `record` bytes in all of them, and
    `link` files by one reporter's link.
    """

    each: int
    count: int
    record: int
    link: int


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it was sent.

    `public` lets the record's reporter read it, `link` is the reporter's link it came by.
    """

    name: str
    content: ReceivedFile
    public: bool
    link: str = ""


@dataclass(slots=True)
class PendingFile:
    """A stored file that belongs to no record yet, unless it is `taken`."""

    file: UploadedFile
    handle: str
    taken: bool = False


USED = (
    "SELECT count(*), coalesce(sum(size), 0)::bigint FROM attachment "
    "WHERE incident_id = $1 AND removed_at IS NULL"
)

BY_LINK = "SELECT count(*) FROM attachment WHERE incident_id = $1 AND link_hash = $2"

ATTACH = """
INSERT INTO attachment (incident_id, name, type, size, sha256, public, attached_at, attached_by,
  place, handle, link_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class AttachmentService:
    """The operations on attachments, within a quota."""

    uow: UnitOfWork
    stores: FileStores
    quota: AttachmentQuota

    async def attach(
        self,
        number: str,
        file: UploadedFile,
        who: Principal,
        *,
        if_match: int | None = None,
        once: IdempotencyKey | None = None,
    ) -> tuple[str, int]:
        """Attach a file to a record; return the record's number and the file's id.

        A reporter's file is public. Outside of the database a file is stored before its row is
        committed: a crash leaves a file without a row, which is swept, and never a row without a
        file.

        Raises NotFound, Forbidden, VersionMismatch, Unavailable, IdempotencyMismatch, and
        TooLarge beyond the quota.
        """
        handle = (
            ""
            if self.stores.chosen is FilePlace.PARTS
            else await self.stores.at(self.stores.chosen).keep(file.content)
        )

        async def work(tx: Transaction) -> AttachedFile:
            if once is not None and (known := await claim_key(tx.conn, once, tx.now)) is not None:
                incident = await tx.lock(number, who)
                return AttachedFile(incident.number, int(known), stored=False)
            incident = await tx.lock(number, who, if_match)
            file_id = await self._put(tx, incident, file, who, handle)
            incident = await _told(tx, incident, who, file_id, file)
            if once is not None:
                await store_result(tx.conn, once, str(file_id).encode())
            return AttachedFile(incident.number, file_id, stored=True)

        try:
            attached = await self.uow.within(work)
        except GatewayError as error:
            if not isinstance(error, Unavailable):  # then nobody knows whether it was committed
                await self._forget(FileLocation(self.stores.chosen, handle, 0, 0))
            raise
        if not attached.stored:
            await self._forget(FileLocation(self.stores.chosen, handle, 0, 0))
        return attached.number, attached.file_id

    @asynccontextmanager
    async def holding(self, files: Sequence[tuple[str, bytes]]) -> AsyncIterator[list[PendingFile]]:
        """Store files until the end of the block, and for good if a record took them by then.

        Raises Unavailable; then, and after a crash, files of no record are swept.
        """
        async with AsyncExitStack() as stack:
            waiting = [await self._held(stack, name, content) for name, content in files]
            try:
                yield waiting
            except Unavailable:
                raise
            except BaseException:
                await self._let_go(waiting)
                raise
            await self._let_go([one for one in waiting if not one.taken])

    async def _held(self, stack: AsyncExitStack, name: str, content: bytes) -> PendingFile:
        got = await stack.enter_async_context(
            receive_file(_whole(content), self.quota.each, self.stores.directory)
        )
        handle = (
            ""
            if self.stores.chosen is FilePlace.PARTS
            else await self.stores.at(self.stores.chosen).keep(got)
        )
        return PendingFile(UploadedFile(name, got, public=True), handle)

    async def _let_go(self, waiting: Sequence[PendingFile]) -> None:
        for one in waiting:
            await self._forget(FileLocation(self.stores.chosen, one.handle, 0, 0))

    async def take(
        self, tx: Transaction, incident: Incident, waiting: PendingFile, who: Principal
    ) -> Mapping[str, Any]:
        """Attach a waiting file to a locked record, without a permission check.

        Return its timeline facts.

        Raises TooLarge.
        """
        made = await self._row(tx, incident, waiting.file, who, waiting.handle)
        waiting.taken = True
        return _facts(incident, who, made, waiting.file)

    async def _put(
        self, tx: Transaction, incident: Incident, file: UploadedFile, who: Principal, handle: str
    ) -> int:
        raise_if_refused(may(who, Action.ATTACH, incident))
        return await self._row(tx, incident, file, who, handle)

    async def _row(
        self, tx: Transaction, incident: Incident, file: UploadedFile, who: Principal, handle: str
    ) -> int:
        link = sha256(file.link.encode()).digest() if file.link else None
        await _within(tx.conn, self.quota, incident, file.content.size, link)
        content, place = file.content, self.stores.chosen
        made: int = await tx.conn.fetchval(
            ATTACH,
            incident.id,
            safe_name(file.name),
            content.type,
            content.size,
            content.sha256,
            _public(file, who, incident),
            tx.now,
            who.name,
            place,
            handle,
            link,
        )
        if place is FilePlace.PARTS:
            await put_parts(tx.conn, made, content)
        return made

    async def detach(
        self, number: str, attachment: int, who: Principal, *, if_match: int | None = None
    ) -> Incident:
        """Delete a file's content for good; raise NotFound, Forbidden and VersionMismatch."""
        gone: list[FileLocation] = []

        async def work(tx: Transaction) -> Incident:
            incident = await tx.lock(number, who, if_match)
            raise_if_refused(may(who, Action.DETACH, incident))
            row = await tx.conn.fetchrow(DETACH, attachment, incident.id, tx.now, who.name)
            if row is None:
                raise NotFound(f"{number} has no file {attachment}")
            await tx.conn.execute(DISCARD, attachment)
            gone[:] = [FileLocation(FilePlace(row["place"]), row["handle"], attachment, 0)]
            facts = {"attachment": attachment, "name": row["name"], "sha256": row["sha256"].hex()}
            return (
                await tx.write(
                    [Revision(after=incident, actor=who.name, events=(("detached", facts),))]
                )
            )[0]

        incident = await self.uow.within(work)
        await self._forget(gone[0])
        return incident

    async def _forget(self, kept: FileLocation) -> None:
        """Delete a stored file that no row refers to; if it cannot be reached it is swept later."""
        try:
            await self.stores.drop(kept)
        except Unavailable as error:
            log.warning(
                "file_not_dropped", place=kept.place, handle=kept.handle, error=error.detail
            )


DETACH = """
UPDATE attachment SET content = NULL, removed_at = $3, removed_by = $4
WHERE id = $1 AND incident_id = $2 AND removed_at IS NULL RETURNING name, sha256, place, handle
"""

DISCARD = "DELETE FROM attachment_part WHERE attachment_id = $1"


def _public(file: UploadedFile, who: Principal, incident: Incident) -> bool:
    return file.public or may(who, Action.INSPECT, incident) != ALLOWED


async def _told(
    tx: Transaction, incident: Incident, who: Principal, attachment: int, file: UploadedFile
) -> Incident:
    """Return the record with the timeline entry of its file.

    A file of its reporter has the effects of a note of theirs without words.
    """
    facts = _facts(incident, who, attachment, file)
    attached = Revision(after=incident, actor=who.name, events=(("attached", facts),))
    written = (await tx.write([attached]))[0]
    return (
        await apply_answer(tx, written, who, ReporterAnswer("", file.name))
        if who.is_outsider
        else written
    )


def _facts(
    incident: Incident, who: Principal, attachment: int, file: UploadedFile
) -> Mapping[str, Any]:
    content = file.content
    return {
        "attachment": attachment,
        "name": safe_name(file.name),
        "type": content.type,
        "size": content.size,
        "sha256": content.sha256.hex(),
        "public": _public(file, who, incident),
    }


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _within(
    conn: Connection, quota: AttachmentQuota, incident: Incident, size: int, link: bytes | None
) -> None:
    count, used = await conn.fetchrow(USED, incident.id) or (0, 0)
    if size > quota.each:
        raise TooLarge(f"a file here has at most {quota.each} bytes")
    if count >= quota.count:
        raise TooLarge(f"{incident.number} has {count} files, as many as a record may have")
    if used + size > quota.record:
        raise TooLarge(
            f"the files of a record have at most {quota.record} bytes together; {incident.number} "
            f"has {used}"
        )
    if link is not None and await conn.fetchval(BY_LINK, incident.id, link) >= quota.link:
        raise TooLarge(
            f"by one link at most {quota.link} files are taken: ask the service desk for another "
            "one"
        )
