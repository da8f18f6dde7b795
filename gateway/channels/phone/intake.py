"""The intake of all requests of telephone systems.

A request is read, handled, and committed with its receipt and one outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from gateway.channels.phone import store
from gateway.channels.phone.call import CallEvent, CallStatus
from gateway.channels.phone.handler import CallHandler, delivery_id
from gateway.channels.phone.menu import StepResult
from gateway.channels.phone.numbers import is_one_telephone
from gateway.channels.phone.posted import SOURCE, PhoneAdapter, PhoneEvent, PhoneRequest, form
from gateway.channels.phone.providers import PROVIDERS
from gateway.channels.report_service import ReportOutcome
from gateway.db.pool import Pool, acquire
from gateway.errors import Malformed
from gateway.incidents.labels import Locale, state_label
from gateway.ingest.failed_requests import counting_failures
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics
from gateway.operations.unit_of_work import Transaction
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import Phone
from gateway.timing.clock import Clock
from gateway.timing.periodic import process_each

SWEEP_EVERY = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PhoneIntake:
    """The intake of events of telephone systems."""

    pool: Pool
    file: CallHandler
    phone: Phone
    metrics: Metrics
    clock: Clock

    def read(self, provider: PhoneAdapter, posted: PhoneRequest) -> PhoneEvent:
        """Return the event of a request; raises Malformed and nothing else."""
        return provider.read(posted, self.phone.region)

    async def take(
        self,
        integration_id: int,
        provider: PhoneAdapter,
        posted: PhoneRequest,
        told: PhoneEvent,
        spoken: Locale | None = None,
    ) -> Receipt:
        """Commit an event and return the receipt.

        Raises Overloaded and Unavailable: nothing was, or may not have been, committed.
        """
        began = self.clock.monotonic()
        name = delivery_id(told, posted)
        submission = Submission(
            integration_id, SOURCE, posted.content, _headers(provider, posted), (), delivery_id=name
        )
        with counting_failures(self.metrics, SOURCE):
            receipt = await self.file(told, submission, spoken)
        self.metrics.request(SOURCE, RequestOutcome.ACCEPTED)
        self.metrics.intake_seconds.observe(self.clock.monotonic() - began)
        return receipt

    async def quarantine(
        self, integration_id: int, provider: PhoneAdapter, posted: PhoneRequest, error: Malformed
    ) -> Receipt:
        """Put a request that cannot be understood into quarantine; raises Unavailable."""
        submission = Submission(
            integration_id, SOURCE, posted.content, _headers(provider, posted), ()
        )
        return await self.file.report_service.quarantine(submission, error.detail)

    async def replay(
        self, integration_id: int, headers: Mapping[str, str], content: bytes
    ) -> Receipt:
        """Take a request from quarantine again; raises Malformed if it still cannot be read."""
        slug, _, event = headers.get("phone", "").partition("/")
        if slug not in PROVIDERS:
            raise Malformed("no telephone system is known by this name")
        provider, kind = PROVIDERS[slug], headers.get("content-type", "")
        query = form(headers.get("query", "").encode() if kind else content)
        posted = PhoneRequest(event, kind, content if kind else b"", query, self.clock.now())
        return await self.take(integration_id, provider, posted, self.read(provider, posted))

    async def standing(self, caller: str, locale: Locale) -> StepResult:
        """Return the caller's latest unfinished record and its state."""
        if not is_one_telephone(caller):
            return StepResult()
        async with acquire(self.pool) as conn:
            found = await store.find_unfinished(conn, caller)
        return (
            StepResult()
            if found is None
            else StepResult(found[0], state_label(found[1], found[2], locale))
        )

    async def sweep(self) -> None:
        """Handle calls without further events as missed.

        Their end was reported while the gateway could not receive it.
        """
        async with acquire(self.pool) as conn:
            quiet = await store.find_silent(conn, self.clock.stamp(), self.phone.silent_after)
        await process_each("calls", quiet, self._give_up)

    async def _give_up(self, kept: store.StoredCall) -> None:
        call = kept.call
        lost = CallEvent(
            provider=call.provider,
            call_id=call.call_id,
            status=CallStatus.ABANDONED,
            ended_at=kept.heard_at,
        )
        done = await self.file.report_service.uow.within(
            partial(self._lost, kept.integration_id, lost)
        )
        log.info("silent_call", call=call.call_id, outcome=done.outcome, reason=done.reason)

    async def _lost(self, integration_id: int, lost: CallEvent, tx: Transaction) -> ReportOutcome:
        return await self.file.call(tx, integration_id, lost)


def _headers(provider: PhoneAdapter, posted: PhoneRequest) -> dict[str, str]:
    kind = posted.kind if posted.body else ""
    return {
        "content-type": kind,
        "phone": f"{provider.slug}/{posted.event}",
        "query": posted.asked if kind else "",
    }
