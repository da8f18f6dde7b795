"""The API of links to records of other systems, and of complaints about a record."""

from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.access.permissions import Action, visibility_of
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.records.incidents import find_record
from gateway.api.records.responses import respond_with_result
from gateway.db.pool import acquire
from gateway.operations import complaints, linked
from gateway.untrusted import bounds
from gateway.untrusted.bounds import Request
from gateway.vocabulary import LinkKind

Reference = Annotated[str, Meta(min_length=1, max_length=256)]


class NewLink(Request, kw_only=True):
    """A record of another system to link."""

    kind: LinkKind
    system: bounds.Slug
    reference: Reference
    address: Annotated[str, Meta(max_length=2_048)] = ""
    title: bounds.Name = ""


class UnlinkQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The link to delete."""

    kind: LinkKind
    system: bounds.Slug
    reference: Reference


class LinkedRecords(msgspec.Struct):
    """The records that a record led to, in the order they were linked."""

    linked: list[linked.RecordLinkEntry]


class NewComplaint(Request, kw_only=True):
    """A complaint to file; `complainant` is the person who complains, the caller if left out."""

    text: Annotated[str, Meta(min_length=1, max_length=32_768)]
    complainant: bounds.Name = ""


class ComplaintView(msgspec.Struct):
    """A complaint about a record."""

    id: int
    number: str
    text: str
    complainant: str
    filed_at: datetime
    filed_by: str


class ComplaintPage(msgspec.Struct):
    """A page of complaints, newest first.

    `next` is the `before` of the next page, null at the end.
    """

    complaints: list[ComplaintView]
    next: int | None


class ComplaintQuery(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A page of complaints: only ids below `before`, at most `limit`."""

    before: Annotated[int, Meta(ge=1, le=2**62)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


async def link_record(call: ApiCall[NewLink]) -> web.Response:
    """Link a record of another system."""
    asked = call.body
    one = linked.RecordLink(
        kind=asked.kind,
        system=asked.system,
        reference=asked.reference,
        address=asked.address,
        title=asked.title,
    )
    return await respond_with_result(
        call,
        lambda uow: linked.link_record(
            uow, call.number, one, call.who, if_match=call.if_match(), once=call.once()
        ),
    )


async def list_linked(call: ApiCall[None]) -> web.Response:
    """List the linked records."""
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT)
        return respond(
            LinkedRecords((await linked.load_links(conn, [incident.id])).get(incident.id, []))
        )


async def unlink_record(call: QueryCall[UnlinkQuery]) -> web.Response:
    """Delete one link."""
    one = call.query
    await linked.unlink_record(
        call.context.uow,
        call.number,
        one.kind,
        one.system,
        one.reference,
        call.who,
        if_match=call.if_match(),
    )
    return web.Response(status=204)


async def complain(call: ApiCall[NewComplaint]) -> web.Response:
    """File a complaint about a record."""
    return await respond_with_result(
        call,
        lambda uow: complaints.file_complaint(
            uow,
            call.number,
            call.body.text,
            call.body.complainant,
            call.who,
            if_match=call.if_match(),
            once=call.once(),
        ),
        201,
    )


async def list_complaints(call: QueryCall[ComplaintQuery]) -> web.Response:
    """List the complaints about the record in the path, or about any."""
    query = call.query
    of_one = "number" in call.request.match_info
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call, Action.INSPECT) if of_one else None
        rows = await complaints.load_complaints(
            conn,
            visibility_of(call.who),
            incident=None if incident is None else incident.id,
            before=query.before,
            limit=query.limit + 1,
        )
    page = [
        ComplaintView(r.id, r.number, r.text, r.complainant, r.filed_at, r.filed_by)
        for r in rows[: query.limit]
    ]
    return respond(ComplaintPage(page, page[-1].id if len(rows) > query.limit else None))
