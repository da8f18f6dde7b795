"""Read models of records: each with its masters, alerts and SLA clocks, as the APIs show it.

They are read in two statements however many records there are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from gateway.access.permissions import ALLOWED, Action, may, visibility_of
from gateway.access.principal import Principal
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection
from gateway.directory.roles import Role
from gateway.escalation.due_times import explain, grading_due
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.record import Incident
from gateway.sla import summary, vendors
from gateway.sla.clocks import ClockReading, ClockState
from gateway.timing.clock import iterate_in_chunks
from gateway.views.record_fields import (
    ClockSegmentView,
    ClockView,
    HoldView,
    IncidentView,
    LinkedRecordView,
    ShelvedView,
    SlaView,
    VendorStayView,
)
from gateway.views.reporter import HIDDEN_FIELDS
from gateway.views.source_channels import channel_of
from gateway.vocabulary import HoldReason, ReportStatus

AROUND = """
SELECT i.id,
       CASE WHEN may_see(m.security, m.recorded_by, m.owner, m.contact, $2, $3, $4)
            THEN m.number END AS master,
       CASE WHEN may_see(f.security, f.recorded_by, f.owner, f.contact, $2, $3, $4)
            THEN f.number END AS follows,
       (SELECT count(*) FROM incident c WHERE c.master_id = i.id
          AND may_see(c.security, c.recorded_by, c.owner, c.contact, $2, $3, $4)) AS related_count,
       a.occurrences, a.first_seen, a.last_seen, r.status AS report,
       (SELECT count(*) FROM complaint WHERE incident_id = i.id) AS complaints,
       (SELECT json_agg(l ORDER BY linked_at, kind, system, reference)::text
        FROM linked_record l WHERE incident_id = i.id) AS linked
FROM incident i
LEFT JOIN incident m ON m.id = i.master_id
LEFT JOIN incident f ON f.id = i.follows_id
LEFT JOIN major_report_standing r ON r.incident_id = i.id
LEFT JOIN LATERAL (
  SELECT sum(occurrences)::bigint AS occurrences, min(first_seen) AS first_seen,
         max(last_seen) AS last_seen
  FROM alert WHERE incident_id = i.id) a ON true
WHERE i.id = ANY($1::bigint[])
"""


VIEWS_PER_TURN = 20
"""Records that are converted before other tasks get a turn: some 3 ms of work."""


async def incident_views(
    conn: Connection,
    rules: SlaRules,
    incidents: Sequence[Incident],
    stamp: datetime | None,
    who: Principal,
) -> list[IncidentView]:
    """Return the records as the API shows them to the principal, in the order given."""
    if not incidents:
        return []
    now = await fetch_now(conn, stamp)
    ids = [incident.id for incident in incidents]
    around = {
        row["id"]: dict(row)
        for row in await conn.fetch(AROUND, ids, *visibility_of(who).parameters())
    }
    views: list[IncidentView] = []
    async for piece in iterate_in_chunks(incidents, VIEWS_PER_TURN):
        views += [_view(incident, around[incident.id], rules, now) for incident in piece]
    return [
        view if may(who, Action.INSPECT, incident) == ALLOWED else restrict_to_reporter(view)
        for incident, view in zip(incidents, views, strict=True)
    ]


def restrict_to_reporter(view: IncidentView) -> IncidentView:
    """Return the view as its reporter may see it.

    It has no clocks, people who work on the record, related records or counterparts elsewhere.
    """
    hold = None if view.hold is None else msgspec.structs.replace(view.hold, vendor=None)
    seen = {"first_seen": view.occurred_at, "last_seen": view.occurred_at, "hold": hold}
    return msgspec.structs.replace(view, **HIDDEN_FIELDS, **seen)


def _view(
    incident: Incident, around: Mapping[str, Any], rules: SlaRules, now: datetime
) -> IncidentView:
    hold, readings = incident.hold_reason, explain(incident, rules, now)
    calendar = rules.policy(incident).calendar
    linked = msgspec.json.decode(around["linked"] or "[]", type=list[LinkedRecordView])
    return IncidentView(
        **{name: getattr(incident, name) for name in VIEW_FIELDS},
        owner=incident.owner or Role.SERVICE_DESK,
        major=incident.is_major,
        grading_due_at=grading_due(rules, incident),
        occurrences=max(1, incident.occurrences + (around["occurrences"] or 0)),
        first_seen=min(incident.occurred_at, around["first_seen"] or incident.occurred_at),
        last_seen=max(
            (at for at in (incident.last_seen, around["last_seen"]) if at is not None),
            default=incident.occurred_at,
        ),
        master=around["master"],
        follows=around["follows"],
        related_count=around["related_count"],
        report=None if around["report"] is None else ReportStatus(around["report"]),
        linked=linked,
        complaints=around["complaints"],
        hold=None if hold is None else _hold(incident, hold),
        shelved=_shelved(incident),
        channel=channel_of(incident.source, incident.dedup_key),
        planned_resolution_at=summary.planned_end(
            calendar, readings, incident.resolved_at or incident.closed_at or now
        ),
        resolved_late=summary.is_late(readings),
        held_s=summary.time_on_hold(incident.ledger, now).total_seconds(),
        **{word: _counterpart(incident.refs, linked, word) for word in COUNTERPARTS},
        sla=_sla(incident, rules, now, readings),
    )


def _hold(incident: Incident, reason: HoldReason) -> HoldView:
    vendor = incident.third_party if reason is HoldReason.AWAITING_VENDOR else ""
    return HoldView(reason, incident.hold_until, vendor or None)


def _shelved(incident: Incident) -> ShelvedView | None:
    if incident.shelved_until is None:
        return None
    return ShelvedView(
        incident.shelved_by,
        incident.shelved_until,
        incident.shelved_event,
        incident.shelved_reason,
    )


COUNTERPARTS = ("problem", "change", "service_request")


def _counterpart(refs: Mapping[str, Any], linked: Sequence[LinkedRecordView], word: str) -> Any:
    """Return the first of a record's references or linked records that is a `word`, else None."""
    typed = (
        refs[system]
        for system in sorted(refs)
        if isinstance(refs[system], dict) and refs[system].get("type") == word
    )
    tied = (
        {"system": one.system, "id": one.reference, "address": one.address}
        for one in linked
        if one.kind == word
    )
    return refs.get(word) or next(typed, None) or next(tied, None)


COMPUTED_FIELDS = frozenset(
    {
        "owner",
        "major",
        "occurrences",
        "first_seen",
        "last_seen",
        "master",
        "follows",
        "related_count",
        "report",
        "hold",
        "sla",
        "linked",
        "complaints",
    }
)
VIEW_FIELDS = tuple(
    f
    for f in IncidentView.__struct_fields__
    if f in Incident.__dataclass_fields__.keys() - COMPUTED_FIELDS
)


def sla_view(incident: Incident, rules: SlaRules, now: datetime) -> SlaView:
    """Return the SLA clocks of a record at `now`."""
    return _sla(incident, rules, now, explain(incident, rules, now))


def _sla(
    incident: Incident, rules: SlaRules, now: datetime, readings: Sequence[ClockReading]
) -> SlaView:
    going = [
        (r.remaining, r.name) for r in readings if r.remaining is not None and r.state in UNFINISHED
    ]
    worst = min(going)[1] if going else None
    ahead = [(remaining, name) for remaining, name in going if remaining > timedelta()]
    following = min(ahead)[1] if ahead else None
    breached = incident.breached or any(r.breached_at is not None for r in readings)
    furthest = max((r.due_at for r in readings if r.due_at is not None), default=now)
    calendar = rules.policy(incident).calendar
    stays = stays_view(vendors.segments(calendar, incident.ledger, now))
    unpublished = list(calendar.unpublished(now, furthest))
    clocks = [clock_view(reading) for reading in readings]
    return SlaView(
        incident.policy,
        worst,
        following,
        incident.next_due_at,
        breached,
        unpublished,
        clocks,
        stays,
    )


def stays_view(stays: Sequence[vendors.VendorSegment]) -> list[VendorStayView]:
    """Return stays with vendors as the API shows them, in seconds."""
    return [
        VendorStayView(stay.vendor, stay.since, stay.until, stay.elapsed.total_seconds())
        for stay in stays
    ]


UNFINISHED = (ClockState.RUNNING, ClockState.PAUSED)


def clock_view(reading: ClockReading) -> ClockView:
    """Return one clock as the API shows it, in seconds."""
    return ClockView(
        name=reading.name,
        target_s=None if reading.target is None else reading.target.total_seconds(),
        elapsed_s=reading.elapsed.total_seconds(),
        remaining_s=None if reading.remaining is None else reading.remaining.total_seconds(),
        basis=reading.basis,
        due_at=reading.due_at,
        breached_at=reading.breached_at,
        state=reading.state,
        segments=[
            ClockSegmentView(s.since, s.until, s.running, s.reason) for s in reading.segments
        ],
    )
