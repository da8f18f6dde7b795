"""The whole route table, as data: what may be called, by whom, with what and for what."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api import body, incidents, keys, problems, promises, quarantine, reads, wire
from gateway.api.context import Call, Context
from gateway.api.feed import Changes, Feed
from gateway.api.feed import Query as FeedQuery
from gateway.api.listing import Query as ListQuery
from gateway.api.views import IncidentView, Sla
from gateway.operations.keys import Scope

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN

Serve = Callable[[Call], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `takes` is its body's type, `gives` the body's type of its answer, `query` its parameters' type."""

    method: str
    path: str
    serve: Serve
    scope: Scope
    summary: str
    takes: Any = None
    gives: Any = None
    query: Any = None
    status: int = 200


V1 = "/api/v1"
ONE = V1 + "/incidents/{number}"
REF = ONE + "/refs/{system:[a-z0-9][a-z0-9_-]{0,63}}"
KEY = V1 + "/keys/{id:[0-9]{1,9}}"


def table(feed: Feed) -> tuple[Route, ...]:
    """Every operation of the API."""
    act, view, acted = incidents.take_action, IncidentView, incidents.Acted
    actions = (Route("POST", f"{ONE}/{name}", act, WRITE, _sentence(kind), kind, acted) for name, kind in wire.ACTIONS.items())
    return (
        Route("GET", V1 + "/incidents", incidents.list_incidents, READ, "List records", None, incidents.Page, ListQuery),
        Route("POST", V1 + "/incidents", incidents.create_incident, WRITE, "Make a record", wire.NewIncident, view, status=201),
        Route("POST", V1 + "/incidents/bulk", incidents.act_on_many, WRITE, "Act on many", wire.Bulk, incidents.BulkResults),
        Route("GET", ONE, incidents.read_incident, READ, "Read a record", None, view),
        Route("PATCH", ONE, incidents.patch_incident, WRITE, "Correct a record", wire.Patch, view),
        Route("GET", ONE + "/timeline", reads.read_timeline, READ, "Everything that happened", None, reads.Timeline),
        Route("GET", ONE + "/sla", reads.read_sla, READ, "Every clock, every second explained", None, Sla),
        Route("GET", ONE + "/alerts", reads.read_alerts, READ, "The alerts it answers for", None, reads.Alerts),
        Route("GET", ONE + "/related", reads.read_related, READ, "Its master and followers", None, reads.Related),
        Route("POST", ONE + "/link", incidents.link_incident, WRITE, "Follow a master", wire.LinkTo, acted),
        Route("POST", ONE + "/unlink", incidents.unlink_incident, WRITE, "Follow it no longer", wire.Unlink, acted),
        *actions,
        Route("GET", REF, incidents.read_reference, READ, "Its counterpart elsewhere", None, wire.Reference),
        Route("PUT", REF, incidents.put_reference, WRITE, "Set its counterpart elsewhere", wire.Reference, wire.Reference),
        Route("GET", V1 + "/changes", feed.read, READ, "The gap-free change feed", None, Changes, FeedQuery),
        Route("GET", V1 + "/receipts/{id}", reads.read_receipt, READ, "What became of a delivery", None, reads.ReceiptView),
        Route("GET", V1 + "/quarantine", quarantine.list_quarantine, READ, "What could not be understood", None,
              quarantine.Quarantine, quarantine.Query),
        Route("POST", V1 + "/quarantine/{id}/replay", quarantine.replay_quarantined, WRITE, "Read it again", None,
              quarantine.Replayed, status=202),
        Route("POST", V1 + "/sla/simulate", reads.simulate_sla, READ, "The clocks of a story", wire.Simulate, reads.Clocks),
        Route("POST", V1 + "/sla/preview", promises.preview_sla, ADMIN, "Whom an edit of policies and calendars would move",
              wire.Preview, promises.Preview),
        Route("GET", V1 + "/keys", keys.list_keys, ADMIN, "List keys", None, keys.KeyList),
        Route("POST", V1 + "/keys", keys.create_key, ADMIN, "Make a key", wire.NewKey, keys.MadeKey, status=201),
        Route("DELETE", KEY, keys.revoke_key, ADMIN, "Revoke a key", status=204),
    )  # fmt: skip


def _sentence(kind: Any) -> str:
    return (kind.__doc__ or "").partition("\n")[0].rstrip(".")


def build(context: Context) -> list[web.RouteDef]:
    """The routes of the API; errors become problems here, so that no middleware is needed for them."""
    return [web.route(route.method, route.path, _handler(context, route)) for route in table(Feed())]


def _handler(context: Context, route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            caller = await context.keys.authenticate(request, route.scope)
            raw = await body.read(request) if route.takes is not None else b""
            asked = body.decode(raw, route.takes) if route.takes is not None else None
            return await route.serve(Call(context, request, caller, asked, raw))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem
            return problems.answer(error)

    return handle
