"""The composition root: builds the graph of one replica, opens it, serves it, and closes it in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.api import problems
from gateway.api.auth import Keys
from gateway.api.context import Context
from gateway.api.openapi import build_docs
from gateway.api.routes import build
from gateway.clock import Clock
from gateway.db.pool import SERVER_SETTINGS, Pool, acquire, open_pool
from gateway.dedup.commit import Committer
from gateway.dedup.intake import Intake
from gateway.dedup.opening import Openings
from gateway.dedup.records import Records
from gateway.incidents import store
from gateway.ingest.http import FrontDoor
from gateway.ingest.routes import intake_routes
from gateway.ingest.sources import SOURCES
from gateway.metrics import Metrics
from gateway.notify.channels import channels
from gateway.notify.runner import Runner as Telling
from gateway.observers import IntakeObserver, TimerObserver
from gateway.operations.desk import Desk
from gateway.operations.firing import Effects
from gateway.settings import Settings
from gateway.sla.index import Index, connect
from gateway.sla.runner import Runner as Timers
from gateway.sla.timers import Rules
from gateway.upkeep import Upkeep

log = structlog.get_logger()

DRAIN = 5.0
"""Seconds between /readyz turning 503 and the end of listening, for whoever balances the load to notice."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """One running replica."""

    app: web.Application
    intake: Intake
    timers: Timers
    telling: Telling


@asynccontextmanager
async def opened(settings: Settings, clock: Clock, *, allow_unsafe: bool = False) -> AsyncIterator[Gateway]:
    """Everything a replica needs, running; stopped in the opposite order."""
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database, allow_unsafe=allow_unsafe)
        stack.callback(pool.terminate)
        yield await _assemble(stack, pool, settings, clock)


async def _assemble(stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock) -> Gateway:
    metrics = Metrics(CollectorRegistry(), [source.slug for source in SOURCES])
    rules, key = Rules.from_settings(settings), settings.audit.key.encode()
    reserve = await _numbers(stack, settings)
    effects = Effects(rules, key)
    index = Index(connect(settings.redis.url), clock) if settings.redis.url else None
    timers = Timers(pool=pool, fire=effects.fire, clock=clock, index=index, replica=uuid4(), observer=TimerObserver(metrics))
    committer = Committer(clock, settings.dedup, Records(Openings(settings, rules), reserve, clock, key))
    intake = Intake(lambda: _connect(settings), committer, clock, settings.server, IntakeObserver(metrics, timers.note_armed))
    telling = Telling(pool=pool, channels=channels(settings), metrics=metrics, clock=clock, locale=settings.notify.locale)
    desk = Desk(pool, clock, rules, key, reserve, timers.note_armed)
    keys = Keys(pool, clock)
    door = FrontDoor({source.slug: source for source in SOURCES}, intake.submit, keys.authenticate, settings, metrics, clock)
    context = Context(desk, keys)
    app = web.Application(client_max_size=settings.server.max_body_bytes, middlewares=[problems.middleware])
    app.add_routes(intake_routes(door))
    app.add_routes(build(context) + build_docs())
    upkeep = Upkeep(pool, settings, clock, metrics, rules, key)
    await _run(stack, timers, intake, telling, upkeep)
    return Gateway(app, intake, timers, telling)
