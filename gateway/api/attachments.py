"""Files of a record: send, list, fetch, take away. They are downloads, whatever they hold, and never shown in place."""

import warnings
from collections.abc import Sequence
from datetime import datetime

import msgspec
from aiohttp import web
from aiohttp.multipart import content_disposition_filename, parse_content_disposition
from aiohttp.web_protocol import RequestPayloadError
from asyncpg import Record

from gateway.api.context import Call, respond
from gateway.api.incidents import found
from gateway.db.pool import Connection, acquire
from gateway.errors import Malformed, NotFound, TooLarge
from gateway.incidents.files import disposition
from gateway.incidents.record import Incident
from gateway.operations import attach as attaching
from gateway.operations.permissions import ALLOWED, Action, may


class Attachment(msgspec.Struct):
    """A file of a record; `type` is what its bytes say, `sha256` in hex. One that was removed is named and cannot be fetched."""

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


class Attachments(msgspec.Struct):
    """The files of a record in the order they came."""

    attachments: list[Attachment]


class Naming(msgspec.Struct):
    """What the file is called, unless Content-Disposition says, and whether the reporter may read it ("true" or "false")."""

    name: str = ""
    public: str = "false"


LIST = """
SELECT id, name, type, size, sha256, public, attached_at, attached_by, removed_at, removed_by FROM attachment
WHERE incident_id = $1 AND (public OR $2::bool) ORDER BY id
"""
ONE = "SELECT name, type, content FROM attachment WHERE incident_id = $1 AND (public OR $2::bool) AND id = $3"


async def attach_file(call: Call) -> web.Response:
    """Keep the body as a file."""
    await found(call, Action.ATTACH)
    quota = call.context.quota
    name, public = _naming(call.request)
    file = attaching.File(name, await _read(call.request, quota.each), public)
    incident, made = await attaching.attach(call.context.desk, quota, call.number, file, call.who, if_match=call.if_match())
    async with acquire(call.context.desk.pool) as conn:
        [one] = [file for file in await files_of(conn, incident, whole=True) if file.id == made]
    location = f"/api/v1/incidents/{incident.number}/attachments/{made}"
    return respond(one, 201, str(incident.version), location)


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
        warnings.simplefilter("ignore")  # what cannot be read names nothing, which is answered
        return content_disposition_filename(parse_content_disposition(header)[1])


async def _read(request: web.Request, most: int) -> bytes:
    """The body as it was sent; no more of it is read than may be kept."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Malformed("Content-Encoding is not taken: send the file as it is")
    content = bytearray()
    too_large = TooLarge(f"a file here has at most {most} bytes")
    if (request.content_length or 0) > most:
        raise too_large
    try:
        async for chunk in request.content.iter_any():
            content += chunk
            if len(content) > most:
                raise too_large
    except (RequestPayloadError, ValueError) as error:
        raise Malformed("the body cannot be read: its encoding is broken") from error
    return bytes(content)


async def list_files(call: Call) -> web.Response:
    """The files that are there for the caller."""
    incident = await found(call)
    async with acquire(call.context.desk.pool) as conn:
        return respond(Attachments(await files_of(conn, incident, whole=_whole(call, incident))))


async def fetch_file(call: Call) -> web.Response:
    """One file's bytes."""
    incident = await found(call)
    return await download(call, incident, whole=_whole(call, incident))


async def remove_file(call: Call) -> web.Response:
    """Take a file's content away; its name, size and hash stay."""
    await attaching.detach(call.context.desk, call.number, _id(call), call.who, if_match=call.if_match())
    return web.Response(status=204)


def _whole(call: Call, incident: Incident) -> bool:
    return may(call.who, Action.INSPECT, incident) == ALLOWED


def _id(call: Call) -> int:
    return int(call.request.match_info["id"])


async def files_of(conn: Connection, incident: Incident, *, whole: bool) -> list[Attachment]:
    """The record's files, those that are not public only with `whole`."""
    rows: Sequence[Record] = await conn.fetch(LIST, incident.id, whole)
    return [_view(row) for row in rows]


def _view(row: Record) -> Attachment:
    return Attachment(**{**row, "sha256": row["sha256"].hex()})


async def download(call: Call, incident: Incident, *, whole: bool) -> web.Response:
    """The bytes of the file in the path, which nobody's browser opens in place; raises NotFound."""
    async with acquire(call.context.desk.pool) as conn:
        row = await conn.fetchrow(ONE, incident.id, whole, _id(call))
    if row is None or row["content"] is None:
        raise NotFound(f"{incident.number} has no file {_id(call)}")
    headers = {
        "Content-Type": row["type"],
        "Content-Disposition": disposition(row["name"]),
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=row["content"], headers=headers)
