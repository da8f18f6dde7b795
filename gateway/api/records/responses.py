"""The responses to a change of a record, which show the record as it is afterwards.

The change and the view of the record take one connection.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
from aiohttp import web

from gateway.access.principal import Principal
from gateway.api.context import ApiCall, respond
from gateway.db.pool import Connection
from gateway.incidents.record import Incident
from gateway.operations.unit_of_work import UnitOfWork
from gateway.views.incidents import incident_views
from gateway.views.record_fields import IncidentView

Change: TypeAlias = Callable[[UnitOfWork], Awaitable[Incident]]
"""A function that changes or creates a record with a unit of work, and returns it."""


class SkippedView(msgspec.Struct):
    """A related record that was left as it was, and the reason."""

    incident: str
    reason: str


class ActionResult(msgspec.Struct, omit_defaults=True):
    """The record after the action.

    `skipped` are the related records on which the same action could not be taken.
    """

    incident: IncidentView
    skipped: list[SkippedView] = []


async def respond_with_result(
    call: ApiCall[object], change: Change, status: int = 200
) -> web.Response:
    """Make the change and return the record in the result of an action."""
    incident, view = await _changed(call, change)
    return respond(ActionResult(view), status, str(incident.version))


async def respond_with_record(call: ApiCall[object], change: Change) -> web.Response:
    """Make the change and return the record itself."""
    incident, view = await _changed(call, change)
    return respond(view, etag=str(incident.version))


async def respond_with_new_record(call: ApiCall[object], creation: Change) -> web.Response:
    """Create the record and return it with its address."""
    incident, view = await _changed(call, creation)
    return respond(view, 201, str(incident.version), f"/api/v1/incidents/{incident.number}")


async def _changed(call: ApiCall[object], change: Change) -> tuple[Incident, IncidentView]:
    async with call.context.uow.holding_connection() as (uow, conn):
        incident = await change(uow)
        return incident, await view_record(conn, uow, incident, call.who)


async def view_record(
    conn: Connection, uow: UnitOfWork, incident: Incident, who: Principal
) -> IncidentView:
    """Return the record as the API shows it to the principal."""
    return (await incident_views(conn, uow.rules, [incident], uow.clock.stamp(), who))[0]
