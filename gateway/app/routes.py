"""The routes of all endpoints of a replica."""

from aiohttp import web

from gateway.api import routes
from gateway.api.context import Context
from gateway.api.description.openapi import build_docs
from gateway.api.health import Health
from gateway.api.reference import build_reference
from gateway.app.channel_pages import channel_page_routes
from gateway.app.channels import Receivers
from gateway.app.intake_routes import intake_routes
from gateway.app.reports import REPORTS
from gateway.compat.alertmanager.routes import AlertmanagerReads
from gateway.compat.alertmanager.silences import AlertmanagerSilences
from gateway.compat.opsgenie.alerts import OpsgenieAlerts
from gateway.compat.opsgenie.heartbeats import Heartbeats
from gateway.db.pool import Pool
from gateway.dedup.silences import SilenceJudge
from gateway.ingest.http import AlertEndpoint
from gateway.ingest.pings import PingEndpoint
from gateway.monitors.pings import PingService
from gateway.settings import UseLimits

VERSION = "0.1.0"


def build_routes(
    context: Context,
    reads: Pool,
    endpoint: AlertEndpoint,
    receivers: Receivers,
    health: Health,
    pings: PingService,
    limits: UseLimits,
) -> list[web.RouteDef]:
    """Return the routes of the API, of intake, and of the compatible APIs of other products."""
    uow, keys, reading = context.uow, context.keys, context.on(reads)
    judge = SilenceJudge(uow.clock, limits.silences, endpoint.metrics.unjudged)
    return [
        *routes.build_api_routes(context, REPORTS, reading),
        *intake_routes(endpoint, receivers.mail, receivers.phone, receivers.chat),
        *AlertmanagerReads(
            reads, keys, health.readyz, VERSION, uow.clock.now(), uow.clock, judge
        ).routes(),
        *build_docs(REPORTS),
        *build_reference(receivers.reports.form.pages),
        *receivers.reports.pages(context, reading),
        *channel_page_routes(
            receivers.pages, receivers.reports.form.pages, keys.count_request_without_key
        ),
        *health.routes(),
        *OpsgenieAlerts(endpoint, uow, reads, context.searches).routes(),
        *Heartbeats(endpoint, pings.writer, limits.heartbeats).routes(),
        *AlertmanagerSilences(uow.pool, reads, keys, uow.clock, limits, context.searches).routes(),
        *PingEndpoint(pings, keys.authenticate).routes(),
    ]
