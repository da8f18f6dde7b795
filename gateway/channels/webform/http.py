"""The endpoints of the report form: pages that browsers read and post without scripts."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from gateway.access.reporter_links import ReporterLinks
from gateway.catalogue.model import Service
from gateway.channels.email.posted import parse_form_fields
from gateway.channels.email.reader import SHORT
from gateway.channels.memory_budget import MemoryBudget, read_body
from gateway.channels.webform.buckets import FormRateLimits
from gateway.channels.webform.handler import SOURCE, FormHandler, PostedForm, find_record, language
from gateway.channels.webform.reading import (
    EMPTY,
    FILES,
    IMPACTS_ASCENDING,
    FieldError,
    FilledForm,
    parse_form,
    spam_reason,
    validate_form,
)
from gateway.channels.webform.ticket import FormTicket
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.errors import NotFound
from gateway.incidents.labels import Locale
from gateway.ingest.failed_requests import counting_failures
from gateway.ingest.workers.process import ParseWorker
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics
from gateway.pages.rendering import Pages
from gateway.pages.words import IMPACTS, URGENCIES, WORDS, in_language
from gateway.receipts.submission import Receipt
from gateway.settings import Form
from gateway.timing.clock import Clock
from gateway.vocabulary import Outcome
from gateway.web.described_endpoint import FORM, PARTS, DescribedEndpoint, KeyLocation

FORM_SECONDS = 2.0
"""Seconds of CPU time that reading one form with its files may take."""

FORM_PAGES = (
    DescribedEndpoint("GET", "/report", "Show the services that have a form", KeyLocation.NONE),
    DescribedEndpoint("GET", "/report/{service}", "Show the form of a service", KeyLocation.NONE),
    DescribedEndpoint(
        "POST", "/report/{service}", "Send the form of a service", KeyLocation.NONE, (FORM, PARTS)
    ),
)

NO_SUCH_FORM = "no form is offered by that name"


@dataclass(frozen=True, slots=True)
class FormEndpoint:
    """The endpoints GET /report, GET and POST /report/{service}.

    `services` returns the services of the catalogue; `external_url` is the prefix of links.
    """

    handler: FormHandler
    buckets: FormRateLimits
    links: ReporterLinks
    pages: Pages
    services: Callable[[], Mapping[str, Service]]
    metrics: Metrics
    clock: Clock
    places: MemoryBudget
    external_url: str
    reader: ParseWorker

    @property
    def form(self) -> Form:
        """The settings of the form."""
        return self.handler.form

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        one = "/report/{service}"
        return [
            web.get("/report", self.choose),
            web.get(one, self.open),
            web.post(one, self.receive),
        ]

    async def choose(self, request: web.Request) -> web.Response:
        """Show the services that offer a form."""
        known = self.services()
        offered = [(slug, known[slug].name) for slug in self.form.services if slug in known]
        return self.pages.show(
            "services.html", self.pages.locale(request), switch="/report", services=offered
        )

    async def open(self, request: web.Request) -> web.Response:
        """Show an empty form with a new ticket."""
        service = self._offered(request)
        return self._form(
            service, self.pages.locale(request), EMPTY, {}, switch=f"/report/{service.slug}"
        )

    async def receive(self, request: web.Request) -> web.Response:
        """Take a posted form.

        Responds 201 with number and link, once committed; 202 in quarantine; 422 with the same
        form and the flaws in it. Raises NotFound, TooManyAttempts, TooLarge, Malformed,
        Overloaded and Unavailable.
        """
        began = self.clock.monotonic()
        service = self._offered(request)
        body = bytearray()
        with counting_failures(self.metrics, SOURCE):
            await self.buckets.tried(request.remote or "", self.clock.stamp())
            try:
                await read_body(body, request, self.places, self.form.max_bytes, "form")
                async with self.places.one():
                    response, outcome = await self._received(request, service, bytes(body))
            finally:
                self.places.release(len(body))
        self.metrics.request(SOURCE, outcome)
        self.metrics.intake_seconds.observe(self.clock.monotonic() - began)
        return response

    async def _received(
        self, request: web.Request, service: Service, body: bytes
    ) -> tuple[web.Response, RequestOutcome]:
        kind = request.headers.get("Content-Type", "")
        form = (
            _read(kind, body)
            if len(body) <= SHORT
            else await self.reader.call("form", FORM_SECONDS, _read, kind, body)
        )
        locale = self.pages.locale(request, language(form, self.pages.locale(request)))
        told, flaws = validate_form(form, self.form, self.handler.each)
        ticket = self._ticket(form, service)
        before = ticket is not None and await self.handler.received_before(ticket)
        late = "expired" if ticket is None else "" if before else self._lateness(ticket)
        if told is None or ticket is None or late:
            kept = form.said["ticket"] if ticket is not None and late != "expired" else ""
            again = self._form(
                service, locale, form, flaws, notice=late if told else "mend", ticket=kept
            )
            return again, RequestOutcome.REFUSED
        if not before:
            await self.buckets.reported(request.remote or "", service.slug, self.clock.stamp())
        sent = PostedForm(kind, body, form, ticket, locale)
        if not before and (why := spam_reason(form, self.form)):
            return self._waiting(
                await self.handler.suspect(sent, why), locale
            ), RequestOutcome.REFUSED
        return await self._answer(await self.handler(sent, told), locale), RequestOutcome.ACCEPTED

    def _offered(self, request: web.Request) -> Service:
        slug = request.match_info["service"]
        service = self.services().get(slug) if slug in self.form.services else None
        if service is None:
            raise NotFound(NO_SUCH_FORM)
        return service

    def _ticket(self, form: FilledForm, service: Service) -> FormTicket | None:
        ticket = self.handler.tickets.read(form.said.get("ticket", ""))
        return ticket if ticket is not None and ticket.service == service.slug else None

    def _lateness(self, ticket: FormTicket) -> str:
        """Return why a form with this ticket is not accepted at this time, "" if it is."""
        age = self.clock.now() - ticket.opened_at
        if age > self.form.max_age:
            return "expired"
        return "early" if age < self.form.min_age else ""

    def _form(
        self,
        service: Service,
        locale: Locale,
        form: FilledForm,
        flaws: Mapping[str, FieldError],
        *,
        notice: str = "",
        ticket: str = "",
        switch: str = "",
    ) -> web.Response:
        if form.files and FILES not in flaws:
            flaws = {**flaws, FILES: FieldError("files_again")}
        return self.pages.show(
            "report.html",
            locale,
            422 if notice else 200,
            switch=switch,
            service=service.slug,
            name=service.name,
            notice=in_language(WORDS[notice], locale) if notice else "",
            told=form.shown(),
            flaws={
                name: in_language(WORDS[flaw.word], locale).format(flaw.value)
                for name, flaw in flaws.items()
            },
            ticket=ticket
            or self.handler.tickets.make(service.slug, self.clock.now(), secrets.token_bytes(16)),
            impacts=[(one, in_language(IMPACTS[one], locale)) for one in IMPACTS_ASCENDING],
            urgencies=[(one, in_language(words, locale)) for one, words in URGENCIES.items()],
            zone=self.form.zone,
            max_files=self.form.max_files,
            max_mb=self.form.max_bytes // 1_048_576,
        )

    def _waiting(self, receipt: Receipt, locale: Locale) -> web.Response:
        return self.pages.show("waiting.html", locale, 202, receipt=receipt.id)

    async def _answer(self, receipt: Receipt, locale: Locale) -> web.Response:
        async with acquire(self.handler.files.uow.pool) as conn:
            record = await find_record(conn, receipt)
            now = await fetch_now(conn, self.clock.stamp())
        if record is None:
            return self._waiting(receipt, locale)
        number, incident_id = record
        link, ends = self.links.make(incident_id, now)
        before = receipt.results[0].outcome is Outcome.DUPLICATE
        path = f"/my/{link}"
        return self.pages.show(
            "received.html",
            locale,
            200 if before else 201,
            number=number,
            before=before,
            path=path,
            address=self.external_url.rstrip("/") + path,
            ends=ends,
        )


def _read(kind: str, body: bytes) -> FilledForm:
    return parse_form(parse_form_fields(kind, body))
