"""Ways in for people's reports, put together: the form, the pages of reporters, and apps."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from aiohttp import web

from gateway.access.keys import Scope
from gateway.access.reporter_links import ReporterLinks
from gateway.api.context import Call, Context, respond
from gateway.api.records.page import RecordPage
from gateway.api.reporters.problem_pages import paged
from gateway.api.reporters.reporter_page import MyPage
from gateway.api.route import ONCE, Route
from gateway.catalogue.live import Catalogue
from gateway.channels.app.http import SOURCE as APP
from gateway.channels.app.http import AppDoor, Asked, Owned, Taken
from gateway.channels.app.report import AppReport
from gateway.channels.memory_budget import MemoryBudget
from gateway.channels.report_service import ReportService
from gateway.channels.webform.acknowledgement import Acknowledging
from gateway.channels.webform.buckets import Buckets
from gateway.channels.webform.handler import SOURCE as FORM
from gateway.channels.webform.handler import FormFiling
from gateway.channels.webform.http import FormDoor
from gateway.channels.webform.ticket import Tickets
from gateway.errors import Malformed
from gateway.ingest.replay import Release
from gateway.ingest.workers.process import Reader
from gateway.observe.metrics import Metrics
from gateway.operations.attach import AttachmentStore
from gateway.pages.rendering import Pages
from gateway.settings import Settings

APPS = web.AppKey("apps", AppDoor)
SOURCES = (FORM, APP)


@dataclass(frozen=True, slots=True)
class ReportChannels:
    """The doors; `people` read again what of theirs is in quarantine."""

    form: FormDoor
    apps: AppDoor

    @property
    def people(self) -> Mapping[str, Release]:
        """By source."""
        return {FORM: self.form.filing.release, APP: self.apps.release}

    def pages(self, context: Context, reading: Context) -> list[web.RouteDef]:
        """The form and the pages of reporters; problems are pages too. `reading` is for pages that only read."""
        return paged(
            [*self.form.routes(), *MyPage(context, self.form.pages).routes(), *RecordPage(reading, self.form.pages).routes()],
            self.form.pages,
            context.keys.let_stranger,
        )


def build_report_channels(
    settings: Settings,
    reception: ReportService,
    files: AttachmentStore,
    links: ReporterLinks,
    catalogue: Catalogue,
    metrics: Metrics,
    reader: Reader,
) -> ReportChannels:
    """The doors as the settings say."""
    form, uow = settings.form, reception.uow
    filing = FormFiling(reception, files, Tickets(links.secrets), form, _acknowledging(settings))
    pages = Pages(settings.notify.locale, form.zone, form.contact)
    places = MemoryBudget(form.at_once, form.at_once * form.max_bytes)
    door = FormDoor(filing, Buckets(uow.pool, form), links, pages, catalogue.services, metrics, uow.clock, places,
                    settings.server.external_url, reader)  # fmt: skip
    return ReportChannels(door, AppDoor(reception, links, form.region, metrics, uow.clock, reader, _acknowledging(settings)))


def _acknowledging(settings: Settings) -> Acknowledging | None:
    """None where the gateway sends no mail, or none to reporters."""
    per_hour = settings.mail.acknowledgements_per_hour
    if not (settings.form.acknowledge and settings.notify.smtp.host and per_hour > 0):
        return None
    return Acknowledging(per_hour)


async def _report(call: Call) -> web.Response:
    return respond(await call.request.app[APPS].receive(call.request, call.caller), 202)


async def _own(call: Call) -> web.Response:
    try:
        asked = msgspec.convert(dict(call.request.query), Asked)
    except msgspec.ValidationError as error:
        raise Malformed(f"the query: {error}") from error
    return respond(await call.request.app[APPS].own(call.caller, asked.reporter))


REPORTS = (
    Route("POST", "/ingest/app", _report, Scope.INGEST, "Report for a user of an app", None, Taken, status=202,
          headers=ONCE, keeps=AppReport),
    Route("GET", "/ingest/app/mine", _own, Scope.INGEST, "List an app user's reports", None, Owned, Asked),
)  # fmt: skip
"""The routes of apps, handled and described like those of the API."""
