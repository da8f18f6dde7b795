"""The catalogue in memory: read every few seconds and after every change, so that no new record costs a query."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from gateway.catalogue import applying, criticality, services
from gateway.catalogue.criticality import Judged
from gateway.catalogue.model import Service, Written
from gateway.catalogue.promises import flaws_of, tailor
from gateway.catalogue.routing import Case, OnShift, Standing, decide, everybody
from gateway.clock import Clock
from gateway.db.pool import Connection, Pool, acquire
from gateway.errors import Unprocessable
from gateway.incidents.record import Revision
from gateway.oncall import groups
from gateway.oncall.person import Group
from gateway.settings import Settings
from gateway.sla.calendars import read_calendars
from gateway.sla.timers import Rules

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two readings; what another replica changed is heeded this much later at most."""

GROUPS = groups.GROUPS + "WHERE g.active ORDER BY g.slug"
SKILLS = "SELECT login, skills FROM person WHERE active AND skills <> '{}'"
LOAD = """
SELECT assignee, count(*) AS open FROM incident
WHERE assignee <> '' AND state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated') GROUP BY assignee
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at the database found."""

    services: tuple[Service, ...]
    groups: tuple[Group, ...]
    skills: dict[str, frozenset[str]]
    load: Counter[str]


async def read(conn: Connection) -> Reading:
    """Everything new records are routed by, in four statements."""
    return Reading(
        tuple(await services.every(conn)),
        tuple(groups.group_of(row) for row in await conn.fetch(GROUPS)),
        {row["login"]: frozenset(row["skills"]) for row in await conn.fetch(SKILLS)},
        Counter({row["assignee"]: row["open"] for row in await conn.fetch(LOAD)}),
    )


class Catalogue:
    """What is known of services, and the rules of time with what they promise.

    `rules` is one value for good, whose promises of services are kept up to date in place: whoever holds it sees them.
    """

    def __init__(self, settings: Settings, on_shift: OnShift = everybody) -> None:
        self._settings, self._on_shift = settings, on_shift
        base = Rules.from_settings(settings)
        self._configured = base
        self._chosen, self._tailored = dict(base.choice.services), dict(base.tailored)
        self.rules = replace(base, choice=replace(base.choice, services=self._chosen), tailored=self._tailored)
        self._calendars, _ = read_calendars(settings.sla.calendars)
        self._seen: tuple[Service, ...] = ()
        self._load: Counter[str] = Counter()
        self._standing = Standing()

    def learn(self, reading: Reading) -> None:
        """From now on this is what is known."""
        self._load = reading.load
        by_slug = {service.slug: service for service in reading.services}
        self._standing = Standing(by_slug, {group.slug: group for group in reading.groups}, reading.skills, self._load)
        if reading.services != self._seen:
            self._seen = reading.services
            self._promise(reading.services)

    def _promise(self, known: Iterable[Service]) -> None:
        chosen, own = dict(self._configured.choice.services), dict(self._configured.tailored)
        for service in known:
            if service.policy in self._configured.policies:
                chosen[service.slug] = service.policy
            present = {name: own.get((name, service.slug), policy) for name, policy in self._configured.policies.items()}
            own |= {(name, service.slug): policy for name, policy in tailor(service, present, self._calendars).items()}
        self._chosen.clear()
        self._chosen.update(chosen)
        self._tailored.clear()
        self._tailored.update(own)

    async def refresh(self, pool: Pool) -> None:
        """Look at the database."""
        async with acquire(pool) as conn:
            self.learn(await read(conn))

    async def run(self, pool: Pool, clock: Clock) -> None:
        """Look every few seconds until cancelled; what was known stays while the database is away."""
        while True:
            await clock.sleep(EVERY)
            try:
                await self.refresh(pool)
            except Exception as error:  # noqa: BLE001 - the next look tries again, and the log says why
                log.warning("catalogue_not_read", error=repr(error))

    def check(self, policy: str, support_hours: str, targets: Written) -> None:
        """Raise Unprocessable where a service promises what cannot be counted."""
        flaws = tuple(flaws_of(policy, support_hours, targets, self._settings.sla, self._calendars))
        if flaws:
            raise Unprocessable(flaws[0].detail, flaws=flaws)

    def judge(self, priority: int, service: str) -> Judged:
        """The priority after the service's criticality."""
        return criticality.judge(priority, self._standing.services.get(service), self._settings.criticality)

    def route(self, revision: Revision, origin: str, now: datetime) -> Revision:
        """The first revision of a record with where it goes; as it was where nothing says so."""
        incident = revision.after
        facts: dict[str, Any] = {name: getattr(incident, name) for name in ("kind", "source", "service", "category", "priority")}
        routed = decide(Case(origin=origin, **facts), self._standing, self._settings.routing, self._on_shift, now)
        if routed is None:
            return revision
        if routed.person:
            # Until the next reading: what comes in one burst is spread as well.
            self._load[routed.person] += 1
        return applying.apply(revision, routed, now)
