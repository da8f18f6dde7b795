"""How people are reached, read from the database: methods, rules and pauses of one person."""

from datetime import timedelta

import msgspec

from gateway.db.pool import Connection
from gateway.directory.contact_methods import methods_of_id
from gateway.directory.quiet_hours import DoNotDisturb, Pauses, QuietSpan
from gateway.directory.reach import PersonReach, RuleStep

FIND = """
SELECT p.id, p.login, p.email, p.locale, p.zone, q.person_id IS NOT NULL AS pauses,
  q.quiet::text AS quiet, q.passes, q.silent_methods, q.disturb_until, q.disturb_reason,
  q.disturb_absolute
FROM person p LEFT JOIN person_pause q ON q.person_id = p.id
WHERE p.login = $1 AND (p.active OR NOT $2)
"""
RULES = """
SELECT urgent, method_id, after_s FROM notification_rule WHERE person_id = $1
ORDER BY urgent, position
"""


async def reach_of(conn: Connection, login: str, *, active_only: bool = True) -> PersonReach | None:
    """Return how a person is reached; None if nobody has the login, or nobody active."""
    row = await conn.fetchrow(FIND, login, active_only)
    if row is None:
        return None
    rules: dict[bool, list[RuleStep]] = {}
    for rule in await conn.fetch(RULES, row["id"]):
        step = RuleStep(rule["method_id"], timedelta(seconds=rule["after_s"]))
        rules.setdefault(rule["urgent"], []).append(step)
    pauses = Pauses()
    if row["pauses"]:
        until = row["disturb_until"]
        pauses = Pauses(
            quiet=read_spans(row["quiet"]),
            passes=row["passes"],
            silent_methods=frozenset(row["silent_methods"]),
            disturb=until and DoNotDisturb(until, row["disturb_reason"], row["disturb_absolute"]),
        )
    return PersonReach(
        person_id=row["id"],
        login=row["login"],
        email=row["email"],
        locale=row["locale"],
        zone=row["zone"],
        methods=await methods_of_id(conn, row["id"]),
        rules=rules,
        pauses=pauses,
    )


def read_spans(text: str) -> tuple[QuietSpan, ...]:
    """Return the quiet hours in their stored form."""
    found = msgspec.json.decode(text, type=list[tuple[list[int], int, int]])
    return tuple(QuietSpan(frozenset(days), since, until) for days, since, until in found)


def write_spans(spans: tuple[QuietSpan, ...]) -> str:
    """Return quiet hours as they are stored."""
    return msgspec.json.encode([(sorted(one.days), one.since, one.until) for one in spans]).decode()
