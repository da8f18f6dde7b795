"""The API of records: list, create, read, change, act on."""

import msgspec
from aiohttp import web

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED, Action, may, visibility_of
from gateway.api import wire
from gateway.api.context import ApiCall, QueryCall, respond
from gateway.api.records.responses import (
    ActionResult,
    SkippedView,
    respond_with_new_record,
    respond_with_record,
    respond_with_result,
    view_record,
)
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire, transaction
from gateway.errors import Flaw, GatewayError, Malformed, NotFound, Unprocessable
from gateway.incidents import store
from gateway.incidents.commands import Command
from gateway.incidents.record import Incident
from gateway.operations import link as linking
from gateway.operations.actions.act import act
from gateway.operations.actions.cascading import CASCADING, load_skipped
from gateway.operations.convert import convert
from gateway.operations.create import NewReport, create
from gateway.operations.edit import edit
from gateway.operations.follow_on import follow_on
from gateway.operations.idempotency import claim_key
from gateway.operations.references import delete_reference, reference_tag, set_reference
from gateway.views.incidents import incident_views
from gateway.views.list_query import IncidentQuery
from gateway.views.listing import fetch_page, parse_field_filters, parse_label_filters, parse_query
from gateway.views.record_fields import IncidentView, NewIncident, Patch
from gateway.views.reporter import check_filters
from gateway.web import body


class IncidentPage(msgspec.Struct):
    """A page of records; `next` is the cursor of the next page, null at the end."""

    incidents: list[IncidentView]
    next: str | None


class BulkResult(msgspec.Struct, omit_defaults=True):
    """The result for one of many records: its new version, or the problem."""

    number: str
    version: int | None = None
    problem: str | None = None
    detail: str | None = None
    skipped: list[SkippedView] = []


class BulkResults(msgspec.Struct):
    """The result for each record."""

    results: list[BulkResult]


def read_query(request: web.Request) -> IncidentQuery:
    """Return the filter and the page that a request for a list names; raises Malformed."""
    return parse_query(request.query)


async def list_incidents(call: QueryCall[IncidentQuery]) -> web.Response:
    """Return one page of records, newest first unless `sort` says otherwise."""
    uow = call.context.uow
    query, having = call.query, parse_field_filters(call.request.query, uow.fields)
    if may(call.who, Action.INSPECT) != ALLOWED:
        check_filters(query)
    labels = parse_label_filters(call.request.query)
    turn = call.context.searches.turn(needed=bool(query.q or having or labels))
    async with turn, acquire(uow.pool) as conn:
        found, following = await fetch_page(conn, query, visibility_of(call.who), having, labels)
        return respond(
            IncidentPage(
                await incident_views(conn, uow.rules, found, uow.clock.stamp(), call.who), following
            )
        )


async def create_incident(call: ApiCall[NewIncident]) -> web.Response:
    """Create a record."""
    report = NewReport(**{name: getattr(call.body, name) for name in NewIncident.__struct_fields__})
    return await respond_with_new_record(
        call, lambda uow: create(uow, report, call.who, once=call.once())
    )


async def read_incident(call: ApiCall[None]) -> web.Response:
    """Return one record, or 304 when If-None-Match names its version."""
    async with acquire(call.context.uow.pool) as conn:
        incident = await find_record(conn, call)
        etag = f'"{incident.version}"'
        if call.request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        view = await view_record(conn, call.context.uow, incident, call.who)
    return respond(view, etag=str(incident.version))


async def patch_incident(call: ApiCall[Patch]) -> web.Response:
    """Change fields of a record."""
    changes = body.sent_fields(call.body)
    note = changes.pop("note")
    return await respond_with_record(
        call,
        lambda uow: edit(
            uow,
            call.number,
            changes,
            call.who,
            note=note,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


async def take_action(call: ApiCall[wire.ActionBody]) -> web.Response:
    """Take one action on one record."""
    command = wire.command_of(call.body)
    async with call.context.uow.holding_connection() as (uow, conn):
        incident = await act(
            uow, call.number, command, call.who, if_match=call.if_match(), once=call.once()
        )
        skipped = await _skipped(conn, incident, command)
        view = await view_record(conn, uow, incident, call.who)
    return respond(ActionResult(view, skipped), etag=str(incident.version))


async def _skipped(conn: Connection, incident: Incident, command: Command) -> list[SkippedView]:
    """Return the related records that the command was to be applied to and was not."""
    if not (isinstance(command, CASCADING) and command.related):
        return []
    return [SkippedView(one.incident, one.reason) for one in await load_skipped(conn, incident)]


async def link_incident(call: ApiCall[wire.LinkTo]) -> web.Response:
    """Link a record to a master."""
    return await respond_with_result(
        call,
        lambda uow: linking.link(
            uow,
            call.number,
            call.body.master,
            call.who,
            note=call.body.note,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


async def unlink_incident(call: ApiCall[wire.Unlink]) -> web.Response:
    """Unlink a record from its master."""
    return await respond_with_result(
        call,
        lambda uow: linking.unlink(
            uow,
            call.number,
            call.who,
            note=call.body.note,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


async def refuse_proposed_link(call: ApiCall[wire.RefuseLink]) -> web.Response:
    """Refuse a proposed link to a master."""
    return await respond_with_result(
        call,
        lambda uow: linking.refuse_link(
            uow,
            call.number,
            call.body.master,
            call.who,
            note=call.body.note,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


async def create_follow_on(call: ApiCall[wire.FollowOn]) -> web.Response:
    """Create a follow-on record of a closed record."""
    return await respond_with_new_record(
        call,
        lambda uow: follow_on(uow, call.number, call.who, note=call.body.note, once=call.once()),
    )


async def convert_record(call: ApiCall[wire.Convert]) -> web.Response:
    """Convert a record to another kind."""
    asked = call.body
    if (asked.to == "change") is (asked.change is None):
        raise Unprocessable(
            "a change says which one it is",
            flaws=(Flaw("/change", "needed for a change, and only for one"),),
        )
    if (asked.to == "service_request") is (asked.request_category is None):
        flaw = Flaw("/request_category", "needed for a service request, and only for one")
        raise Unprocessable("a service request says what it asks for", flaws=(flaw,))
    change = None if asked.change is None else (asked.change.system, asked.change.reference)
    return await respond_with_result(
        call,
        lambda uow: convert(
            uow,
            call.number,
            call.who,
            change=change,
            category=asked.request_category,
            note=asked.note,
            if_match=call.if_match(),
            once=call.once(),
        ),
    )


async def act_on_many(call: ApiCall[wire.Bulk]) -> web.Response:
    """Take one action on many records, each by itself, and return the result for each.

    The same request again does what could not be done before, and nothing twice.
    """
    if call.body.action not in wire.ACTIONS:
        raise Malformed(
            "there is no such action", flaws=(Flaw("/action", "one of " + ", ".join(wire.ACTIONS)),)
        )
    asked = body.decode(msgspec.json.encode(call.body.body), wire.ACTIONS[call.body.action])
    body.check_times(asked, "/body")
    results: list[BulkResult] = []
    once, command = call.once(), wire.command_of(asked)
    if once is not None:
        async with transaction(call.context.uow.pool) as conn:
            await claim_key(conn, once, await fetch_now(conn, call.context.uow.clock.stamp()))
    for number in dict.fromkeys(call.body.numbers):
        each = None if once is None else once.part(number)
        try:
            async with call.context.uow.holding_connection() as (uow, conn):
                incident = await act(uow, number, command, call.who, once=each)
                skipped = await _skipped(conn, incident, command)
            results.append(BulkResult(number, version=incident.version, skipped=skipped))
        except GatewayError as error:
            results.append(
                BulkResult(number, problem=f"/problems/{error.code}", detail=error.detail)
            )
    return respond(BulkResults(results))


async def put_reference(call: ApiCall[wire.Reference]) -> web.Response:
    """Set the reference to another system, if it is still the one that the caller expects."""
    none_yet = call.request.headers.get("If-None-Match", "").strip() == "*"
    expect = "" if none_yet else _expected_reference(call)
    system = call.request.match_info["system"]
    incident = await set_reference(
        call.context.uow, call.number, system, call.body, call.who, expect=expect
    )
    return respond(incident.refs[system], etag=reference_tag(incident.refs[system]))


async def remove_reference(call: ApiCall[None]) -> web.Response:
    """Delete the reference to another system, if it is still the one that the caller expects."""
    system = call.request.match_info["system"]
    await delete_reference(
        call.context.uow, call.number, system, call.who, expect=_expected_reference(call)
    )
    return web.Response(status=204)


def _expected_reference(call: ApiCall[object]) -> str | None:
    """Return the tag of the reference that the caller means to change, None for any."""
    tag = call.request.headers.get("If-Match", "*").strip()
    return None if tag == "*" else tag.removeprefix("W/").strip('" ')


async def read_reference(call: ApiCall[None]) -> web.Response:
    """Return the reference to another system."""
    incident = await require_record(call, Action.INSPECT)
    system = call.request.match_info["system"]
    if system not in incident.refs:
        raise NotFound(f"{incident.number} has no counterpart in {system}")
    return respond(incident.refs[system], etag=reference_tag(incident.refs[system]))


async def require_record(call: ApiCall[object], action: Action = Action.READ) -> Incident:
    """Return the record in the path.

    Raises NotFound where there is none that the caller may see, and Forbidden without the right
    to `action`.
    """
    async with acquire(call.context.uow.pool) as conn:
        return await find_record(conn, call, action)


async def find_record(
    conn: Connection, call: ApiCall[object], action: Action = Action.READ
) -> Incident:
    """Return the record in the path, read on this connection; raises as `require_record` does."""
    incident = await store.by_number(conn, call.number, visibility_of(call.who))
    if incident is None:
        raise NotFound(f"no incident has the number {call.number}")
    raise_if_refused(may(call.who, action, incident))
    return incident
