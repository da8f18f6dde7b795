"""The API of a record's files: attach, list, download, remove.

Files are downloads, whatever they hold, and never shown in place.
"""

import warnings
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec
from aiohttp import web
from aiohttp.multipart import content_disposition_filename, parse_content_disposition
from asyncpg import Record

from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.api.context import ApiCall, respond
from gateway.api.records.incidents import find_record, require_record
from gateway.db.pool import Connection, acquire
from gateway.errors import Malformed, NotFound
from gateway.files.media_type import content_disposition
from gateway.files.spool import receive_file
from gateway.files.store import FileLocation, FilePlace
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.operations.attach import UploadedFile
from gateway.untrusted.request_bodies import check_head, malformed_when_broken, read_piece
from gateway.web.deadlines import FILE_SECONDS, extend_deadline


class AttachmentView(msgspec.Struct):
    """A file of a record.

    `type` is detected from its bytes, `sha256` is in hex. A file that was removed is listed and
    cannot be downloaded.
    """

    id: int
    name: str
    type: str
    size: int
    sha256: str
    public: bool
    attached_at: datetime
    attached_by: str
    removed_at: datetime | None
    removed_by: str | None


class AttachmentList(msgspec.Struct):
    """The files of a record in the order they were attached."""

    attachments: list[AttachmentView]


class AttachmentQuery(msgspec.Struct):
    """The name of a file, and whether the reporter may read it ("true" or "false").

    Without `name`, Content-Disposition names the file.
    """

    name: str = ""
    public: str = "false"


LIST = """
SELECT id, name, type, size, sha256, public, attached_at, attached_by, removed_at, removed_by
FROM attachment
WHERE incident_id = $1 AND (public OR $2::bool) ORDER BY id
"""
ONE = """
SELECT name, type, size, place, handle FROM attachment
WHERE incident_id = $1 AND (public OR $2::bool) AND id = $3 AND removed_at IS NULL
"""


async def attach_file(call: ApiCall[None]) -> web.Response:
    """Store the body as a file of the record."""
    incident = await require_record(call, Action.ATTACH)
    one, version = await store_attachment(call, incident, call.who)
    return respond(one, 201, version, f"/api/v1/incidents/{incident.number}/attachments/{one.id}")


async def store_attachment(
    call: ApiCall[object], incident: Incident, who: Principal, link: str = ""
) -> tuple[AttachmentView, str]:
    """Store the body as a file of the record, and return it with the record's new version.

    `link` is the reporter's link that it came by; without one it counts against the key's quota,
    which may raise QuotaExceeded.
    """
    attachments = call.context.attachments
    name, public = _naming(call.request)
    async with receive_file(
        _chunks(call.request, attachments.quota.each),
        attachments.quota.each,
        attachments.stores.directory,
    ) as content:
        if not link:
            call.context.keys.keep(call.caller, content.size)
        file = UploadedFile(name, content, public, link)
        once = call.once(content.sha256)
        extend_deadline(FILE_SECONDS)
        _, made = await attachments.attach(
            incident.number, file, who, if_match=call.if_match(), once=once
        )
    async with acquire(call.context.uow.pool) as conn:
        [after] = await store.by_ids(conn, [incident.id])
        [one] = [
            file for file in await fetch_attachments(conn, after, whole=True) if file.id == made
        ]
    return one, str(after.version)


def _naming(request: web.Request) -> tuple[str, bool]:
    public = request.query.get("public", "false")
    if public not in {"true", "false"}:
        raise Malformed("public is true or false")
    header = request.headers.get("Content-Disposition")
    name = request.query.get("name") or (_named(header) if header else None)
    if not name:
        raise Malformed("name the file by ?name= or by Content-Disposition: attachment; filename=")
    return name, public == "true"


def _named(header: str) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # a header that cannot be read gives no name, which the caller answers
        return content_disposition_filename(parse_content_disposition(header)[1])


async def _chunks(request: web.Request, most: int) -> AsyncIterator[bytes]:
    """Yield the body as it comes.

    Raises Malformed for one that is encoded or broken, and TooLarge if its Content-Length is
    over `most`.
    """
    check_head(request, most, "file")
    with malformed_when_broken():
        while chunk := await read_piece(request):
            yield chunk


async def list_files(call: ApiCall[None]) -> web.Response:
    """List the files that the caller may see."""
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call)
        return respond(
            AttachmentList(await fetch_attachments(conn, incident, whole=_whole(call, incident)))
        )


async def fetch_file(call: ApiCall[None]) -> web.Response:
    """Return the content of one file."""
    incident = await require_record(call)
    return await download(call, incident, whole=_whole(call, incident))


async def remove_file(call: ApiCall[None]) -> web.Response:
    """Delete a file's content; its name, size and hash stay."""
    await call.context.attachments.detach(call.number, call.id, call.who, if_match=call.if_match())
    return web.Response(status=204)


def _whole(call: ApiCall[object], incident: Incident) -> bool:
    return may(call.who, Action.INSPECT, incident) == ALLOWED


async def fetch_attachments(
    conn: Connection, incident: Incident, *, whole: bool
) -> list[AttachmentView]:
    """Return the record's files; those that are not public only with `whole`."""
    rows: Sequence[Record] = await conn.fetch(LIST, incident.id, whole)
    return [_view(row) for row in rows]


def _view(row: Record) -> AttachmentView:
    return AttachmentView(**{**row, "sha256": row["sha256"].hex()})


async def download(call: ApiCall[object], incident: Incident, *, whole: bool) -> web.Response:
    """Return the content of the file in the path, as a download that no browser opens in place.

    Raises NotFound and Unavailable.
    """
    async with acquire(call.context.uow.pool) as conn:
        row = await conn.fetchrow(ONE, incident.id, whole, call.id)
    if row is None:
        raise NotFound(f"{incident.number} has no file {call.id}")
    headers = {
        "Content-Type": row["type"],
        "Content-Length": str(row["size"]),
        "Content-Disposition": content_disposition(row["name"]),
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    extend_deadline(FILE_SECONDS)
    pieces = call.context.attachments.stores.read(
        FileLocation(FilePlace(row["place"]), row["handle"], call.id, row["size"])
    )
    return web.Response(body=await _begun(pieces), headers=headers)


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Return the same pieces with the first of them read already.

    A file that cannot be read is thus answered as a problem and not with half a response.
    """
    first = await anext(pieces, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return whole()
