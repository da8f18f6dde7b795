"""The endpoints of Opsgenie's Alert API v2.

Every request is committed with a receipt, whose id is the id of the request. An integration's
key may do to the records of that integration's own alerts what Opsgenie let it do to its alerts.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from gateway.access.principal import MachineRole, Principal
from gateway.api.searching import SearchLimiter
from gateway.compat.opsgenie import reading
from gateway.compat.opsgenie.priority import change_alert_priority
from gateway.compat.opsgenie.query import parse_page, parse_search
from gateway.compat.opsgenie.reading import OpsgenieAlert
from gateway.compat.opsgenie.requests import (
    REQUEST_KINDS,
    AlertRequestBody,
    AssignmentChange,
    Change,
    FieldEdit,
    PriorityChange,
    RequestKind,
    attribute_text,
)
from gateway.compat.opsgenie.responses import OpsgenieResponse, build_accepted, wrap_handler
from gateway.db.pool import Pool, acquire
from gateway.errors import (
    Forbidden,
    GatewayError,
    IllegalTransition,
    NotFound,
    Unavailable,
    VersionMismatch,
)
from gateway.incidents import commands
from gateway.ingest.http import AlertEndpoint, read_body
from gateway.ingest.reading.conform import decode_repaired
from gateway.ingest.workers.process import compute_cpu_limit, is_short
from gateway.operations.actions.act import act
from gateway.operations.edit import edit
from gateway.operations.unit_of_work import UnitOfWork

ROOT = "/v2/alerts"
MISSING = "Alert does not exist"
ATTEMPTS = 5
"""Attempts to edit a record that others change at the same time."""


class Missing(GatewayError):
    """There is no such alert, record or person; the request is stored and reported as failed."""

    code = "missing"


@dataclass(frozen=True, slots=True)
class OpsgenieAlerts:
    """The endpoints below /v2/alerts."""

    endpoint: AlertEndpoint
    uow: UnitOfWork
    reads: Pool
    searches: SearchLimiter

    def routes(self) -> list[web.RouteDef]:
        """Return every route, those with a fixed path before those with an identifier."""
        one = ROOT + "/{id}"
        asked = [
            (method, f"{one}/{word}", self._asking(asking))
            for (method, word), asking in REQUEST_KINDS.items()
        ]
        table: list[tuple[str, str, Callable[[web.Request], Awaitable[OpsgenieResponse]]]] = [
            ("POST", ROOT, self.create),
            ("GET", ROOT, self.list),
            ("GET", ROOT + "/count", self.count),
            ("GET", ROOT + "/requests/{request_id}", self.request),
            ("GET", one, self.show),
            ("DELETE", one, self.close),
            ("POST", one + "/close", self.close),
            ("POST", one + "/acknowledge", self.acknowledge),
            ("POST", one + "/unacknowledge", self.unacknowledge),
            *asked,
        ]
        return [
            web.route(method, path, wrap_handler(self.uow.clock, handle))
            for method, path, handle in table
        ]

    async def create(self, request: web.Request) -> OpsgenieResponse:
        """Create an alert, or count a repeat of an open one with the same alias."""
        caller = await self.endpoint.authenticate(request, "ingest", None)
        return await self._keep(request, caller, await read_body(request))

    async def close(self, request: web.Request) -> OpsgenieResponse:
        """Close an alert because the sender says it is over; deleting does the same.

        The record stays.
        """
        return await self._say(request, "close")

    async def acknowledge(self, request: web.Request) -> OpsgenieResponse:
        """Acknowledge an alert."""
        return await self._say(request, "acknowledge")

    async def show(self, request: web.Request) -> OpsgenieResponse:
        """Return one alert; raises NotFound."""
        found = await self._find(await self._integration(request), *_named(request))
        if found is None:
            raise NotFound(
                f"Alert not found with {_named(request)[1]} [{_named(request)[0][:200]}]"
            )
        return OpsgenieResponse({"data": reading.render_in_full(found)})

    async def list(self, request: web.Request) -> OpsgenieResponse:
        """Return a page of alerts."""
        integration = await self._integration(request)
        wanted, part = parse_search(request.query.get("query", "")), parse_page(request.query)
        async with self.searches.turn(), acquire(self.reads) as conn:
            found = await reading.list_alerts(conn, integration, wanted, part)
        pages = {"first": _at(request, 0, part.limit)}
        if len(found) == part.limit:
            pages["next"] = _at(request, part.offset + part.limit, part.limit)
        return OpsgenieResponse(
            {"data": [reading.render_summary(one) for one in found], "paging": pages}
        )

    async def count(self, request: web.Request) -> OpsgenieResponse:
        """Return the number of alerts that match the query."""
        integration = await self._integration(request)
        async with self.searches.turn(), acquire(self.reads) as conn:
            return OpsgenieResponse(
                {
                    "data": {
                        "count": await reading.count_alerts(
                            conn, integration, parse_search(request.query.get("query", ""))
                        )
                    }
                }
            )

    async def request(self, request: web.Request) -> OpsgenieResponse:
        """Return the status of an earlier request."""
        integration = await self._integration(request)
        async with acquire(self.reads) as conn:
            return OpsgenieResponse(
                {
                    "data": await reading.fetch_request_status(
                        conn, integration, request.match_info["request_id"]
                    )
                }
            )

    async def unacknowledge(self, request: web.Request) -> OpsgenieResponse:
        """Withdraw the acknowledgement of an alert."""
        return await self._say(request, "unacknowledge")

    async def _say(self, request: web.Request, action: str) -> OpsgenieResponse:
        caller = await self.endpoint.authenticate(request, "ingest", None)
        told, (identifier, kind) = await self._told(request, caller), _named(request)
        alias = identifier
        if kind != "alias":
            found = await self._find(_own(caller), identifier, kind)
            if found is None:
                return await self._keep(
                    request, caller, _note(action.capitalize() + " failed", MISSING, identifier)
                )
            alias = found.row["dedup_key"]
        answer = await self._keep(request, caller, _note(action, "", alias, told))
        if told.note:
            await self._add_note(caller, alias, attribute_text(told, told.note))
        return answer

    async def _told(self, request: web.Request, caller: Any) -> AlertRequestBody:
        body = await read_body(request)
        if is_short(body):
            told = decode_repaired(body, AlertRequestBody) if body.strip() else AlertRequestBody()
        else:
            told = await self.endpoint.read.reader.call(
                str(caller.integration_id),
                compute_cpu_limit(body),
                decode_repaired,
                body,
                AlertRequestBody,
            )
        return msgspec.structs.replace(
            told,
            **{name: request.query[name] for name in ("tags", "keys") if name in request.query},
        )

    async def _add_note(self, caller: Any, alias: str, note: str) -> None:
        """Add the sender's note to the record, if the alert has one that it may see."""
        found = await self._find(_own(caller), alias, "alias")
        if found is not None and found.row["number"] is not None:
            await act(self.uow, found.row["number"], commands.Note(note=note), _acting(caller.name))

    async def _find(self, integration: int, identifier: str, kind: str) -> OpsgenieAlert | None:
        async with acquire(self.uow.pool) as conn:
            return await reading.find_alert(conn, integration, identifier, kind)

    def _asking(self, asking: RequestKind) -> Callable[[web.Request], Awaitable[OpsgenieResponse]]:
        async def serve(request: web.Request) -> OpsgenieResponse:
            caller = await self.endpoint.authenticate(request, "ingest", None)
            told, (identifier, kind) = await self._told(request, caller), _named(request)
            alias = identifier
            try:
                alias = await self._do(caller, (identifier, kind), asking, told)
            except (Missing, NotFound, IllegalTransition, Forbidden) as error:
                return await self._keep(
                    request, caller, _note(f"{asking.name} failed", error.detail, alias)
                )
            return await self._keep(request, caller, _note(asking.name, asking.done, alias))

        return serve

    async def _do(
        self, caller: Any, named: tuple[str, str], asking: RequestKind, told: AlertRequestBody
    ) -> str:
        """Change the record and return the alias; retried if the record changed meanwhile.

        Raises Missing, Unavailable if the record keeps changing, and the errors of the
        operations.
        """
        for _ in range(ATTEMPTS):
            found = await self._find(_own(caller), *named)
            change = asking.change(told, found.labels if found is not None else {})
            if found is None:
                raise Missing(MISSING)
            if found.row["number"] is None:
                raise Missing("Alert has no record: it is held back, or not for this key to see")
            try:
                await self._change(found, change, _acting(caller.name))
            except VersionMismatch:
                continue  # somebody changed it since it was read: it is read again
            return str(found.row["dedup_key"])
        raise Unavailable("the record keeps changing: send again shortly")

    async def _change(self, found: OpsgenieAlert, change: Change, who: Principal) -> None:
        number = found.row["number"]
        if isinstance(change, FieldEdit):
            await edit(self.uow, number, change.fields, who, if_match=found.row["version"])
        elif isinstance(change, PriorityChange):
            await change_alert_priority(self.uow, found, change.word, who)
        elif isinstance(change, AssignmentChange):
            await act(
                self.uow,
                number,
                commands.Assign(person=await self._login(change.name), note=change.note),
                who,
            )
        else:
            await act(self.uow, number, change, who)

    async def _login(self, name: str) -> str:
        async with acquire(self.uow.pool) as conn:
            login = await conn.fetchval(PERSON, name)
        if login is None:
            raise Missing(f"User [{name[:200]}] does not exist")
        return str(login)

    async def _keep(self, request: web.Request, caller: Any, body: bytes) -> OpsgenieResponse:
        receipt, _ = await self.endpoint.take(
            request, self.endpoint.sources["opsgenie"], caller, body
        )
        return build_accepted(str(receipt.id))

    async def _integration(self, request: web.Request) -> int:
        return _own(await self.endpoint.authenticate(request, "ingest", None))


PERSON = """
SELECT login FROM person
WHERE active AND (login = lower($1) OR (email <> '' AND lower(email) = lower($1))) LIMIT 1
"""


def _acting(name: str) -> Principal:
    """Return the principal of the integration's key, for the records of its own alerts."""
    return Principal(name=name, parts=frozenset({MachineRole.WRITER}))


def _own(caller: Any) -> int:
    if caller.integration_id is None:
        raise Forbidden("this key belongs to no integration")
    return int(caller.integration_id)


def _named(request: web.Request) -> tuple[str, str]:
    return request.match_info["id"], request.query.get("identifierType", "id").lower()


def _note(action: str, result: str, alias: str, told: AlertRequestBody | None = None) -> bytes:
    """Return a request about one alert as the body that is stored with its receipt."""
    said = f"{action}: {result}" if result else ""
    more = {"note": told.note, "user": told.user, "source": told.source} if told else {}
    return msgspec.json.encode({"action": action, "alias": alias, "result": said} | more)


def _at(request: web.Request, offset: int, limit: int) -> str:
    return str(request.url.update_query(offset=offset, limit=limit))
