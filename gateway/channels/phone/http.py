"""The endpoint for telephone systems.

It authenticates a request, commits its event, and responds with the script that the caller
hears. Twilio and Vonage read the response to the caller and do not try again in time, so they
always get a script: where nothing can be committed, the caller hears so. Requests that only
report an event get 503 in that case, as everywhere.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog
from aiohttp import web

from gateway.channels.phone.call import CallEvent
from gateway.channels.phone.conversation import CallDialogue, silent_response
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.key_press import KeyPressHandler
from gateway.channels.phone.lookup import find_contacts
from gateway.channels.phone.posted import SOURCE, SPOKEN, PhoneAdapter, PhoneRequest, TextMessage
from gateway.channels.phone.providers import PROVIDERS
from gateway.errors import Forbidden, Malformed, NotFound, Overloaded, Unauthenticated, Unavailable
from gateway.ingest.failed_requests import counting_failures
from gateway.ingest.http import Authenticate, build_accepted_response, read_body
from gateway.ingest.workers.process import ParseWorker, compute_cpu_limit, flatten_headers, is_quick
from gateway.network.addresses import is_in_networks, parse_networks
from gateway.receipts.submission import Receipt
from gateway.vocabulary import Outcome

WITHIN_S = 2.0
"""Seconds within which a request is answered.

Twilio hangs up if it gets no response within 15 s, connecting included.
"""

PATH = "/ingest/phone/{provider:" + "|".join(PROVIDERS) + "}/{event:[a-z]{1,20}}"
LOOKUP = "/ingest/phone/threecx/lookup"


T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PhoneEndpoint:
    """The endpoint for telephone systems; `base` is the gateway's address as they see it."""

    intake: PhoneIntake
    press: KeyPressHandler
    authenticate: Authenticate
    base: str
    reader: ParseWorker

    def routes(self) -> list[web.RouteDef]:
        """Return the routes: for POST and GET, without and with the key in the path."""
        asked = [
            web.get(LOOKUP, self.lookup, allow_head=False),
            web.get(LOOKUP + "/{key}", self.lookup, allow_head=False),
        ]
        told: list[Callable[..., web.RouteDef]] = [
            web.post,
            lambda path, serve: web.get(path, serve, allow_head=False),
        ]
        return asked + [way(path, self.receive) for way in told for path in (PATH, PATH + "/{key}")]

    async def lookup(self, request: web.Request) -> web.Response:
        """Respond with the caller's name and record, for the screen of whoever answers.

        Raises Unauthenticated and Forbidden.
        """
        await self.authenticate(request, "read", request.match_info.get("key"))
        self._admitted(request, "threecx")
        found = await find_contacts(
            self.intake.pool, request.query.get("number", ""), self.intake.phone.region, self.base
        )
        return web.json_response({"contacts": found})

    async def receive(self, request: web.Request) -> web.Response:
        """Take a request and respond 202 with the receipt, once committed, or with a script.

        Raises Malformed, with its receipt, for a request in quarantine, Unauthenticated,
        Forbidden and Unavailable.
        """
        provider = PROVIDERS[request.match_info["provider"]]
        if request.match_info["event"] not in provider.events:
            raise NotFound(f"{provider.slug} tells of {', '.join(sorted(provider.events))}")
        event = request.match_info["event"]
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._received(request, provider)
        except (Unavailable, Overloaded, TimeoutError) as error:
            if provider.is_heard(event):
                log.warning(
                    "call_not_answered", provider=provider.slug, address=event, error=repr(error)
                )
                nothing = PhoneRequest(event, "", b"", (), self.intake.clock.now())
                return self._conversation(request, provider, nothing, 0).sorry()
            if isinstance(error, TimeoutError):
                raise Unavailable("it was not taken in time: send it again shortly") from error
            raise

    async def _received(self, request: web.Request, provider: PhoneAdapter) -> web.Response:
        caller = await self.authenticate(request, "ingest", request.match_info.get("key"))
        if caller.integration_id is None:
            raise Forbidden(
                "this key belongs to no integration: telephone systems use an integration's key"
            )
        with counting_failures(self.intake.metrics, SOURCE):
            self._admitted(request, provider.slug)
        posted = await self._posted(request)
        with counting_failures(self.intake.metrics, SOURCE):
            await self._proven(provider, posted)
        return await self._answered(request, provider, posted, caller.integration_id)

    async def _posted(self, request: web.Request) -> PhoneRequest:
        headers, body = request.headers, await read_body(request)
        return PhoneRequest(
            request.match_info["event"],
            headers.get("Content-Type", ""),
            body,
            tuple(request.query.items()),
            self.intake.clock.now(),
            request.method,
            self.base + request.raw_path,
            headers,
        )

    def _admitted(self, request: web.Request, slug: str) -> None:
        allowed = self.intake.phone.provider(slug).addresses
        if allowed and not is_in_networks(request.remote or "", parse_networks(allowed)):
            raise Forbidden(f"this address is not among phone.providers.{slug}.addresses")

    async def _proven(self, provider: PhoneAdapter, posted: PhoneRequest) -> None:
        """Raise Unauthenticated unless the request is signed, Forbidden for another account."""
        settings = self.intake.phone.provider(provider.slug)
        try:
            await self._run(provider, posted, provider.verify, settings)
        except Malformed as error:
            if settings.secrets or settings.accounts:
                raise Unauthenticated(
                    "the request cannot be read, so that nobody can tell who sent it"
                ) from error

    async def _run(
        self, provider: PhoneAdapter, posted: PhoneRequest, function: Callable[..., T], *given: Any
    ) -> T:
        """Run a function that reads a request, for a long one in the reading process."""
        if is_quick(posted.body):
            return function(posted, *given)
        sent = replace(posted, headers=flatten_headers(posted.headers))
        return await self.reader.call(
            provider.slug, compute_cpu_limit(posted.body), function, sent, *given
        )

    async def _answered(
        self,
        request: web.Request,
        provider: PhoneAdapter,
        posted: PhoneRequest,
        integration_id: int,
    ) -> web.Response:
        speaking = self._conversation(request, provider, posted, integration_id)
        try:
            with counting_failures(self.intake.metrics, SOURCE):
                told = await self._run(provider, posted, provider.read, self.intake.phone.region)
        except Malformed as error:
            return await self._refused(speaking, error)
        if isinstance(told, TextMessage):
            return await speaking.replied(told)
        if provider.speaks and posted.event in SPOKEN and isinstance(told, CallEvent):
            return await speaking.spoken(told)
        receipt = await self.intake.take(integration_id, provider, posted, told)
        if provider.speaks:
            return silent_response(provider)
        if receipt.results and receipt.results[0].outcome is Outcome.QUARANTINED:
            raise _quarantined(receipt, receipt.results[0].reason)
        return build_accepted_response(receipt)

    def _conversation(
        self,
        request: web.Request,
        provider: PhoneAdapter,
        posted: PhoneRequest,
        integration_id: int,
    ) -> CallDialogue:
        return CallDialogue(
            self.intake, self.press, provider, posted, integration_id, self._at(request)
        )

    async def _refused(self, speaking: CallDialogue, error: Malformed) -> web.Response:
        """Put a request that cannot be understood into quarantine.

        A waiting caller hears an apology.
        """
        provider, posted = speaking.provider, speaking.posted
        receipt = await self.intake.quarantine(speaking.integration_id, provider, posted, error)
        if provider.speaks:
            heard = provider.is_heard(posted.event)
            return speaking.sorry() if heard else silent_response(provider)
        raise _quarantined(receipt, error.detail, error)

    def _at(self, request: web.Request) -> Callable[[str, str], str]:
        slug, key = request.match_info["provider"], request.match_info.get("key")

        def address(event: str, query: str) -> str:
            path = f"{self.base}/ingest/phone/{slug}/{event}" + (f"/{key}" if key else "")
            return f"{path}?{query}" if query else path

        return address


def _quarantined(receipt: Receipt, detail: str, error: Malformed | None = None) -> Malformed:
    facts: dict[str, Any] = {"flaws": error.flaws} if error else {}
    return Malformed(f"{detail}; it is kept in quarantine", receipt=str(receipt.id), **facts)
