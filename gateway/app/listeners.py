"""Assembly of what a replica listens with: its web applications and the SMTP server."""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.access.reporter_links import ReporterLinks
from gateway.api.health import Health, metrics_route
from gateway.app import parts, reports
from gateway.app.channels import Receivers
from gateway.channels.email.listener import SmtpHandler, receiving
from gateway.db.pool import Pool
from gateway.network.addresses import parse_networks
from gateway.notify.reply_tokens import ReplyTokens
from gateway.observe.metrics import Metrics
from gateway.settings import Settings
from gateway.timing.clock import Clock
from gateway.untrusted import request_bodies
from gateway.web import edge
from gateway.web.auth import Authenticator
from gateway.web.deadlines import Deadlines


@dataclass(frozen=True, slots=True)
class WebApplications:
    """The application of the public port, and that of the metrics' own port if there is one."""

    public: web.Application
    metrics: web.Application | None


def build_web_applications(
    settings: Settings,
    definitions: Iterable[web.RouteDef],
    health: Health,
    clock: Clock,
    receivers: Receivers,
    metrics: Metrics,
    keys: Authenticator,
) -> WebApplications:
    """Build the applications that serve these routes, the metrics and the probes."""
    if settings.metrics.host:
        shown, own = [], [*health.routes(), metrics_route(metrics, None)]
    else:
        shown, own = [metrics_route(metrics, None if settings.metrics.open else keys)], []
    return WebApplications(
        _application(settings, [*definitions, *shown], clock, receivers, metrics),
        _application(settings, own, clock, receivers, metrics) if own else None,
    )


def _application(
    settings: Settings,
    definitions: Iterable[web.RouteDef],
    clock: Clock,
    receivers: Receivers,
    metrics: Metrics,
) -> web.Application:
    proxies = parse_networks(settings.server.trusted_proxies)
    deadlines = Deadlines(settings.server.deadline.total_seconds())
    app = web.Application(client_max_size=settings.server.max_body_bytes)
    app[reports.APPS] = receivers.reports.apps
    app[request_bodies.BUDGETS] = parts.build_budgets(settings.server, metrics)
    app.add_routes(
        edge.wrap_routes(
            definitions, clock, metrics.answered, deadlines, proxies, settings.server.external_url
        )
    )
    return app


async def start_smtp(
    stack: AsyncExitStack,
    receivers: Receivers,
    pool: Pool,
    keys: Authenticator,
    links: ReporterLinks,
    metrics: Metrics,
) -> Sequence[Any]:
    """Receive mail by SMTP until the stack ends, if configured; return the addresses."""
    intake = receivers.mail_intake
    handler = SmtpHandler(
        intake,
        pool,
        keys.recognise,
        ReplyTokens(links.secrets),
        parse_networks(intake.mail.authentication.relays),
    )
    return await stack.enter_async_context(
        receiving(handler, metrics.notifications.mail_sessions.set)
    )
