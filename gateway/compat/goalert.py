"""GoAlert's endpoints, with the integration key as `?token=`, answered as GoAlert does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.compat.oncall import choose_grafana_source
from gateway.errors import Forbidden, Malformed, Overloaded, Unauthenticated
from gateway.ingest.http import AlertEndpoint, IntegrationCaller, has_key, read_body
from gateway.ingest.reading.source import Source
from gateway.ingest.sources.goalert import FIELDS, form, is_json
from gateway.untrusted.request_bodies import read_stranger_body

KEY_PARAMETERS = ("token", "integrationKey", "integration_key", "key")
"""The names of the key in the address or form that GoAlert's clients send."""

FORM = 65_536
"""Maximum bytes of a form that carries the key; with the key in the address it may be larger."""

Choose = Callable[[Mapping[str, Source], bytes], Source]


@dataclass(frozen=True, slots=True)
class GoAlertEndpoints:
    """The endpoints /api/v2/{generic,prometheusalertmanager,grafana}/incoming."""

    endpoint: AlertEndpoint

    def routes(self) -> list[web.RouteDef]:
        """Return every route; the generic one also takes GET."""
        return [
            web.post("/api/v2/generic/incoming", self.generic),
            web.get("/api/v2/generic/incoming", self.generic, allow_head=False),
            web.post(
                "/api/v2/prometheusalertmanager/incoming",
                self._taking(lambda sources, _: sources["alertmanager"]),
            ),
            web.post("/api/v2/grafana/incoming", self._taking(choose_grafana_source)),
        ]

    async def generic(self, request: web.Request) -> web.Response:
        """Take in an alert: 204 once committed, or 200 with the alert if JSON is accepted."""
        try:
            caller, body = await self._identified(request)
        except (Unauthenticated, Forbidden):
            return _plain("unauthorized", 401)
        answer = await self._take(request, self.endpoint.sources["goalert"], caller, body)
        if answer.status == 200 and request.headers.get("Accept") != "application/json":
            return web.Response(status=204)
        return answer

    async def _identified(self, request: web.Request) -> tuple[IntegrationCaller, bytes]:
        """Return the caller, whose key may be in the form, and the body without the key.

        Raises as `Authenticate` and `read` do.
        """
        token = _token(request.query)
        if token is not None or has_key(request):
            return await self.endpoint.authenticate(request, "ingest", token), _kept(
                request, await read_body(request), token
            )
        if is_json(request.headers, b""):
            raise Unauthenticated("a body of JSON carries no key: send it as ?token=")
        async with read_stranger_body(request, FORM) as body:
            token = None if is_json(request.headers, body) else _token(form(request.headers, body))
            return await self.endpoint.authenticate(request, "ingest", token), _kept(
                request, body, token
            )

    def _taking(self, choose: Choose) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                caller = await self.endpoint.authenticate(request, "ingest", _token(request.query))
            except (Unauthenticated, Forbidden):
                return _plain("unauthorized", 401)
            body = await read_body(request)
            answer = await self._take(request, choose(self.endpoint.sources, body), caller, body)
            return web.Response() if answer.status == 200 else answer

        return serve

    async def _take(
        self, request: web.Request, source: Source, caller: IntegrationCaller, body: bytes
    ) -> web.Response:
        try:
            receipt, parsed = await self.endpoint.take(request, source, caller, body)
        except (Unauthenticated, Forbidden):
            return _plain("unauthorized", 401)
        except Malformed as error:
            return _plain(error.flaws[0].detail if error.flaws else error.detail, 400)
        except Overloaded as error:
            return _plain(error.detail, source.overload_status, {"Retry-After": "2"})
        if parsed.refused and not parsed.alerts:
            return _plain(parsed.refused[0].problem, 400)
        status = (
            "closed"
            if any(alert.status == "resolved" for _, alert in parsed.alerts)
            else "triggered"
        )
        shown = [{"Dedup": one.dedup_key, "Status": status} for one in receipt.results]
        return web.json_response(shown[0] if shown else {})


def _token(said: Mapping[str, str]) -> str | None:
    return next((said[name] for name in KEY_PARAMETERS if said.get(name)), None)


def _kept(request: web.Request, body: bytes, token: str | None) -> bytes:
    """Return the body without the key; the query parameters as a form if there is no body."""
    if not body:
        return urlencode(
            [(name, text) for name, text in request.query.items() if name in FIELDS]
        ).encode()
    return (
        body.replace(token.encode("utf-8", "replace"), b"(the key)")
        if token and token not in request.query.values()
        else body
    )


def _plain(text: str, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text + "\n", status=status, headers=headers)
