"""The reach of an escalation policy in time to come, as schedules and people stand now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.db.pool import Connection
from gateway.directory.reaches import reach_of
from gateway.escalation.policies.coverage import PolicyCoverage, policy_coverage
from gateway.escalation.policies.policy import EscalationPolicy
from gateway.escalation.policies.recipients import ROLE
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.announcement import OWN
from gateway.incidents.announcements.addressing import GROUP, PERSON, SCHEDULE
from gateway.notify.reachability import FoundObstacle, reachability_of
from gateway.oncall.schedules import expand, load_plans
from gateway.oncall.shift import Shift
from gateway.settings import Settings
from gateway.settings.notify import is_switched_on
from gateway.settings.recipients import parse_recipient

HOUR = timedelta(hours=1)
URGENT = 1

GROUPS = """
SELECT g.slug, array(SELECT p.login FROM staff_group_member m JOIN person p ON p.id = m.person_id
  WHERE m.group_id = g.id AND p.active ORDER BY p.login) AS people
FROM staff_group g WHERE g.active AND g.slug = ANY($1::text[])
"""
ROLES = """
SELECT login, roles FROM person WHERE active AND roles && $1::text[]
"""


@dataclass(frozen=True, slots=True)
class PolicyReach:
    """The times at which a policy would reach nobody, and the people who cannot be reached."""

    coverage: PolicyCoverage
    people: Mapping[str, Sequence[FoundObstacle]]


async def policy_reach(
    conn: Connection,
    policy: EscalationPolicy,
    rules: SlaRules,
    settings: Settings,
    span: tuple[datetime, datetime],
) -> PolicyReach:
    """Return what a policy would reach between two instants, as everything is planned now.

    A person counts as reached if a message of priority 1 would arrive now; the record's own
    people are reached.
    """
    now, until = span
    named = sorted({target for step in policy.definition.steps for target in step.targets})
    slugs = [one.removeprefix(SCHEDULE) for one in named if one.startswith(SCHEDULE)]
    plans = await load_plans(conn, slugs, now, until)
    shifts = {slug: await expand(plan, now, until) for slug, plan in plans.items()}
    found = _Targets(await _people(conn, rules, named), shifts)
    unreached: dict[str, Sequence[FoundObstacle]] = {}
    for login in sorted(found.logins):
        reach = await reach_of(conn, login)
        seen = (
            None
            if reach is None
            else reachability_of(
                reach,
                settings.notify.pacing,
                now,
                urgency=URGENT,
                is_on=lambda channel: is_switched_on(settings.notify, settings.vendors, channel),
            )
        )
        if seen is None or not seen.reached:
            unreached[login] = () if seen is None else seen.obstacles
    coverage = policy_coverage(
        policy,
        rules.escalation.book,
        lambda target, at: set(found.at(target, at)) - unreached.keys(),
        found.moments(now, until),
    )
    return PolicyReach(coverage, unreached)


@dataclass(frozen=True, slots=True)
class _Targets:
    """The people of each target, and the shifts of schedules."""

    people: Mapping[str, Collection[str]]
    shifts: Mapping[str, Sequence[Shift]]

    @property
    def logins(self) -> frozenset[str]:
        """The logins of all people whom a target may mean."""
        on_call = [person for of in self.shifts.values() for one in of for person in one.people]
        fixed = [one for of in self.people.values() for one in of if ":" not in one]
        return frozenset((*on_call, *fixed))

    def at(self, target: str, at: datetime) -> Collection[str]:
        """Return the logins and addresses that a target means at an instant."""
        if not target.startswith(SCHEDULE):
            return self.people.get(target, ())
        return [
            person
            for one in self.shifts.get(target.removeprefix(SCHEDULE), ())
            if one.starts_at <= at < one.ends_at
            for person in one.people
        ]

    def moments(self, since: datetime, until: datetime) -> list[datetime]:
        """Return the hours, and the instants at which shifts change, in order."""
        hours = [since + n * HOUR for n in range((until - since) // HOUR + 1)]
        turns = [
            at for of in self.shifts.values() for one in of for at in (one.starts_at, one.ends_at)
        ]
        return sorted({*hours, *(at for at in turns if since < at < until), until})


async def _people(
    conn: Connection, rules: SlaRules, named: Sequence[str]
) -> dict[str, Collection[str]]:
    """Return the logins and addresses of every target but schedules."""
    groups = [one.removeprefix(GROUP) for one in named if one.startswith(GROUP)]
    roles = [one.removeprefix(ROLE) for one in named if one.startswith(ROLE)]
    people: dict[str, Collection[str]] = {
        one: [one.removeprefix(PERSON)] for one in named if one.startswith(PERSON)
    }
    people |= {one: [one] for one in named if parse_recipient(one).channel == "webhook"}
    people |= {f"{GROUP}{row['slug']}": row["people"] for row in await conn.fetch(GROUPS, groups)}
    rows = await conn.fetch(ROLES, roles)
    for role in roles:
        listed = rules.escalation.recipients.get(role, ())
        of_role = [row["login"] for row in rows if role in row["roles"]]
        people[f"{ROLE}{role}"] = [f"{ROLE}{role}"] if role in OWN else [*of_role, *listed]
    return people
