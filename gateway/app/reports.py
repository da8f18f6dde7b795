"""Assembly of the channels for reports: the web form, the pages of reporters, and apps."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from aiohttp import web

from gateway.access.keys import Scope
from gateway.access.reporter_links import ReporterLinks
from gateway.api.context import ApiCall, Context, respond
from gateway.api.records.page import RecordPage
from gateway.api.reporters.problem_pages import with_problem_pages
from gateway.api.reporters.reporter_page import ReporterPage
from gateway.api.route import IDEMPOTENT, Route
from gateway.api.typed_handler import without_body
from gateway.catalogue.live import Catalogue
from gateway.channels.app.http import SOURCE as APP
from gateway.channels.app.http import (
    AppEndpoint,
    AppReportResult,
    ReporterRecordList,
    ReporterRecordsQuery,
)
from gateway.channels.app.report import AppReport
from gateway.channels.memory_budget import MemoryBudget
from gateway.channels.report_service import ReportService
from gateway.channels.webform.acknowledgement import FormAcknowledger
from gateway.channels.webform.buckets import FormRateLimits
from gateway.channels.webform.handler import SOURCE as FORM
from gateway.channels.webform.handler import FormHandler
from gateway.channels.webform.http import FormEndpoint
from gateway.channels.webform.ticket import FormTicketSigner
from gateway.errors import Malformed
from gateway.ingest.replay import Resubmit
from gateway.ingest.workers.process import ParseWorker
from gateway.observe.metrics import Metrics
from gateway.operations.attach import AttachmentService
from gateway.pages.rendering import Pages
from gateway.settings import Settings

APPS = web.AppKey("apps", AppEndpoint)
SOURCES = (FORM, APP)


@dataclass(frozen=True, slots=True)
class ReportChannels:
    """The endpoints of the web form and of apps."""

    form: FormEndpoint
    apps: AppEndpoint

    @property
    def people(self) -> Mapping[str, Resubmit]:
        """The functions that replay quarantined reports, by source."""
        return {FORM: self.form.handler.release, APP: self.apps.release}

    def pages(self, context: Context, reading: Context) -> list[web.RouteDef]:
        """Return the form and the pages of reporters, which show problems as pages too.

        `reading` is the context for pages that only read.
        """
        return with_problem_pages(
            [
                *self.form.routes(),
                *ReporterPage(context, self.form.pages).routes(),
                *RecordPage(context, reading, self.form.pages).routes(),
            ],
            self.form.pages,
            context.keys.count_request_without_key,
        )


def build_report_channels(
    settings: Settings,
    report_service: ReportService,
    files: AttachmentService,
    links: ReporterLinks,
    catalogue: Catalogue,
    metrics: Metrics,
    reader: ParseWorker,
) -> ReportChannels:
    """Build the endpoints according to the settings."""
    form, uow = settings.form, report_service.uow
    handler = FormHandler(
        report_service, files, FormTicketSigner(links.secrets), form, _acknowledging(settings)
    )
    pages = Pages(settings.notify.locale, form.zone, form.contact)
    places = MemoryBudget(form.at_once, form.at_once * form.max_bytes)
    endpoint = FormEndpoint(
        handler,
        FormRateLimits(uow.pool, form),
        links,
        pages,
        catalogue.services,
        metrics,
        uow.clock,
        places,
        settings.server.external_url,
        reader,
    )
    return ReportChannels(
        endpoint,
        AppEndpoint(
            report_service, links, form.region, metrics, uow.clock, reader, _acknowledging(settings)
        ),
    )


def _acknowledging(settings: Settings) -> FormAcknowledger | None:
    """Return the acknowledgement by mail, or None if it or outgoing mail is off."""
    per_hour = settings.mail.acknowledgements_per_hour
    if not (settings.form.acknowledge and settings.notify.smtp.host and per_hour > 0):
        return None
    return FormAcknowledger(per_hour)


async def _report(call: ApiCall[None]) -> web.Response:
    return respond(await call.request.app[APPS].receive(call.request, call.caller), 202)


async def _own(call: ApiCall[None]) -> web.Response:
    try:
        asked = msgspec.convert(dict(call.request.query), ReporterRecordsQuery)
    except msgspec.ValidationError as error:
        raise Malformed(f"the query: {error}") from error
    return respond(await call.request.app[APPS].own(call.caller, asked.reporter))


REPORTS = (
    Route("POST", "/ingest/app", without_body(_report), Scope.INGEST,
          "Report for a user of an app", AppReportResult, status=202, headers=IDEMPOTENT,
          quarantined_body=AppReport),
    Route("GET", "/ingest/app/mine", without_body(_own, ReporterRecordsQuery), Scope.INGEST,
          "List an app user's reports", ReporterRecordList),
)  # fmt: skip
"""The routes of apps, handled and described like those of the API."""
