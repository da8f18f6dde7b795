"""The catalogue in memory, so that a new record costs no query.

It is read every few seconds and after every change.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.catalogue import applying, cis, criticality, services, stored_setup
from gateway.catalogue.criticality import AdjustedPriority
from gateway.catalogue.model import Service, WrittenTargets
from gateway.catalogue.promises import flaws_of, tailor_policies
from gateway.catalogue.routing import OnShift, RoutingCase, RoutingData, all_members, decide_routing
from gateway.catalogue.stored_setup import StoredSetup
from gateway.catalogue.topology import Topology, TopologyItem, build_topology
from gateway.db.pool import Connection, Pool, acquire
from gateway.directory import groups
from gateway.directory.person import Group
from gateway.errors import Unprocessable
from gateway.escalation.policies import store as policies
from gateway.escalation.policies.store import PolicyReading
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.follow_on import PredecessorRecord
from gateway.incidents.record import Incident, Revision
from gateway.incidents.visibility import SECURITY_ROLES
from gateway.oncall.shift import Shift
from gateway.settings import Settings
from gateway.sla.calendars import read_calendars
from gateway.sla.policy import digest

EVERY = 5.0
"""Seconds between two readings, and the longest delay of a change made by another replica."""

GROUPS = groups.GROUPS + "WHERE g.active ORDER BY g.slug"
SKILLS = "SELECT login, skills FROM person WHERE active AND skills <> '{}'"
LOAD = """
SELECT assignee, count(*) AS open FROM incident
WHERE assignee <> '' AND is_open(state) GROUP BY assignee
"""

SECURITY_STAFF = """
SELECT login, 'security' = ANY(roles) AS officer FROM person WHERE active AND roles && $1::text[]
"""

SHIFTS = """
SELECT g.slug, s.starts_at, s.ends_at,
  array(SELECT p.login FROM person p WHERE p.id = ANY(s.people) AND p.active) AS people
FROM staff_group g CROSS JOIN LATERAL (
  SELECT * FROM shift WHERE group_id = g.id AND ends_at > moment($1)
  ORDER BY starts_at LIMIT 2) s
WHERE g.active
"""


@dataclass(frozen=True, slots=True)
class CatalogueReading:
    """The result of one reading of the database."""

    services: tuple[Service, ...]
    groups: tuple[Group, ...]
    skills: dict[str, frozenset[str]]
    load: Counter[str]
    shifts: dict[str, list[Shift]]
    parts: tuple[TopologyItem, ...] = ()
    parts_version: str = ""
    privy: Mapping[str, bool] = field(default_factory=dict)
    """The people who may see security incidents; True for security officers."""
    policies: PolicyReading = field(default_factory=PolicyReading)
    setup: StoredSetup = field(default_factory=StoredSetup)


async def read(
    conn: Connection, stamp: datetime | None, before: CatalogueReading | None = None
) -> CatalogueReading:
    """Return all that new records are routed by, in ten statements.

    Configuration items are taken from `before` while none of them has changed.
    """
    shifts: dict[str, list[Shift]] = {}
    for row in await conn.fetch(SHIFTS, stamp):
        people = tuple(row["people"])
        shifts.setdefault(row["slug"], []).append(
            Shift(starts_at=row["starts_at"], ends_at=row["ends_at"], people=people)
        )
    version = await cis.version(conn)
    parts = (
        before.parts
        if before is not None and before.parts_version == version
        else await cis.topology_items(conn)
    )
    return CatalogueReading(
        tuple(await services.every(conn)),
        tuple(groups.group_of(row) for row in await conn.fetch(GROUPS)),
        {row["login"]: frozenset(row["skills"]) for row in await conn.fetch(SKILLS)},
        Counter({row["assignee"]: row["open"] for row in await conn.fetch(LOAD)}),
        shifts,
        parts,
        version,
        {
            row["login"]: row["officer"]
            for row in await conn.fetch(SECURITY_STAFF, sorted(SECURITY_ROLES))
        },
        await policies.read(conn, None if before is None else before.policies),
        await stored_setup.read(conn),
    )


@dataclass(frozen=True, slots=True)
class ServicePromise:
    """The SLA promise of a service: its policy, "" for none, and a version.

    The version changes with anything else that its incidents' deadlines depend on.
    """

    policy: str
    version: str


class Catalogue:
    """The services, groups, shifts and topology in memory, and the SLA rules with their promises.

    `rules` is replaced as a whole when a promise of a service changes: hold the catalogue, and
    read its rules when they are needed.
    """

    def __init__(self, settings: Settings, on_shift: OnShift | None = None) -> None:
        self._settings, self._on_shift = settings, on_shift or self._rostered
        self._configured = self.rules = SlaRules.from_settings(settings)
        self._calendars, _ = read_calendars(settings.sla.calendars)
        self._seen: tuple[Service, ...] = ()
        self._policies, self._setup = PolicyReading(), StoredSetup()
        self._follow_policies()
        self._load: Counter[str] = Counter()
        self._shifts: Mapping[str, Sequence[Shift]] = {}
        self._standing = RoutingData()
        self._reading: CatalogueReading | None = None
        self._turn = asyncio.Lock()
        self.correlation = settings.dedup.correlation
        lines = [
            settings.phone.service,
            *(line.service for line in settings.phone.hotlines.values()),
        ]
        self.default_services = frozenset(
            {settings.mail.service, *lines, *(chat.service for chat in settings.chat.values())}
        ) - {""}
        """Default services of mailboxes, hotlines and chats: no evidence of a report's subject."""
        self.topology = Topology()
        """The names and dependencies of services and configuration items."""
        self.changed = asyncio.Event()
        """Set when the promises of services have changed; whoever acts on it clears it."""

    @property
    def configured(self) -> SlaRules:
        """Return the SLA rules without the promises of services of the catalogue."""
        return self._configured

    def services(self) -> Mapping[str, Service]:
        """Return the active services by slug."""
        return self._standing.services

    def learn(self, reading: CatalogueReading, topology: Topology | None = None) -> None:
        """Take over a reading as the present state.

        `topology` is that of the reading's names and items, if it is built already.
        """
        self._load, self._shifts = reading.load, reading.shifts
        by_slug = {service.slug: service for service in reading.services}
        self._standing = RoutingData(
            by_slug,
            {group.slug: group for group in reading.groups},
            reading.skills,
            self._load,
            frozenset(reading.privy),
            frozenset(login for login, officer in reading.privy.items() if officer),
        )
        if topology is not None or self._is_new(reading):
            self.topology = topology or build_topology(reading.services, reading.parts)
        self._reading = reading
        if (reading.policies, reading.setup) != (self._policies, self._setup):
            self._policies, self._setup = reading.policies, reading.setup
            self._follow_policies()
        if reading.services != self._seen:
            self._seen = reading.services
            self._promise(reading.services)

    def _is_new(self, reading: CatalogueReading) -> bool:
        """Return whether names or dependencies have changed since the last reading."""
        known = self._reading
        return (
            known is None
            or known.services != reading.services
            or known.parts_version != reading.parts_version
        )

    def _follow_policies(self) -> None:
        """Put escalation policies and stored recipients in force, for what happens from now on."""
        book = replace(self._policies.book(), calendars=self._calendars)
        recipients = {**self._settings.notify.recipients, **self._setup.recipients}
        escalation = replace(self.rules.escalation, book=book, recipients=recipients)
        self.rules = replace(self.rules, escalation=escalation)

    def _promise(self, known: Iterable[Service]) -> None:
        chosen, own = dict(self._configured.choice.services), dict(self._configured.tailored)
        for service in known:
            if service.policy in self._configured.policies:
                chosen[service.slug] = service.policy
            present = {
                name: own.get((name, service.slug), policy)
                for name, policy in self._configured.policies.items()
            }
            own |= {
                (name, service.slug): policy
                for name, policy in tailor_policies(service, present, self._calendars).items()
            }
        if (chosen, own) != (self.rules.choice.services, self.rules.tailored):
            choice = replace(self.rules.choice, services=chosen)
            self.rules = replace(self.rules, choice=choice, tailored=own)
            self.changed.set()

    def promises(self, also: Iterable[str]) -> Mapping[str, ServicePromise]:
        """Return the promises of services that have their own and of those in `also`, by slug."""
        known = {
            service.slug
            for service in self._seen
            if service.policy or service.targets or service.support_hours
        }
        return {slug: self._promised(slug) for slug in sorted(known | set(also))}

    def _promised(self, slug: str) -> ServicePromise:
        own = sorted(
            (policy, made.version)
            for (policy, service), made in self.rules.tailored.items()
            if service == slug
        )
        policy = self.rules.choice.services.get(slug, "")
        return ServicePromise(policy, digest((policy, own)))

    def _rostered(self, group: Group, at: datetime) -> Sequence[str]:
        """Return the logins on the group's shift at that time.

        Everybody if no shift is planned any more.
        """
        if (planned := self._shifts.get(group.slug)) is None:
            return all_members(group, at)
        return [
            login
            for shift in planned
            if shift.starts_at <= at < shift.ends_at
            for login in shift.people
        ]

    async def refresh(self, pool: Pool, stamp: datetime | None) -> None:
        """Read the database and take over the result."""
        async with self._turn:
            async with acquire(pool) as conn:
                reading = await read(conn, stamp, self._reading)
            # Ten thousand items take a fifth of a second: not on the loop.
            topology = (
                await asyncio.to_thread(build_topology, reading.services, reading.parts)
                if self._is_new(reading)
                else None
            )
            self.learn(reading, topology)

    def check(self, policy: str, support_hours: str, targets: WrittenTargets) -> None:
        """Raise Unprocessable if a service promises something that cannot be measured."""
        flaws = tuple(flaws_of(policy, support_hours, targets, self._settings.sla, self._calendars))
        if flaws:
            raise Unprocessable(flaws[0].detail, flaws=flaws)

    def judge(self, priority: int, service: str) -> AdjustedPriority:
        """Return the priority adjusted by the service's criticality."""
        return criticality.adjust_priority(
            priority, self._standing.services.get(service), self._settings.criticality
        )

    def may_have(self, incident: Incident, before: PredecessorRecord) -> bool:
        """Return whether a record may go back to those who had it before.

        A security incident may only go to people who may see it.
        """
        people, group = (
            {before.handler, before.assignee} - {""},
            self._standing.groups.get(before.group),
        )
        privy = self._standing.privy
        hidden = group is not None and privy.isdisjoint(group.members)
        return not incident.security or (people <= privy and not hidden)

    def route(self, revision: Revision, origin: str, now: datetime) -> Revision:
        """Return the first revision of a record with its group and assignee.

        Unchanged if no rule applies.
        """
        incident = revision.after
        routed = decide_routing(
            RoutingCase(
                origin=origin,
                kind=incident.kind,
                source=incident.source,
                service=incident.service,
                category=incident.category,
                priority=incident.priority,
                security=incident.security,
            ),
            self._standing,
            (*self._setup.routing.rules, *self._settings.routing),
            self._on_shift,
            now,
        )
        if routed is None:
            return revision
        if routed.person:
            # Until the next reading: what comes in one burst is spread as well.
            self._load[routed.person] += 1
        return applying.apply(revision, routed, now)
