"""The endpoint of all alert sources.

A request is authenticated, bounded in size, its signature verified, parsed into alerts and
committed; the response carries the receipt.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec
from aiohttp import web

from gateway.errors import (
    Flaw,
    Forbidden,
    Malformed,
    Misconfigured,
    NotFound,
    TooLarge,
)
from gateway.ingest.failed_requests import count_failure
from gateway.ingest.reading.rereading import summarize_problem
from gateway.ingest.reading.signatures import UnknownSigningKey
from gateway.ingest.reading.source import (
    ParsedDelivery,
    Source,
    WebhookDelivery,
    find_unused_secrets,
    mask_keys,
)
from gateway.ingest.workers.alerts import AlertReader
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics
from gateway.quarantine.mappings import Mappings
from gateway.receipts.mended import WHOLE, RepairedValue, repairs_of_item
from gateway.receipts.submission import Receipt, RefusedItem, Submission
from gateway.settings import Settings, SourceSettings
from gateway.timing.clock import Clock
from gateway.untrusted import request_bodies

ALERTMANAGER = "alertmanager"
"""The source that is used when the address names none; see `gateway.app.intake_routes`."""

UNSET = SourceSettings()
"""The settings of a source without any."""

_encode = msgspec.json.Encoder().encode


class IntegrationCaller(Protocol):
    """The owner of an API key."""

    @property
    def name(self) -> str:
        """The name of the key, or of its owner."""
        ...

    @property
    def integration_id(self) -> int | None:
        """The integration that the key belongs to, if any."""
        ...


Authenticate = Callable[[web.Request, str, str | None], Awaitable[IntegrationCaller]]
"""Authenticates a request, given the scope, and a key from its path or body if there is one.

Raises Unauthenticated or Forbidden.
"""

Submit = Callable[[Submission], Awaitable[Receipt]]

Fetch = Callable[[str], Awaitable[bytes]]
"""Returns the content at an external address; raises Unavailable."""


class Certificates(Protocol):
    """A cache of the certificates and keys that senders sign with, by address."""

    async def get(self, address: str) -> bytes:
        """Return the content at an address, cached or else fetched; raises Unavailable."""
        ...

    async def newer(self, address: str) -> bytes:
        """Return the content at an address as it was fetched a moment ago at most.

        Raises Unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class AlertEndpoint:
    """The endpoint that takes in the requests of every source.

    Raises Misconfigured if the settings contain secrets that no source would use.
    """

    sources: Mapping[str, Source]
    submit: Submit
    authenticate: Authenticate
    settings: Settings
    metrics: Metrics
    clock: Clock
    fetch: Fetch
    certificates: Certificates
    mappings: Mappings
    read: AlertReader

    def __post_init__(self) -> None:
        if flaws := find_unused_secrets(self.sources, self.settings.intake):
            raise Misconfigured("the configuration cannot be used", flaws=flaws)

    async def receive(self, request: web.Request) -> web.Response:
        """Take in a request: 202 with the receipt, once committed.

        Serves POST /ingest/{source} and /ingest/{source}/{key}.
        """
        source = self.sources.get(request.match_info.get("source", ALERTMANAGER))
        if source is None:
            raise NotFound(f"no source is named so; there are {', '.join(sorted(self.sources))}")
        caller = await self.authenticate(request, "ingest", request.match_info.get("key"))
        receipt, parsed = await self.take(request, source, caller, await read_body(request))
        if parsed.refused and not parsed.alerts and not parsed.ignored:
            raise build_refusal(receipt, parsed)
        return build_accepted_response(receipt, parsed.mended)

    async def take(
        self, request: web.Request, source: Source, caller: IntegrationCaller, body: bytes
    ) -> tuple[Receipt, ParsedDelivery]:
        """Parse and commit one body; return its receipt and what was parsed.

        A body that cannot be understood is committed to quarantine before Malformed is raised.
        """
        began = self.clock.monotonic()
        if caller.integration_id is None:
            raise Forbidden(
                "this key belongs to no integration: alerts are sent with an integration's key"
            )
        try:
            receipt, parsed = await self._taken(request, source, caller.integration_id, body)
        except BaseException as error:
            count_failure(self.metrics, source.slug, error)
            raise
        self.metrics.request(source.slug, RequestOutcome.ACCEPTED)
        self.metrics.intake_seconds.observe(self.clock.monotonic() - began)
        return receipt, parsed

    async def _taken(
        self, request: web.Request, source: Source, integration_id: int, body: bytes
    ) -> tuple[Receipt, ParsedDelivery]:
        headers = request.headers
        query = request.query if request.query_string else {}
        delivery = WebhookDelivery(
            headers, body, self.clock.now(), query, most_items=self.settings.server.max_items
        )
        settings = self.settings.intake.get(source.slug, UNSET)
        try:
            if source.verify is not None:
                delivery = await self._verified(source, delivery, settings)
            mapping = self.mappings.of(integration_id, source.slug)
            parsed = await self.read(
                str(integration_id), source, settings, mapping, mask_keys(delivery)
            )
            if parsed.confirm is not None:
                await self.fetch(parsed.confirm)
        except Malformed as error:
            receipt = await self.submit(
                Submission(integration_id, source.slug, body, headers, (), _whole(error, body))
            )
            raise Malformed(error.detail, flaws=error.flaws, receipt=str(receipt.id)) from None
        submission = Submission(
            integration_id,
            source.slug,
            body,
            headers,
            parsed.alerts,
            parsed.refused,
            parsed.ignored,
            parsed.lost,
            parsed.delivery_id,
            mended=parsed.mended,
        )
        most = self.settings.server.max_items
        if submission.items > most:
            raise TooLarge(f"{submission.items} items in one request: send at most {most}")
        return await self.submit(submission), parsed

    async def _verified(
        self, source: Source, delivery: WebhookDelivery, settings: SourceSettings
    ) -> WebhookDelivery:
        """Return the delivery, with the certificate that signed it if there is one, once verified.

        Raises Unauthenticated, and Unavailable if the certificate cannot be fetched.
        """
        assert source.verify is not None  # noqa: S101 - called only for sources that have it
        address = (
            source.certificate_at(delivery, settings) if source.certificate_at is not None else ""
        )
        if address:
            delivery = replace(delivery, certificate=await self.certificates.get(address))
        try:
            source.verify(delivery, settings)
        except UnknownSigningKey:
            delivery = replace(delivery, certificate=await self.certificates.newer(address))
            source.verify(delivery, settings)
        return delivery


def has_key(request: web.Request) -> bool:
    """Return whether a request carries a key in its headers."""
    return "Authorization" in request.headers or "X-Api-Key" in request.headers


async def read_body(request: web.Request) -> bytes:
    """Return the body of an authenticated request, at most `server.max_body_bytes`.

    Raises Malformed, TooLarge and Overloaded.
    """
    return await request_bodies.read_body(request, request.client_max_size)


def build_accepted_response(receipt: Receipt, mended: Sequence[RepairedValue] = ()) -> web.Response:
    """Return 202 with the outcome and the repairs of each item."""
    results: Sequence[object] = receipt.results
    if mended:
        told = [
            {name: getattr(one, name) for name in ("dedup_key", "incident", "outcome", "reason")}
            for one in receipt.results
        ]
        results = [
            one | {"mended": repairs_of_item(index, mended)} for index, one in enumerate(told)
        ]
    body = _encode({"receipt": receipt.id, "results": results})
    return web.Response(body=body, status=202, content_type="application/json")


def build_refusal(receipt: Receipt, parsed: ParsedDelivery) -> Malformed:
    """Return the error for a request of which no item was understood.

    All of it is in quarantine, under the receipt.
    """
    flaws = tuple(Flaw(refused.pointer, refused.problem) for refused in parsed.refused)
    return Malformed(
        "no item could be understood; they are kept in quarantine",
        flaws=flaws,
        receipt=str(receipt.id),
    )


def _whole(error: Malformed, body: bytes) -> tuple[RefusedItem, ...]:
    pointer = error.flaws[0].pointer if error.flaws else ""
    return (RefusedItem(WHOLE, summarize_problem(error)[:1000], pointer, body),)
