"""Lookup of the names that a policy uses, so that it can be checked."""

from collections.abc import Iterable

from gateway.db.pool import Connection
from gateway.escalation.policies.checks import Known
from gateway.escalation.policies.policy import PolicyDefinition

KNOWN = """
SELECT 'person' AS kind, login AS name FROM person WHERE active AND login = ANY($1::text[])
UNION ALL SELECT 'group', slug FROM staff_group WHERE active AND slug = ANY($2::text[])
UNION ALL SELECT 'service', slug FROM service WHERE active AND slug = ANY($3::text[])
UNION ALL SELECT 'schedule', slug FROM schedule WHERE active AND slug = ANY($4::text[])
"""


async def known_names(
    conn: Connection, policy: PolicyDefinition, calendars: Iterable[str], roles: Iterable[str]
) -> Known:
    """Return which names of a policy exist."""
    targets = [target.partition(":") for step in policy.steps for target in step.targets]
    named = {
        kind: [name for of, _, name in targets if of == kind]
        for kind in ("person", "group", "schedule")
    }
    groups = [*named["group"], *(group for use in policy.uses for group in use.groups)]
    services = [service for use in policy.uses for service in use.services]
    rows = await conn.fetch(KNOWN, named["person"], groups, services, named["schedule"])

    def found(kind: str) -> frozenset[str]:
        return frozenset(row["name"] for row in rows if row["kind"] == kind)

    return Known(
        people=found("person"),
        groups=found("group"),
        services=found("service"),
        schedules=found("schedule"),
        calendars=frozenset(calendars),
        roles=frozenset(roles),
    )
