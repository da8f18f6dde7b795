"""The activation of escalation and report rules: store them, and send what they newly require."""

from collections.abc import Iterator, Mapping
from itertools import product

from gateway.db.pool import transaction
from gateway.escalation.management import EscalationRules
from gateway.incidents.record import ACTOR, Incident, Revision
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.settings.process import KINDS

BATCH = 50
"""The incidents of one transaction: few, because people and alerts wait for the locks."""

LOCK = "SELECT pg_advisory_xact_lock(hashtext('told_when_opened'))"
FORGET = "DELETE FROM told_when_opened"
KEEP = "INSERT INTO told_when_opened (kind, priority, policy, role) VALUES ($1, $2, $3, $4)"

KEEP_REPORTS = """
INSERT INTO report_rule (on_cleared) VALUES ($1)
ON CONFLICT (single) DO UPDATE SET on_cleared = excluded.on_cleared
WHERE report_rule.on_cleared <> excluded.on_cleared
"""

OWED = """
SELECT i.id, array_agg(r.role ORDER BY r.role) AS roles
FROM incident i
JOIN told_when_opened r ON r.kind = i.kind AND r.priority = i.priority
  AND r.policy IN ('', i.policy)
CROSS JOIN LATERAL (
  SELECT max(t.seq) AS seq FROM timeline t
  WHERE t.incident_id = i.id AND t.event IN ('opened', 'reopened', 'unlinked')) AS begun
WHERE is_open(i.state)
  AND i.master_id IS NULL AND NOT i.suppressed AND i.id > $1
  AND NOT EXISTS (
    SELECT FROM timeline t
    WHERE t.incident_id = i.id AND t.seq >= begun.seq AND t.event = 'management_told'
      AND (t.facts->'roles')::jsonb ? r.role
      AND coalesce((t.facts->>'priority')::int, i.priority) <= i.priority
      AND coalesce(t.facts->>'silenced', 'security') = 'security')
GROUP BY i.id ORDER BY i.id LIMIT $2
"""


async def apply_rules(uow: UnitOfWork) -> int:
    """Store the rules, send what they require, and return the number of incidents notified of.

    A replica does so when it starts; nothing is sent twice.
    """
    async with transaction(uow.pool) as conn:
        await conn.execute(LOCK)
        await conn.execute(FORGET)
        await conn.executemany(KEEP, sorted(set(_rows(uow.rules.escalation))))
        if uow.rules.settings is not None:
            await conn.execute(KEEP_REPORTS, uow.rules.settings.major.report_on_cleared)
    told, last = 0, 0
    while True:
        written, last = await _tell_batch(uow, last)
        told += written
        if not last:
            return told


def _rows(escalation: EscalationRules) -> Iterator[tuple[str, int, str, str]]:
    for rule in escalation.rules:
        if "opened" in rule.on:
            yield from product(
                rule.kinds or KINDS, rule.priorities, rule.policies or ("",), rule.notify
            )


async def _tell_batch(uow: UnitOfWork, after: int) -> tuple[int, int]:
    """Send the messages for one batch; return its size, and the last id while there may be more."""
    async with transaction(uow.pool) as conn:
        tx = await uow.on(conn)
        rows = await conn.fetch(OWED, after, BATCH)
        owed = {row["id"]: row["roles"] for row in rows}
        revisions = [
            _revision(tx, incident, owed)
            for incident in await tx.locked(list(owed))
            if incident.master_id is None
        ]
        written = await tx.write(revisions)
    uow.committed(tx.changes)
    return len(written), max(owed) if len(rows) == BATCH else 0


def _revision(tx: Transaction, incident: Incident, owed: Mapping[int, list[str]]) -> Revision:
    """Return the revision with the messages that the rules newly require."""
    escalation = tx.uow.rules.escalation
    roles = [role for role in escalation.roles(incident, "opened") if role in owed[incident.id]]
    cause = f"rules#{incident.version + 1}"
    return Revision(
        after=incident,
        actor=ACTOR,
        events=(("rules_changed", {"roles": roles}),) if roles else (),
        before=incident,
        announcements=escalation.announce(roles, incident, cause=cause, template="opened", more={}),
    )
