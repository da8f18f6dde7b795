"""What people and other systems do to records, and the clocks of stories that never happened."""

import re
from typing import Any

import msgspec
from aiohttp import web
from msgspec import UNSET

from gateway.api import wire
from gateway.api.context import Call, respond
from gateway.api.reads import found, shown
from gateway.api.views import Clock, clock_of
from gateway.db.pool import acquire
from gateway.errors import Flaw, Malformed, Unprocessable
from gateway.incidents.record import Incident
from gateway.operations import link as links
from gateway.operations.act import act
from gateway.operations.create import create
from gateway.operations.edit import edit
from gateway.operations.refs import ABSENT, reference, set_reference, tag_of
from gateway.sla.simulate import simulate

SYSTEM = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
TAG = re.compile(r'"([0-9a-f]{16})"')


class Clocks(msgspec.Struct):
    """The five clocks."""

    policy: str
    clocks: list[Clock]


async def create_incident(call: Call) -> web.Response:
    """Open a record by hand."""
    incident = await create(call.context.desk, call.body.report(), call.caller.name, once=call.once())
    return await _answer(call, incident, status=201, location=f"/api/v1/incidents/{incident.number}")


async def patch_incident(call: Call) -> web.Response:
    """Correct fields of a record."""
    incident = await edit(
        call.context.desk, call.number, call.body.changes(), call.caller.name, if_match=call.if_match(), once=call.once()
    )
    return await _answer(call, incident)


async def take_action(call: Call) -> web.Response:
    """Apply the action that the struct of the body stands for."""
    body = call.body
    incident = await act(
        call.context.desk, call.number, body.command(), call.caller.name,
        if_match=call.if_match(), related=body.to_related, once=call.once(),
    )  # fmt: skip
    other = isinstance(body, wire.Acknowledge) and incident.handler != (body.person or call.caller.name)
    return await _answer(call, incident, already_acked_by=incident.handler if other else UNSET)


async def link_incident(call: Call) -> web.Response:
    """Make a record follow a master."""
    body = call.body
    incident = await links.link(
        call.context.desk, call.number, body.master, call.caller.name, note=body.note, if_match=call.if_match()
    )
    return await _answer(call, incident)


async def unlink_incident(call: Call) -> web.Response:
    """Undo a link."""
    incident = await links.unlink(call.context.desk, call.number, call.caller.name, note=call.body.note, if_match=call.if_match())
    return await _answer(call, incident)


async def read_reference(call: Call) -> web.Response:
    """What another system calls the record, with the ETag to change it by."""
    system = _system(call)
    async with acquire(call.context.pool) as conn:
        incident = await found(conn, call.number)
    return respond(reference(incident, system), etag=tag_of(incident, system))


async def put_reference(call: Call) -> web.Response:
    """Set what another system calls the record, unless somebody else was quicker."""
    system, value = _system(call), msgspec.to_builtins(call.body)
    incident = await set_reference(
        call.context.desk, call.number, system, value, call.caller.name, expected=_expected(call.request)
    )
    call.context.wake.call()
    return respond(reference(incident, system), etag=tag_of(incident, system))


def _system(call: Call) -> str:
    system = call.request.match_info["system"]
    if not SYSTEM.fullmatch(system):
        raise Malformed("a system is named by 1 to 64 of a-z, 0-9, _ and -")
    return system


def _expected(request: web.Request) -> str:
    if request.headers.get("If-None-Match", "").strip() == "*":
        return ABSENT
    tag = TAG.fullmatch(request.headers.get("If-Match", "").strip())
    if tag is None:
        raise Malformed("send `If-None-Match: *` to set the first reference, or `If-Match` with the ETag of the present one")
    return tag[1]


async def simulate_sla(call: Call) -> web.Response:
    """The clocks of a story, by the functions that run production."""
    body, rules = call.body, call.context.rules
    name = body.policy or rules.default
    if name not in rules.policies:
        raise Unprocessable(f"no policy is named {name!r}", flaws=(Flaw("/policy", f"one of {', '.join(rules.policies)}"),))
    readings = simulate(rules.policies[name], body.kind, body.events, body.at, priority=body.priority)
    return respond(Clocks(name, [clock_of(reading) for reading in readings]))


async def _answer(call: Call, incident: Incident, status: int = 200, location: str | None = None, **more: Any) -> web.Response:
    call.context.wake.call()
    view = msgspec.structs.replace(await shown(call.context, incident), **more)
    return respond(view, status, str(incident.version), location)
