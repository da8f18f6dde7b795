"""The endpoint for reports of apps, POST /ingest/app, and the list of a reporter's records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from aiohttp import web

from gateway.access.permissions import visibility_of
from gateway.access.principal import Principal
from gateway.access.reporter_links import ReporterLinks
from gateway.channels import report_service
from gateway.channels.app.report import (
    AppReport,
    AppReporter,
    make_report,
    normalise_reporter_id,
    read,
)
from gateway.channels.contacts import normalise_email, normalise_phone
from gateway.channels.report_service import ReportOutcome, ReportService
from gateway.channels.speakers import unknown_reporter
from gateway.channels.webform.acknowledgement import FormAcknowledger
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire
from gateway.directory.roles import Role
from gateway.errors import Forbidden, Malformed
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.ingest.failed_requests import counting_failures
from gateway.ingest.http import IntegrationCaller
from gateway.ingest.http import read_body as body_of
from gateway.ingest.workers.process import ParseWorker, compute_cpu_limit, is_short
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics
from gateway.operations.idempotency import IdempotencyKey, claim_key, store_result
from gateway.operations.unit_of_work import Transaction
from gateway.receipts.mended import RepairedValue
from gateway.receipts.submission import ItemResult, Receipt, Submission
from gateway.timing.clock import Clock
from gateway.vocabulary import State

SOURCE = "app"
MAX_LISTED = 100
"""The number of records in a listing, newest first."""


class AppReportResult(msgspec.Struct):
    """The result of a report.

    `page` and `link` are paths, to be put behind the gateway's address: a page for a browser,
    and the same for programs. Both expire at `expires_at`; all three are null where the report
    is in quarantine.
    """

    receipt: UUID
    results: tuple[ItemResult, ...]
    number: str | None
    page: str | None
    link: str | None
    expires_at: datetime | None


class ReporterRecord(msgspec.Struct):
    """One record of a reporter, with new links to it."""

    number: str
    state: State
    title: str
    recorded_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    page: str
    link: str
    expires_at: datetime


class ReporterRecordList(msgspec.Struct):
    """Records of one reporter that came by this integration's app, newest first; at most 100."""

    records: list[ReporterRecord]


class ReporterRecordsQuery(msgspec.Struct):
    """The reporter whose records are listed.

    It is the reporter's `id`, or the address or number that identified a reporter without one.
    """

    reporter: str


@dataclass(frozen=True, slots=True)
class AppEndpoint:
    """The endpoint for reports of apps.

    `region` is that of telephone numbers without a country code.
    """

    report_service: ReportService
    links: ReporterLinks
    region: str
    metrics: Metrics
    clock: Clock
    reader: ParseWorker
    acknowledge: FormAcknowledger | None = None

    async def receive(self, request: web.Request, caller: IntegrationCaller) -> AppReportResult:
        """Take a report and return its result, once committed.

        Raises Malformed, with its receipt, when it is in quarantine; Forbidden,
        IdempotencyMismatch, Overloaded and Unavailable.
        """
        began, integration_id = self.clock.monotonic(), integration_of(caller)
        key, body = _key(request), await body_of(request)
        with counting_failures(self.metrics, SOURCE):
            receipt = await self.take(integration_id, body, key)
        self.metrics.request(SOURCE, RequestOutcome.ACCEPTED)
        self.metrics.intake_seconds.observe(self.clock.monotonic() - began)
        return await self._answer(receipt)

    async def take(
        self, integration_id: int, body: bytes, key: str | None, *, flag: str | None = None
    ) -> Receipt:
        """Take a report and return the committed receipt; with `key` the same report counts once.

        Raises Malformed, with its receipt, when it is in quarantine; IdempotencyMismatch and
        Unavailable.
        """
        name = None if key is None else f"app:{key}"
        headers = {"content-type": "application/json"}
        submission = Submission(
            integration_id, SOURCE, body, headers, (), delivery_id=name, flag=flag
        )
        try:
            told, person, submission.mended = await self._read(body)
        except Malformed as error:
            where = error.flaws[0].pointer if error.flaws else ""
            receipt = await self.report_service.quarantine(
                submission, f"{where}: {error.detail}" if where else error.detail
            )
            raise Malformed(error.detail, flaws=error.flaws, receipt=str(receipt.id)) from None
        return await self.report_service.take(
            submission, lambda tx: self._file(tx, submission, told, person)
        )

    async def _read(self, body: bytes) -> tuple[AppReport, AppReporter, tuple[RepairedValue, ...]]:
        """Decode the report; a long one is read in a worker process, off the event loop."""
        return (
            read(body, self.region)
            if is_short(body)
            else await self.reader.call("app", compute_cpu_limit(body), read, body, self.region)
        )

    async def _file(
        self, tx: Transaction, submission: Submission, told: AppReport, person: AppReporter
    ) -> ReportOutcome:
        once = _once(submission)
        if once is not None:
            await claim_key(tx.conn, once, tx.now)
        who = unknown_reporter(person.contact, SOURCE)
        opened = await report_service.open_report(
            tx, make_report(told, person, tx.now), who, {"app": told.client.app}
        )
        await _remember(tx.conn, submission.integration_id, person, opened)
        if (
            self.acknowledge is not None
            and person.contact.isascii()
            and normalise_email(person.contact)
        ):
            await self.acknowledge(tx, opened, person.contact, person.locale)
        if once is not None:
            await store_result(tx.conn, once, opened.number.encode())
        return ReportOutcome(person.known_by, opened, report_service.outcome_of(opened), "report")

    async def release(
        self, integration_id: int, _headers: Mapping[str, str], body: bytes
    ) -> Receipt:
        """Take a report from quarantine again; raises Malformed if it still cannot be read."""
        await self._read(body)
        return await self.take(
            integration_id, body, f"released:{sha256(body).hexdigest()}", flag="replay"
        )

    async def own(self, caller: IntegrationCaller, reporter: str) -> ReporterRecordList:
        """Return the records of a reporter of this integration; raises Forbidden."""
        integration_id = integration_of(caller)
        names = {
            normalise_reporter_id(reporter),
            normalise_email(reporter) or "",
            normalise_phone(reporter, self.region) or "",
        } - {""}
        async with acquire(self.report_service.uow.pool) as conn:
            now = await fetch_now(conn, self.clock.stamp())
            ids = [
                row[0]
                for row in await conn.fetch(
                    OWN, integration_id, [_hash(name) for name in names], MAX_LISTED
                )
            ]
            records = await store.by_ids(conn, ids)
        seen = sorted(
            (one for one in records if _is_visible_to_reporter(one)), key=lambda one: -one.id
        )
        return ReporterRecordList([self._own(one, now) for one in seen])

    def _own(self, one: Incident, now: datetime) -> ReporterRecord:
        link, ends = self.links.make(one.id, now)
        return ReporterRecord(
            one.number,
            one.state,
            one.title,
            one.recorded_at,
            one.resolved_at,
            one.closed_at,
            *link_paths(link),
            ends,
        )

    async def _answer(self, receipt: Receipt) -> AppReportResult:
        number = receipt.results[0].incident if receipt.results else None
        if number is None:
            return AppReportResult(receipt.id, receipt.results, None, None, None, None)
        async with acquire(self.report_service.uow.pool) as conn:
            incident_id = await conn.fetchval(RECORD, number)
            link, ends = self.links.make(incident_id, await fetch_now(conn, self.clock.stamp()))
        return AppReportResult(receipt.id, receipt.results, number, *link_paths(link), ends)


def integration_of(caller: IntegrationCaller) -> int:
    """Return the integration that the key belongs to; raises Forbidden if there is none."""
    if caller.integration_id is None:
        raise Forbidden("this key belongs to no integration: an app has an integration's key")
    return caller.integration_id


def link_paths(link: str) -> tuple[str, str]:
    """Return the path of the page for people and the path of the API resource for programs."""
    return f"/my/{link}", f"/api/v1/mine/{link}"


def _key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= 255:
        raise Malformed("an Idempotency-Key has 1 to 255 characters")
    return key


def _is_visible_to_reporter(record: Incident) -> bool:
    """Return whether the reporter still sees the record: a security incident they do not."""
    names = frozenset(text.lower() for text in (record.contact, record.owner) if text)
    return visibility_of(
        Principal(name="reporter", parts=frozenset({Role.REPORTER}), identities=names)
    ).sees(record)


RECORD = "SELECT id FROM incident WHERE number = $1"

OWN = """
SELECT incident_id FROM app_report WHERE integration_id = $1 AND reporter_hash = ANY($2::bytea[])
ORDER BY incident_id DESC LIMIT $3
"""

REMEMBER = """
INSERT INTO app_report (integration_id, reporter_hash, incident_id) VALUES ($1, $2, $3)
"""


async def _remember(
    conn: Connection, integration_id: int, person: AppReporter, opened: Incident
) -> None:
    await conn.execute(REMEMBER, integration_id, _hash(person.known_by), opened.id)


def _once(submission: Submission) -> IdempotencyKey | None:
    """Return the key by which the same Idempotency-Key with another report is refused.

    The rest of the API works alike.
    """
    return (
        None
        if submission.delivery_key is None
        else IdempotencyKey(sha256(submission.delivery_key).digest(), submission.body_hash)
    )


def _hash(name: str) -> bytes:
    return sha256(name.encode()).digest()
