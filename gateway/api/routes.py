"""The route table: everything our own API serves, as data. OpenAPI, /docs and the tests are made from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.api import evidence, feed, keys, listing, reads, views, wire, writes
from gateway.api.body import decode, read
from gateway.api.context import Call, Context
from gateway.operations.keys import Scope

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
ONE = "/api/v1/incidents/{number}"
View, Ref = views.IncidentView, wire.Reference


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `request` is the struct of its body, `query` of its query, `response` of its answer, or None."""

    method: str
    path: str
    scope: Scope
    handler: Callable[[Call], Awaitable[web.Response]]
    summary: str
    response: Any = None
    request: Any = None
    query: Any = None
    status: int = 200


ROUTES = (
    Route("GET", "/api/v1/incidents", READ, reads.list_incidents, "List and search incidents", reads.Page, None, listing.Query),
    Route("POST", "/api/v1/incidents", WRITE, writes.create_incident, "Open an incident", View, wire.NewIncident, None, 201),
    Route("GET", ONE, READ, reads.read_incident, "Read an incident; the ETag is its version", View),
    Route("PATCH", ONE, WRITE, writes.patch_incident, "Correct fields of an incident", View, wire.Patch),
    Route("GET", ONE + "/timeline", READ, reads.read_timeline, "Everything that happened to an incident", reads.Timeline),
    Route("GET", ONE + "/sla", READ, reads.read_sla, "The clocks of an incident, second by second", views.Sla),
    Route("GET", ONE + "/alerts", READ, reads.read_alerts, "The alerts an incident answers for", reads.Alerts),
    Route("GET", ONE + "/related", READ, reads.read_related, "The master and the related incidents", reads.Related),
    Route("GET", ONE + "/refs/{system}", READ, writes.read_reference, "What another system calls an incident", Ref),
    Route("PUT", ONE + "/refs/{system}", WRITE, writes.put_reference, "Compare and set another system's name for it", Ref, Ref),
    Route("POST", ONE + "/acknowledge", WRITE, writes.take_action, "Take it on", View, wire.Acknowledge),
    Route("POST", ONE + "/accept", WRITE, writes.take_action, "Accept an assignment", View, wire.Acknowledge),
    Route("POST", ONE + "/assign", WRITE, writes.take_action, "Give it to a group or person", View, wire.Assign),
    Route("POST", ONE + "/return", WRITE, writes.take_action, "Give it back to the desk", View, wire.Return),
    Route("POST", ONE + "/hold", WRITE, writes.take_action, "Stop the clocks", View, wire.Hold),
    Route("POST", ONE + "/resume", WRITE, writes.take_action, "Go on after a hold", View, wire.Resume),
    Route("POST", ONE + "/escalate", WRITE, writes.take_action, "Hand it to tier 3 or a vendor", View, wire.Escalate),
    Route("POST", ONE + "/resolve", WRITE, writes.take_action, "A solution is in place", View, wire.Resolve),
    Route("POST", ONE + "/confirm", WRITE, writes.take_action, "The reporter agrees", View, wire.Confirm),
    Route("POST", ONE + "/refuse", WRITE, writes.take_action, "The reporter does not agree", View, wire.Refuse),
    Route("POST", ONE + "/close", WRITE, writes.take_action, "End it", View, wire.Close),
    Route("POST", ONE + "/reject", WRITE, writes.take_action, "Refuse it as out of scope", View, wire.Reject),
    Route("POST", ONE + "/declare_major", WRITE, writes.take_action, "Make it a major incident", View, wire.DeclareMajor),
    Route("POST", ONE + "/note", WRITE, writes.take_action, "Add to the work log", View, wire.Note),
    Route("POST", ONE + "/rate", WRITE, writes.take_action, "The reporter's satisfaction", View, wire.Rate),
    Route("POST", ONE + "/link", WRITE, writes.link_incident, "Make it follow a master", View, wire.Link),
    Route("POST", ONE + "/unlink", WRITE, writes.unlink_incident, "Undo a link", View, wire.Unlink),
    Route("POST", "/api/v1/sla/simulate", READ, writes.simulate_sla, "The clocks of a story", writes.Clocks, wire.Simulate),
    Route("GET", "/api/v1/changes", READ, feed.read_changes, "What changed, without gaps", feed.Changes, None, feed.Query),
    Route("GET", "/api/v1/receipts/{id}", READ, evidence.read_receipt, "What became of a delivery", evidence.ReceiptView),
    Route("GET", "/api/v1/quarantine", READ, evidence.list_quarantine, "What could not be understood", evidence.Quarantine,
          None, evidence.QuarantineQuery),
    Route("GET", "/api/v1/keys", ADMIN, keys.list_keys, "List keys", keys.KeyList),
    Route("POST", "/api/v1/keys", ADMIN, keys.create_key, "Make a key, shown once", keys.NewKeyView, wire.NewKey, None, 201),
    Route("DELETE", "/api/v1/keys/{id}", ADMIN, keys.revoke_key, "Revoke a key", None, None, None, 204),
)  # fmt: skip


def endpoint(route: Route, context: Context) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The route as aiohttp calls it: who asks, what with, then the handler."""

    async def serve(request: web.Request) -> web.Response:
        caller = await context.keys.authenticate(request, route.scope)
        raw = b"" if route.request is None else await read(request)
        body = None if route.request is None else decode(raw, route.request)
        return await route.handler(Call(context, request, caller, body, raw))

    return serve
