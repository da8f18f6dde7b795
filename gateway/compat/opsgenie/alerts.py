"""The endpoints of Opsgenie's Alert API v2.

Every request is committed with a receipt, whose id is the id of the request. An integration's
key may do to the records of that integration's own alerts what Opsgenie let it do to its alerts.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from gateway.access.principal import Machine, Principal
from gateway.api.searching import Searches
from gateway.compat.opsgenie import reading
from gateway.compat.opsgenie.priority import prioritise
from gateway.compat.opsgenie.query import page, search
from gateway.compat.opsgenie.reading import Found
from gateway.compat.opsgenie.requests import ASKED, Asking, Assignee, Change, Edit, Priority, Told, said
from gateway.compat.opsgenie.responses import Answer, accepted, answering
from gateway.db.pool import Pool, acquire
from gateway.errors import Forbidden, GatewayError, IllegalTransition, NotFound, Unavailable, VersionMismatch
from gateway.incidents import commands
from gateway.ingest.http import AlertEndpoint, read
from gateway.ingest.reading.conform import decoded
from gateway.ingest.workers.process import allowed, is_short
from gateway.operations.act import act
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
class Alerts:
    """The endpoints below /v2/alerts."""

    door: AlertEndpoint
    uow: UnitOfWork
    reads: Pool
    searches: Searches

    def routes(self) -> list[web.RouteDef]:
        """Return every route, those with a fixed path before those with an identifier."""
        one = ROOT + "/{id}"
        asked = [(method, f"{one}/{word}", self._asking(asking)) for (method, word), asking in ASKED.items()]
        table: list[tuple[str, str, Callable[[web.Request], Awaitable[Answer]]]] = [
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
        return [web.route(method, path, answering(self.uow.clock, handle)) for method, path, handle in table]

    async def create(self, request: web.Request) -> Answer:
        """Create an alert, or count a repeat of an open one with the same alias."""
        caller = await self.door.authenticate(request, "ingest", None)
        return await self._keep(request, caller, await read(request))

    async def close(self, request: web.Request) -> Answer:
        """Close an alert because the sender says it is over; deleting does the same.

        The record stays.
        """
        return await self._say(request, "close")

    async def acknowledge(self, request: web.Request) -> Answer:
        """Acknowledge an alert."""
        return await self._say(request, "acknowledge")

    async def show(self, request: web.Request) -> Answer:
        """Return one alert; raises NotFound."""
        found = await self._find(await self._integration(request), *_named(request))
        if found is None:
            raise NotFound(f"Alert not found with {_named(request)[1]} [{_named(request)[0][:200]}]")
        return Answer({"data": reading.whole(found)})

    async def list(self, request: web.Request) -> Answer:
        """Return a page of alerts."""
        integration = await self._integration(request)
        wanted, part = search(request.query.get("query", "")), page(request.query)
        async with self.searches.turn(), acquire(self.reads) as conn:
            found = await reading.chosen(conn, integration, wanted, part)
        pages = {"first": _at(request, 0, part.limit)}
        if len(found) == part.limit:
            pages["next"] = _at(request, part.offset + part.limit, part.limit)
        return Answer({"data": [reading.shown(one) for one in found], "paging": pages})

    async def count(self, request: web.Request) -> Answer:
        """Return the number of alerts that match the query."""
        integration = await self._integration(request)
        async with self.searches.turn(), acquire(self.reads) as conn:
            return Answer({"data": {"count": await reading.count(conn, integration, search(request.query.get("query", "")))}})

    async def request(self, request: web.Request) -> Answer:
        """Return the status of an earlier request."""
        integration = await self._integration(request)
        async with acquire(self.reads) as conn:
            return Answer({"data": await reading.request_status(conn, integration, request.match_info["request_id"])})

    async def unacknowledge(self, request: web.Request) -> Answer:
        """Withdraw the acknowledgement of an alert."""
        return await self._say(request, "unacknowledge")

    async def _say(self, request: web.Request, action: str) -> Answer:
        caller = await self.door.authenticate(request, "ingest", None)
        told, (identifier, kind) = await self._told(request, caller), _named(request)
        alias = identifier
        if kind != "alias":
            found = await self._find(_own(caller), identifier, kind)
            if found is None:
                return await self._keep(request, caller, _note(action.capitalize() + " failed", MISSING, identifier))
            alias = found.row["dedup_key"]
        answer = await self._keep(request, caller, _note(action, "", alias, told))
        if told.note:
            await self._add_note(caller, alias, said(told, told.note))
        return answer

    async def _told(self, request: web.Request, caller: Any) -> Told:
        body = await read(request)
        if is_short(body):
            told = decoded(body, Told) if body.strip() else Told()
        else:
            told = await self.door.read.reader.call(str(caller.integration_id), allowed(body), decoded, body, Told)
        return msgspec.structs.replace(told, **{name: request.query[name] for name in ("tags", "keys") if name in request.query})

    async def _add_note(self, caller: Any, alias: str, note: str) -> None:
        """Add the sender's note to the record, if the alert has one that it may see."""
        found = await self._find(_own(caller), alias, "alias")
        if found is not None and found.row["number"] is not None:
            await act(self.uow, found.row["number"], commands.Note(note=note), _acting(caller.name))

    async def _find(self, integration: int, identifier: str, kind: str) -> Found | None:
        async with acquire(self.uow.pool) as conn:
            return await reading.find(conn, integration, identifier, kind)

    def _asking(self, asking: Asking) -> Callable[[web.Request], Awaitable[Answer]]:
        async def serve(request: web.Request) -> Answer:
            caller = await self.door.authenticate(request, "ingest", None)
            told, (identifier, kind) = await self._told(request, caller), _named(request)
            alias = identifier
            try:
                alias = await self._do(caller, (identifier, kind), asking, told)
            except (Missing, NotFound, IllegalTransition, Forbidden) as error:
                return await self._keep(request, caller, _note(f"{asking.name} failed", error.detail, alias))
            return await self._keep(request, caller, _note(asking.name, asking.done, alias))

        return serve

    async def _do(self, caller: Any, named: tuple[str, str], asking: Asking, told: Told) -> str:
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

    async def _change(self, found: Found, change: Change, who: Principal) -> None:
        number = found.row["number"]
        if isinstance(change, Edit):
            await edit(self.uow, number, change.fields, who, if_match=found.row["version"])
        elif isinstance(change, Priority):
            await prioritise(self.uow, found, change.word, who)
        elif isinstance(change, Assignee):
            await act(self.uow, number, commands.Assign(person=await self._login(change.name), note=change.note), who)
        else:
            await act(self.uow, number, change, who)

    async def _login(self, name: str) -> str:
        async with acquire(self.uow.pool) as conn:
            login = await conn.fetchval(PERSON, name)
        if login is None:
            raise Missing(f"User [{name[:200]}] does not exist")
        return str(login)

    async def _keep(self, request: web.Request, caller: Any, body: bytes) -> Answer:
        receipt, _ = await self.door.take(request, self.door.sources["opsgenie"], caller, body)
        return accepted(str(receipt.id))

    async def _integration(self, request: web.Request) -> int:
        return _own(await self.door.authenticate(request, "ingest", None))


PERSON = "SELECT login FROM person WHERE active AND (login = lower($1) OR (email <> '' AND lower(email) = lower($1))) LIMIT 1"


def _acting(name: str) -> Principal:
    """Return the principal of the integration's key, for the records of its own alerts."""
    return Principal(name=name, parts=frozenset({Machine.WRITER}))


def _own(caller: Any) -> int:
    if caller.integration_id is None:
        raise Forbidden("this key belongs to no integration")
    return int(caller.integration_id)


def _named(request: web.Request) -> tuple[str, str]:
    return request.match_info["id"], request.query.get("identifierType", "id").lower()


def _note(action: str, result: str, alias: str, told: Told | None = None) -> bytes:
    """Return a request about one alert as the body that is stored with its receipt."""
    said = f"{action}: {result}" if result else ""
    more = {"note": told.note, "user": told.user, "source": told.source} if told else {}
    return msgspec.json.encode({"action": action, "alias": alias, "result": said} | more)


def _at(request: web.Request, offset: int, limit: int) -> str:
    return str(request.url.update_query(offset=offset, limit=limit))
