"""The silence endpoints of Alertmanager's API v2, for amtool, Grafana, karma and scripts.

See prometheus/alertmanager api/v2/openapi.yaml. An alert that a silence suppresses is stored,
opens no record and pages nobody; when the silence ends, alerts that still fire are promoted, as
after planned work.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Meta

from gateway.access.authorization import raise_if_refused
from gateway.access.keys import Caller
from gateway.access.permissions import Action, may
from gateway.api.searching import SearchLimiter
from gateway.compat.alertmanager.alerts import LIST_TIMEOUT_S, format_time, json_response
from gateway.compat.alertmanager.matchers import (
    LONGEST,
    MOST,
    build_matcher,
    matcher_columns,
    parse_matchers,
)
from gateway.compat.alertmanager.routes import PATH_PREFIXES
from gateway.db.moment import fetch_now
from gateway.db.pool import Pool, acquire
from gateway.errors import Malformed, NotFound, Unprocessable
from gateway.incidents.label_matchers import Matcher
from gateway.operations import silences
from gateway.operations.silences import SilenceRequest, StoredSilence
from gateway.settings import UseLimits
from gateway.timing.clock import Clock
from gateway.timing.instants import clamp_instant
from gateway.web import body
from gateway.web.auth import Authenticator

Text = Annotated[str, Meta(max_length=4_096)]

log = structlog.get_logger()


class PostableMatcher(msgspec.Struct, rename="camel"):
    """A matcher in the format of Alertmanager."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    value: Annotated[str, Meta(max_length=LONGEST)]
    is_regex: bool
    is_equal: bool = True


class PostableSilence(msgspec.Struct, rename="camel"):
    """A silence to create or change, a postableSilence of the Alertmanager API."""

    matchers: Annotated[list[PostableMatcher], Meta(min_length=1, max_length=MOST)]
    starts_at: datetime
    ends_at: datetime
    created_by: Text
    comment: Text
    id: str | None = None


@dataclass(frozen=True, slots=True)
class AlertmanagerSilences:
    """The endpoints /api/v2/silences and /api/v2/silence/{id}."""

    pool: Pool
    reads: Pool
    keys: Authenticator
    clock: Clock
    limits: UseLimits
    searches: SearchLimiter

    def routes(self) -> list[web.RouteDef]:
        """Return every route, with and without the key in front."""
        return [
            route
            for root in PATH_PREFIXES
            for route in (
                web.get(root + "/api/v2/silences", self._guarded("read", self.list)),
                web.post(root + "/api/v2/silences", self._guarded("write", self.keep)),
                web.get(root + "/api/v2/silence/{id}", self._guarded("read", self.show)),
                web.delete(root + "/api/v2/silence/{id}", self._guarded("write", self.expire)),
            )
        ]

    def _guarded(
        self, scope: str, serve: Callable[[web.Request, Caller], Awaitable[web.Response]]
    ) -> Handler:
        """Wrap a handler so that it requires a key with the scope `ingest` or the given one.

        A person needs the permission as well.
        """

        async def guarded(request: web.Request) -> web.StreamResponse:
            caller = await self.keys.authenticate(
                request, "ingest", request.match_info.get("key"), or_scope=scope
            )
            if caller.person_id is not None:
                raise_if_refused(
                    may(caller.who, Action.FOLLOW if scope == "read" else Action.SILENCE)
                )
            try:
                return await serve(request, caller)
            except (Malformed, Unprocessable) as error:
                return json_response(
                    error.detail, 400
                )  # amtool shows the message of a 400, and of no other error
            except NotFound as error:
                return json_response(error.detail, 404)

        return guarded

    async def list(self, request: web.Request, caller: Caller) -> web.Response:
        """Return the integration's silences and the global ones, also recently expired ones."""
        asked = parse_matchers(request.query.getall("filter", []))
        columns = matcher_columns(asked)
        turn = self.searches.turn("filter by =", needed=bool(asked))
        async with turn, acquire(self.reads) as conn:
            found = await silences.list_silences(
                conn, caller.integration_id, columns, LIST_TIMEOUT_S
            )
            now = await fetch_now(conn, self.clock.stamp())
        return json_response([_shown(one, now) for one in found])

    async def show(self, request: web.Request, caller: Caller) -> web.Response:
        """Return one silence."""
        async with acquire(self.reads) as conn:
            found = await silences.load_silence(conn, _id(request), caller.integration_id)
            return json_response(_shown(found, await fetch_now(conn, self.clock.stamp())))

    async def keep(self, request: web.Request, caller: Caller) -> web.Response:
        """Create a silence, or change the one with the given id.

        The response has `warnings` if it matches nothing seen so far.
        """
        asked = body.decode(await body.read(request), PostableSilence)
        wanted = _wanted(asked)
        async with self.searches.turn("match by ="), acquire(self.reads) as conn:
            told = await silences.examine_silence(
                conn, self.clock.stamp(), wanted, caller.integration_id
            )
        silence = await silences.store_silence(
            self.pool, self.clock.stamp(), wanted, caller.integration_id, self.limits
        )
        log.info(
            "silence_kept", silence=str(silence), by=caller.name, ends_at=wanted.ends_at.isoformat()
        )
        return json_response({"silenceID": str(silence)} | ({"warnings": told} if told else {}))

    async def expire(self, request: web.Request, caller: Caller) -> web.Response:
        """Expire a silence immediately."""
        await silences.expire_silence(
            self.pool, self.clock.stamp(), _id(request), caller.integration_id
        )
        log.info("silence_expired", silence=request.match_info["id"], by=caller.name)
        return web.Response()


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError as error:
        raise NotFound(f"silence {request.match_info['id'][:80]} not found") from error


def _wanted(asked: PostableSilence) -> SilenceRequest:
    told = tuple(_matcher(one) for one in asked.matchers)
    if all(_matches_nothing(one) for one in told):
        raise Malformed("invalid silence: at least one matcher must not match the empty string")
    try:
        known = UUID(asked.id) if asked.id else None
    except ValueError as error:
        raise NotFound(f"silence {asked.id!r} not found") from error
    starts, ends = clamp_instant(asked.starts_at), clamp_instant(asked.ends_at)
    return SilenceRequest(told, starts, ends, asked.created_by, asked.comment, known)


def _matcher(told: PostableMatcher) -> Matcher:
    sign = {(False, True): "=", (False, False): "!=", (True, True): "=~", (True, False): "!~"}[
        told.is_regex, told.is_equal
    ]
    return build_matcher(told.name, sign, told.value)


def _matches_nothing(matcher: Matcher) -> bool:
    """Return whether an alert without the label satisfies the matcher.

    A regular expression is not run: of those only the empty one and `.*` count.
    """
    match matcher.sign:
        case "=":
            return not matcher.value
        case "!=":
            return bool(matcher.value)
        case "=~":
            return matcher.value in {"", ".*"}
        case _:
            return matcher.value not in {"", ".*"}


def _shown(silence: StoredSilence, now: datetime) -> dict[str, Any]:
    return {
        "id": str(silence.id),
        "status": {"state": silence.state(now)},
        "updatedAt": format_time(silence.updated_at),
        "comment": silence.comment,
        "createdBy": silence.created_by,
        "startsAt": format_time(silence.starts_at),
        "endsAt": format_time(silence.ends_at),
        "matchers": [
            {
                "name": one.name,
                "value": one.value,
                "isRegex": "~" in one.sign,
                "isEqual": not one.sign.startswith("!"),
            }
            for one in silence.matchers
        ],
    }
