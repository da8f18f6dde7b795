"""What callers are shown: records with their alerts, masters and clocks, in one more statement however many they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Connection
from msgspec import UNSET, UnsetType

from gateway.incidents.model import Closure, HoldReason, Impact, Resolution, State, Tier, Urgency
from gateway.incidents.record import Incident
from gateway.sla.clocks import ClockReading, ClockState
from gateway.sla.policy import ClockName
from gateway.sla.timers import Rules, explain


class Segment(msgspec.Struct, rename={"since": "from"}):
    """A stretch of a clock; `to` is null while it lasts."""

    since: datetime
    to: datetime | None
    running: bool
    reason: str


class Clock(msgspec.Struct):
    """One clock at one instant, in seconds."""

    name: ClockName
    target_s: float | None
    elapsed_s: float
    remaining_s: float | None
    due_at: datetime | None
    breached_at: datetime | None
    state: ClockState
    segments: list[Segment]


class Sla(msgspec.Struct):
    """How a record stands against its promises; `worst` is the clock under way with the least time left."""

    policy: str
    worst: ClockName | None
    next_due_at: datetime | None
    breached: bool
    clocks: list[Clock]


class Held(msgspec.Struct):
    """Why a record waits, and until when at the longest."""

    reason: HoldReason
    until: datetime | None


class IncidentView(msgspec.Struct, kw_only=True):
    """A record. `already_acked_by` is only there when somebody was asked to take on what another one has."""

    number: str
    kind: str
    state: State
    priority: int
    impact: Impact
    urgency: Urgency
    title: str
    description: str
    severity: str
    source: str
    service: str
    ci: str
    category: str
    dedup_key: str | None
    occurrences: int
    first_seen: datetime
    last_seen: datetime
    occurred_at: datetime
    recorded_at: datetime
    updated_at: datetime
    responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    resolution: Resolution | None
    resolution_category: str
    solution: str
    closure: Closure | None
    satisfaction: int | None
    assignee_group: str
    assignee: str
    owner: str
    handler: str
    tier: Tier
    third_party: str
    contact_name: str
    contact: str
    location: str
    reporting_unit: str
    hold: Held | None
    master: str | None
    link_reason: str | None
    link_score: float | None
    related_count: int
    major: bool
    security: bool
    suppressed: bool
    storm: bool
    reopened: int
    returned: int
    labels: Mapping[str, str]
    links: Sequence[Mapping[str, str]]
    refs: Mapping[str, Any]
    sla: Sla
    version: int
    already_acked_by: str | UnsetType = UNSET


COPIED = tuple(name for name in IncidentView.__struct_fields__ if name in Incident.__dataclass_fields__)
"""Fields shown as they are kept."""

AROUND = """
SELECT i.id, m.number AS master, a.occurrences, a.first_seen, a.last_seen,
       (SELECT count(*) FROM incident r WHERE r.master_id = i.id) AS related_count,
       coalesce($2::timestamptz, statement_timestamp()) AS now
FROM incident i
LEFT JOIN incident m ON m.id = i.master_id
LEFT JOIN LATERAL (
  SELECT coalesce(sum(occurrences), 0)::bigint AS occurrences, min(first_seen) AS first_seen, max(last_seen) AS last_seen
  FROM alert WHERE incident_id = i.id) a ON true
WHERE i.id = ANY($1::bigint[])
"""


async def views(
    conn: "Connection[Any]", rules: Rules, incidents: Sequence[Incident], stamp: datetime | None
) -> list[IncidentView]:
    """The records as they are shown, in the order given."""
    if not incidents:
        return []
    rows = await conn.fetch(AROUND, [incident.id for incident in incidents], stamp)
    around = {row["id"]: row for row in rows}
    return [_view(incident, around[incident.id], rules) for incident in incidents]


def _view(incident: Incident, around: Mapping[str, Any], rules: Rules) -> IncidentView:
    held = incident.hold_reason
    fields = {name: getattr(incident, name) for name in COPIED}
    seen = [at for at in (incident.last_seen, around["last_seen"]) if at is not None]
    fields["occurrences"] = max(1, incident.occurrences + around["occurrences"])
    fields["last_seen"] = max(seen, default=incident.occurred_at)
    return IncidentView(
        **fields,
        first_seen=min(incident.occurred_at, around["first_seen"] or incident.occurred_at),
        hold=None if held is None else Held(held, incident.hold_until),
        master=around["master"],
        related_count=around["related_count"],
        sla=sla_of(incident, rules, around["now"]),
    )


def sla_of(incident: Incident, rules: Rules, now: datetime) -> Sla:
    """The clocks of a record at `now`."""
    readings = explain(incident, rules, now)
    under_way = [r for r in readings if r.state in (ClockState.RUNNING, ClockState.PAUSED)]
    left = [(r.remaining, list(ClockName).index(r.name), r.name) for r in under_way if r.remaining is not None]
    worst = min(left)[2] if left else None
    breached = incident.breached or any(r.breached_at is not None for r in readings)
    return Sla(incident.policy, worst, incident.next_due_at, breached, [clock_of(reading) for reading in readings])


def clock_of(reading: ClockReading) -> Clock:
    """One clock in seconds."""
    return Clock(
        name=reading.name,
        target_s=None if reading.target is None else reading.target.total_seconds(),
        elapsed_s=reading.elapsed.total_seconds(),
        remaining_s=None if reading.remaining is None else reading.remaining.total_seconds(),
        due_at=reading.due_at,
        breached_at=reading.breached_at,
        state=reading.state,
        segments=[Segment(s.since, s.until, s.running, s.reason) for s in reading.segments],
    )
