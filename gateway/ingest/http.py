"""The front door of every source: who sends, how much, whether it is signed, what it says, and the receipt once committed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec
from aiohttp import web

from gateway import incoming
from gateway.clock import Clock
from gateway.errors import (
    Flaw,
    Forbidden,
    Malformed,
    Misconfigured,
    NotFound,
    Overloaded,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from gateway.ingest.reading.rereading import problem_of
from gateway.ingest.reading.signatures import UnknownKey
from gateway.ingest.reading.source import Delivery, Parsed, Source, unused_secrets, without_keys
from gateway.ingest.workers.alerts import AlertReader
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics
from gateway.quarantine.mappings import Mappings
from gateway.receipts.mended import WHOLE, Mended, mended_of
from gateway.receipts.submission import Receipt, Refused, Submission
from gateway.settings import Intake as SourceSettings
from gateway.settings import Settings

ALERTMANAGER = "alertmanager"
"""The source with an address that names no source: see `routes`."""

UNSET = SourceSettings()
"""The settings of a source that has none."""

_encode = msgspec.json.Encoder().encode


class Caller(Protocol):
    """Whose key it was."""

    @property
    def name(self) -> str:
        """The key's name, or its owner's."""
        ...

    @property
    def integration_id(self) -> int | None:
        """The integration the key sends for."""
        ...


Authenticate = Callable[[web.Request, str, str | None], Awaitable[Caller]]
"""Request, scope, and a key given in the path or body if any; raises Unauthenticated or Forbidden."""

Submit = Callable[[Submission], Awaitable[Receipt]]

Fetch = Callable[[str], Awaitable[bytes]]
"""What is found at an address of the world's; raises Unavailable."""


class Certificates(Protocol):
    """What senders sign with, by its address."""

    async def get(self, address: str) -> bytes:
        """As it is remembered, or else found there; raises Unavailable."""
        ...

    async def newer(self, address: str) -> bytes:
        """As it is found there now, or was a moment ago; raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class AlertEndpoint:
    """Takes requests in for every source; raises Misconfigured for secrets that no source would use."""

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
        if flaws := unused_secrets(self.sources, self.settings.intake):
            raise Misconfigured("the configuration cannot be used", flaws=flaws)

    async def receive(self, request: web.Request) -> web.Response:
        """POST /ingest/{source} and /ingest/{source}/{key}: 202 with the receipt, once committed."""
        source = self.sources.get(request.match_info.get("source", ALERTMANAGER))
        if source is None:
            raise NotFound(f"no source is named so; there are {', '.join(sorted(self.sources))}")
        caller = await self.authenticate(request, "ingest", request.match_info.get("key"))
        receipt, parsed = await self.take(request, source, caller, await read(request))
        if parsed.refused and not parsed.alerts and not parsed.ignored:
            raise refusal(receipt, parsed)
        return accepted(receipt, parsed.mended)

    async def take(self, request: web.Request, source: Source, caller: Caller, body: bytes) -> tuple[Receipt, Parsed]:
        """Parse and commit one body; what cannot be understood is committed to quarantine before Malformed is raised."""
        began = self.clock.monotonic()
        if caller.integration_id is None:
            raise Forbidden("this key belongs to no integration: alerts are sent with an integration's key")
        headers = request.headers
        query = request.query if request.query_string else {}
        delivery = Delivery(headers, body, self.clock.now(), query, most_items=self.settings.server.max_items)
        settings = self.settings.intake.get(source.slug, UNSET)
        try:
            if source.verify is not None:
                delivery = await self._verified(source, delivery, settings)
            mapping = self.mappings.of(caller.integration_id, source.slug)
            parsed = await self.read(str(caller.integration_id), source, settings, mapping, without_keys(delivery))
            if parsed.confirm is not None:
                await self.fetch(parsed.confirm)
        except (Unauthenticated, Forbidden):
            self.metrics.request(source.slug, RequestOutcome.UNTRUSTED)
            raise
        except Malformed as error:
            submission = Submission(caller.integration_id, source.slug, body, headers, (), _whole(error, body))
            receipt = await self._commit(source, submission)
            self.metrics.request(source.slug, RequestOutcome.REFUSED)
            raise Malformed(error.detail, flaws=error.flaws, receipt=str(receipt.id)) from None
        submission = Submission(
            caller.integration_id, source.slug, body, headers, parsed.alerts, parsed.refused, parsed.ignored, parsed.lost,
            parsed.delivery_id, mended=parsed.mended,
        )  # fmt: skip
        receipt = await self._commit(source, submission)
        self.metrics.request(source.slug, RequestOutcome.ACCEPTED)
        self.metrics.intake_seconds.observe(self.clock.monotonic() - began)
        return receipt, parsed

    async def _verified(self, source: Source, delivery: Delivery, settings: SourceSettings) -> Delivery:
        """The delivery with the certificate that signed it, if any; raises Unauthenticated, and Unavailable when that is away."""
        assert source.verify is not None  # noqa: S101 - asked of those only that have it
        address = source.certificate_at(delivery, settings) if source.certificate_at is not None else ""
        if address:
            delivery = replace(delivery, certificate=await self.certificates.get(address))
        try:
            source.verify(delivery, settings)
        except UnknownKey:
            delivery = replace(delivery, certificate=await self.certificates.newer(address))
            source.verify(delivery, settings)
        return delivery

    async def _commit(self, source: Source, submission: Submission) -> Receipt:
        if submission.items > self.settings.server.max_items:
            raise TooLarge(f"{submission.items} items in one request: send at most {self.settings.server.max_items}")
        try:
            return await self.submit(submission)
        except Overloaded:
            self.metrics.overloads.inc()
            self.metrics.request(source.slug, RequestOutcome.OVERLOADED)
            raise
        except (Unavailable, asyncio.CancelledError):
            self.metrics.request(source.slug, RequestOutcome.UNAVAILABLE)
            raise


def has_key(request: web.Request) -> bool:
    """Return whether a request carries a key in its headers."""
    return "Authorization" in request.headers or "X-Api-Key" in request.headers


async def read(request: web.Request) -> bytes:
    """Return the body of a known caller, bounded by `server.max_body_bytes`; raises Malformed, TooLarge and Overloaded."""
    return await incoming.read(request, request.client_max_size)


def accepted(receipt: Receipt, mended: Sequence[Mended] = ()) -> web.Response:
    """202 with what became of each item, and what was mended of it."""
    results: Sequence[object] = receipt.results
    if mended:
        told = [{name: getattr(one, name) for name in ("dedup_key", "incident", "outcome", "reason")} for one in receipt.results]
        results = [one | {"mended": mended_of(index, mended)} for index, one in enumerate(told)]
    body = _encode({"receipt": receipt.id, "results": results})
    return web.Response(body=body, status=202, content_type="application/json")


def refusal(receipt: Receipt, parsed: Parsed) -> Malformed:
    """Nothing of the request was understood; all of it is in quarantine under the receipt."""
    flaws = tuple(Flaw(refused.pointer, refused.problem) for refused in parsed.refused)
    return Malformed("no item could be understood; they are kept in quarantine", flaws=flaws, receipt=str(receipt.id))


def _whole(error: Malformed, body: bytes) -> tuple[Refused, ...]:
    pointer = error.flaws[0].pointer if error.flaws else ""
    return (Refused(WHOLE, problem_of(error)[:1000], pointer, body),)
