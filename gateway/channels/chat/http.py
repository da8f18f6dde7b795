"""The endpoint for chat vendors.

Its address holds an integration's key, and every call has the vendor's signature besides.
Vendors want 200 within seconds and switch off addresses that respond otherwise. So a verified
call that cannot be understood is kept in quarantine and acknowledged like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from gateway.channels.chat.contract import (
    AddressChallenge,
    ChatEvent,
    ChatProvider,
    ChatRequest,
    ChatSettings,
    sanitise,
)
from gateway.channels.chat.intake import ChatIntake
from gateway.errors import (
    Flaw,
    Forbidden,
    Malformed,
    Misconfigured,
    NotFound,
)
from gateway.ingest.failed_requests import counting_failures
from gateway.ingest.http import Authenticate, read_body
from gateway.ingest.workers.process import ParseWorker, compute_cpu_limit, is_quick
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics
from gateway.timing.clock import Clock

UNCONFIGURED = ChatSettings()
"""The settings of an unconfigured provider: no secret is valid."""


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """The endpoint GET and POST /ingest/chat/{provider} and /{key}.

    Raises Misconfigured for settings of a provider that does not exist.
    """

    providers: Mapping[str, ChatProvider]
    intake: ChatIntake
    authenticate: Authenticate
    settings: Mapping[str, ChatSettings]
    clock: Clock
    reader: ParseWorker

    def __post_init__(self) -> None:
        detail = f"there are {', '.join(sorted(self.providers))}"
        if flaws := tuple(
            Flaw(f"/chat/{name}", detail) for name in self.settings if name not in self.providers
        ):
            raise Misconfigured("the configuration cannot be used", flaws=flaws)

    @property
    def _metrics(self) -> Metrics:
        return self.intake.file.report_service.metrics

    async def receive(self, request: web.Request) -> web.Response:
        """Handle a call and return the answer the vendor wants, once all is committed."""
        provider = self.providers.get(request.match_info["provider"])
        if provider is None:
            raise NotFound(
                f"no chat provider is named so; there are {', '.join(sorted(self.providers))}"
            )
        caller = await self.authenticate(request, "ingest", request.match_info.get("key"))
        if caller.integration_id is None:
            raise Forbidden(
                "this key belongs to no integration: chats are heard with an integration's key"
            )
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = ChatRequest(headers, dict(request.query), await read_body(request), self.clock.now())
        began = self.clock.monotonic()
        with counting_failures(self._metrics, provider.slug):
            response = await self._answered(provider, caller.integration_id, call)
        self._metrics.intake_seconds.observe(self.clock.monotonic() - began)
        return response

    async def _answered(
        self, provider: ChatProvider, integration_id: int, call: ChatRequest
    ) -> web.Response:
        chat = self.settings.get(provider.slug, UNCONFIGURED)
        try:
            heard = sanitise(await self._read(provider, call, chat))
        except Malformed as error:
            await self.intake.quarantine(provider.slug, integration_id, call.body, error)
            return _response(*provider.answer(None, call, chat))
        if isinstance(heard, AddressChallenge):
            self._metrics.request(provider.slug, RequestOutcome.ACCEPTED)
            return _response(heard.answer, heard.content_type)
        reply = await self.intake.take(provider.slug, integration_id, heard, call.body, chat)
        return _response(*provider.answer(reply, call, chat))

    async def _read(
        self, provider: ChatProvider, call: ChatRequest, chat: ChatSettings
    ) -> ChatEvent:
        if is_quick(call.body):
            return provider.read(call, chat)
        return await self.reader.call(
            provider.slug, compute_cpu_limit(call.body), provider.read, call, chat
        )


def _response(body: bytes, content_type: str) -> web.Response:
    return web.Response(
        body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"}
    )


def chat_routes(endpoint: ChatEndpoint) -> list[web.RouteDef]:
    """Return the routes that chat vendors are given; some check them by GET."""
    paths = ("/ingest/chat/{provider}", "/ingest/chat/{provider}/{key}")
    return [
        web.route(method, path, endpoint.receive) for path in paths for method in ("GET", "POST")
    ]
