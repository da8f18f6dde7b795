"""The handler of posted forms.

The record, its files, the receipt and its outcome are written in one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.access.principal import Principal
from gateway.channels import report_service
from gateway.channels.email.posted import parse_form_fields
from gateway.channels.report_service import ReportOutcome, ReportService
from gateway.channels.speakers import unknown_reporter
from gateway.channels.webform.acknowledgement import FormAcknowledger
from gateway.channels.webform.reading import (
    FilledForm,
    ValidForm,
    make_report,
    parse_form,
    validate_form,
)
from gateway.channels.webform.ticket import FormTicket, FormTicketSigner
from gateway.db.pool import Connection, acquire
from gateway.errors import Malformed, TooLarge
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.record import Incident, Revision
from gateway.operations.attach import AttachmentService as Files
from gateway.operations.attach import PendingFile
from gateway.operations.unit_of_work import Transaction
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import Form

SOURCE = "web"


@dataclass(frozen=True, slots=True)
class PostedForm:
    """A form as it was posted: `kind` is the Content-Type of `body`."""

    kind: str
    body: bytes
    form: FilledForm
    ticket: FormTicket
    locale: Locale


@dataclass(frozen=True, slots=True)
class FormHandler:
    """A handler that writes forms to records; without `acknowledge` nobody is sent a mail."""

    report_service: ReportService
    files: Files
    tickets: FormTicketSigner
    form: Form
    acknowledge: FormAcknowledger | None = None

    @property
    def each(self) -> int:
        """The maximum number of bytes of one file."""
        return min(self.files.quota.each, self.form.max_bytes)

    async def __call__(
        self, sent: PostedForm, told: ValidForm, *, flag: str | None = None
    ) -> Receipt:
        """Open a record for the form and return the committed receipt.

        Of several forms with one ticket the first counts. Raises Unavailable, like
        ReportService.take.
        """
        who = unknown_reporter(told.contact, SOURCE)

        async def work(tx: Transaction) -> ReportOutcome:
            for one in waiting:
                one.taken = False
            wanted = make_report(told, sent.ticket.service, sent.locale, self.form, tx.now)
            opened = await report_service.open_report(
                tx, wanted, who, {"form": sent.ticket.service}
            )
            if events := [await self._kept(tx, opened, one, who) for one in waiting]:
                opened = (
                    await tx.write([Revision(after=opened, actor=who.name, events=tuple(events))])
                )[0]
            if self.acknowledge is not None and told.email.isascii() and told.email:
                await self.acknowledge(tx, opened, told.email, sent.locale)
            return ReportOutcome(
                _name(sent.ticket), opened, report_service.outcome_of(opened), "report"
            )

        async with self.files.holding(list(sent.form.files)) as waiting:
            return await self.report_service.take(await self._submission(sent, flag), work)

    async def received_before(self, ticket: FormTicket) -> bool:
        """Return whether a form with this ticket became a record."""
        async with acquire(self.files.uow.pool) as conn:
            name = Submission(
                await ensure_form_integration(conn), SOURCE, b"", {}, (), delivery_id=_name(ticket)
            ).delivery_key
            return bool(await conn.fetchval(RECEIVED, name))

    async def suspect(self, sent: PostedForm, why: str) -> Receipt:
        """Put a form that a program may have sent into quarantine, to be examined and released."""
        return await self.report_service.quarantine(await self._submission(sent, None), why)

    async def release(self, _integration: int, headers: Mapping[str, str], body: bytes) -> Receipt:
        """Handle a form from quarantine without checking for spam again.

        Raises Malformed for one that still is no report.
        """
        kind = headers.get("content-type", "")
        form = parse_form(parse_form_fields(kind, body))
        ticket = self.tickets.read(form.said.get("ticket", ""))
        told, flaws = validate_form(form, self.form, self.each)
        if ticket is None or told is None:
            raise Malformed(
                "this is no whole form: " + (", ".join(sorted(flaws)) or "its ticket is not ours")
            )
        return await self(
            PostedForm(kind, body, form, ticket, language(form, "en")), told, flag="replay"
        )

    async def _submission(self, sent: PostedForm, flag: str | None) -> Submission:
        integration_id = await self._integration()
        name = _name(sent.ticket)
        return Submission(
            integration_id,
            SOURCE,
            sent.body,
            {"content-type": sent.kind},
            (),
            delivery_id=name,
            flag=flag,
            same_as=bytes.fromhex(sent.ticket.name),
        )

    async def _integration(self) -> int:
        async with acquire(self.files.uow.pool) as conn:
            return await ensure_form_integration(conn)

    async def _kept(
        self, tx: Transaction, incident: Incident, one: PendingFile, who: Principal
    ) -> tuple[str, Mapping[str, Any]]:
        """Attach a file and return the event, or one with the reason why it was not attached.

        A report is never refused for a file.
        """
        try:
            return "attached", await self.files.take(tx, incident, one, who)
        except TooLarge as error:
            return "not_attached", {
                "name": one.file.name,
                "size": one.file.content.size,
                "reason": error.detail,
            }


def language(form: FilledForm, default: Locale) -> Locale:
    """Return the language that the form was shown in."""
    return next((locale for locale in LOCALES if locale == form.said.get("lang")), default)


def _name(ticket: FormTicket) -> str:
    return f"form:{ticket.name}"


RECEIVED = "SELECT true FROM delivery WHERE key_hash = $1"


INTEGRATION = """
INSERT INTO integration (slug, name) VALUES ('form', 'Report form')
ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id
"""
KNOWN = "SELECT id FROM integration WHERE slug = 'form'"


async def ensure_form_integration(conn: Connection) -> int:
    """Return the id of the integration that forms belong to, creating it if there is none."""
    known: int | None = await conn.fetchval(KNOWN)
    return known if known is not None else await conn.fetchval(INTEGRATION)


RECORD = "SELECT id FROM incident WHERE number = $1"


async def find_record(conn: Connection, receipt: Receipt) -> tuple[str, int] | None:
    """Return the number and the id of the record of a receipt, None where it is in quarantine."""
    number = receipt.results[0].incident if receipt.results else None
    return None if number is None else (number, await conn.fetchval(RECORD, number))
