"""Every address a replica answers at."""

from aiohttp import web

from gateway.api import routes
from gateway.api.compat_alertmanager import AlertmanagerReads
from gateway.api.context import Context
from gateway.api.health import Health
from gateway.api.openapi import build_docs
from gateway.api.reference import build_reference
from gateway.api.silences import Silences
from gateway.app.people import Ways
from gateway.app.reports import REPORTS
from gateway.dedup.silences import SilenceJudge
from gateway.ingest.http import FrontDoor
from gateway.ingest.pings import Pings
from gateway.ingest.routes import intake_routes
from gateway.monitors.pulse import Pulse
from gateway.opsgenie.alerts import Alerts
from gateway.opsgenie.heartbeats import Heartbeats
from gateway.settings import UseLimits

VERSION = "0.1.0"


def doors(context: Context, door: FrontDoor, ways: Ways, health: Health, pulse: Pulse, limits: UseLimits) -> list[web.RouteDef]:
    """The API, the ways in, and what other products' clients speak to."""
    desk, keys = context.desk, context.keys
    judge = SilenceJudge(desk.clock, limits.silences, door.metrics.unjudged)
    return [
        *routes.build(context, REPORTS),
        *intake_routes(door, ways.mail, ways.phone, ways.chat),
        *AlertmanagerReads(desk.pool, keys, health.readyz, VERSION, desk.clock.now(), desk.clock, judge).routes(),
        *build_docs(REPORTS),
        *build_reference(ways.reports.form.pages),
        *ways.reports.pages(context),
        *health.routes(door.metrics),
        *Alerts(door, desk).routes(),
        *Heartbeats(door, desk.pool, desk.clock).routes(),
        *Silences(desk.pool, keys, desk.clock, limits).routes(),
        *Pings(pulse, keys.authenticate).routes(),
    ]
