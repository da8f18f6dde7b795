"""Writing incidents with everything a change brings: timeline, timers and messages, in a constant number of statements.

Each statement serves all revisions of a transaction, however many there are.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.db.pool import Connection
from gateway.incidents import timeline
from gateway.incidents.arming import arm
from gateway.incidents.columns import value_of
from gateway.incidents.record import Incident, Revision

OPENED = (
    "id",
    "number",
    "kind",
    "state",
    "priority",
    "impact",
    "urgency",
    "title",
    "description",
    "source",
    "severity",
    "service",
    "ci",
    "integration_id",
    "key_hash",
    "dedup_key",
    "category",
    "contact_name",
    "contact",
    "location",
    "reporting_unit",
    "occurred_at",
    "recorded_at",
    "updated_at",
    "handler",
    "owner",
    "assignee_group",
    "assignee",
    "tier",
    "responded_at",
    "resolved_at",
    "resolution",
    "master_id",
    "link_reason",
    "link_score",
    "major",
    "security",
    "storm",
    "reopened",
    "labels",
    "links",
    "policy",
    "ledger",
    "next_due_at",
    "version",
    "timeline_hash",
)

OPEN = """
INSERT INTO incident (
  id, number, kind, state, priority, impact, urgency, title, description, source, severity, service, ci,
  integration_id, key_hash, dedup_key, category, contact_name, contact, location, reporting_unit, occurred_at,
  recorded_at, updated_at, handler, owner, assignee_group, assignee, tier, responded_at, resolved_at, resolution,
  master_id, link_reason, link_score, major, security, storm, reopened, labels, links, policy, ledger, next_due_at,
  version, timeline_hash
)
SELECT
  t.id, t.number, t.kind, t.state, t.priority, t.impact, t.urgency, t.title, t.description, t.source, t.severity,
  t.service, t.ci, t.integration_id, t.key_hash, t.dedup_key, t.category, t.contact_name, t.contact, t.location,
  t.reporting_unit, t.occurred_at, t.recorded_at, t.updated_at, t.handler, t.owner, t.assignee_group, t.assignee,
  t.tier, t.responded_at, t.resolved_at, t.resolution, t.master_id, t.link_reason, t.link_score, t.major, t.security,
  t.storm, t.reopened, t.labels::json, t.links::json, t.policy, t.ledger::json, t.next_due_at, t.version,
  t.timeline_hash
FROM unnest(
  $1::bigint[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::bytea[], $16::text[], $17::text[], $18::text[],
  $19::text[], $20::text[], $21::text[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[], $25::text[],
  $26::text[], $27::text[], $28::text[], $29::text[], $30::timestamptz[], $31::timestamptz[], $32::text[],
  $33::bigint[], $34::text[], $35::real[], $36::boolean[], $37::boolean[], $38::boolean[], $39::int[], $40::text[],
  $41::text[], $42::text[], $43::text[], $44::timestamptz[], $45::int[], $46::bytea[]
) AS t(
  id, number, kind, state, priority, impact, urgency, title, description, source, severity, service, ci,
  integration_id, key_hash, dedup_key, category, contact_name, contact, location, reporting_unit, occurred_at,
  recorded_at, updated_at, handler, owner, assignee_group, assignee, tier, responded_at, resolved_at, resolution,
  master_id, link_reason, link_score, major, security, storm, reopened, labels, links, policy, ledger, next_due_at,
  version, timeline_hash
)
"""


async def open_new(conn: Connection, key: bytes, revisions: Sequence[Revision], now: datetime) -> list[Incident]:
    """Insert the new incidents of `revisions` with their timelines, timers and messages; returns them as written."""
    incidents, entries = _chained(key, revisions, now)
    await conn.execute(OPEN, *_columns(incidents, OPENED))
    await _write_entries(conn, entries)
    await _write_side_effects(conn, revisions, now)
    return incidents


CHANGED = (
    "id",
    "state",
    "priority",
    "impact",
    "urgency",
    "title",
    "description",
    "severity",
    "service",
    "ci",
    "key_hash",
    "category",
    "contact_name",
    "contact",
    "location",
    "reporting_unit",
    "occurred_at",
    "responded_at",
    "resolved_at",
    "closed_at",
    "updated_at",
    "resolution",
    "resolution_category",
    "solution",
    "closure",
    "satisfaction",
    "owner",
    "assignee_group",
    "assignee",
    "handler",
    "tier",
    "third_party",
    "hold_reason",
    "hold_until",
    "held_state",
    "master_id",
    "link_reason",
    "link_score",
    "major",
    "security",
    "suppressed",
    "reopened",
    "returned",
    "labels",
    "links",
    "refs",
    "ledger",
    "marks",
    "next_due_at",
    "breached",
    "version",
    "timeline_hash",
)

CHANGE = """
UPDATE incident i SET
  state = t.state, priority = t.priority, impact = t.impact, urgency = t.urgency, title = t.title,
  description = t.description, severity = t.severity, service = t.service, ci = t.ci, key_hash = t.key_hash,
  category = t.category, contact_name = t.contact_name, contact = t.contact, location = t.location,
  reporting_unit = t.reporting_unit, occurred_at = t.occurred_at, responded_at = t.responded_at,
  resolved_at = t.resolved_at, closed_at = t.closed_at, updated_at = t.updated_at, resolution = t.resolution,
  resolution_category = t.resolution_category, solution = t.solution, closure = t.closure,
  satisfaction = t.satisfaction, owner = t.owner, assignee_group = t.assignee_group, assignee = t.assignee,
  handler = t.handler, tier = t.tier, third_party = t.third_party, hold_reason = t.hold_reason,
  hold_until = t.hold_until, held_state = t.held_state, master_id = t.master_id, link_reason = t.link_reason,
  link_score = t.link_score, major = t.major, security = t.security, suppressed = t.suppressed, reopened = t.reopened,
  returned = t.returned, labels = t.labels::json, links = t.links::json, refs = t.refs::json, ledger = t.ledger::json,
  marks = t.marks::json, next_due_at = t.next_due_at, breached = t.breached, version = t.version,
  timeline_hash = t.timeline_hash
FROM unnest(
  $1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::bytea[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::timestamptz[],
  $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::timestamptz[], $22::text[], $23::text[],
  $24::text[], $25::text[], $26::smallint[], $27::text[], $28::text[], $29::text[], $30::text[], $31::text[],
  $32::text[], $33::text[], $34::timestamptz[], $35::text[], $36::bigint[], $37::text[], $38::real[], $39::boolean[],
  $40::boolean[], $41::boolean[], $42::int[], $43::int[], $44::text[], $45::text[], $46::text[], $47::text[],
  $48::text[], $49::timestamptz[], $50::boolean[], $51::int[], $52::bytea[]
) AS t(
  id, state, priority, impact, urgency, title, description, severity, service, ci, key_hash, category, contact_name,
  contact, location, reporting_unit, occurred_at, responded_at, resolved_at, closed_at, updated_at, resolution,
  resolution_category, solution, closure, satisfaction, owner, assignee_group, assignee, handler, tier, third_party,
  hold_reason, hold_until, held_state, master_id, link_reason, link_score, major, security, suppressed, reopened,
  returned, labels, links, refs, ledger, marks, next_due_at, breached, version, timeline_hash
) WHERE i.id = t.id
"""


async def write(conn: Connection, key: bytes, revisions: Sequence[Revision], now: datetime) -> list[Incident]:
    """Write changed incidents, which the caller has locked, with what the change brings; returns them as written.

    A revision without events changes nothing but its timers.
    """
    changed = [revision for revision in revisions if revision.events]
    incidents, entries = _chained(key, changed, now)
    if incidents:
        await conn.execute(CHANGE, *_columns(incidents, CHANGED))
        await _write_entries(conn, entries)
    await _write_side_effects(conn, revisions, now)
    return incidents


def _chained(key: bytes, revisions: Sequence[Revision], now: datetime) -> tuple[list[Incident], list[timeline.Entry]]:
    incidents: list[Incident] = []
    entries: list[timeline.Entry] = []
    for revision in revisions:
        after = revision.after
        added = timeline.append(key, after.timeline_hash, after.id, after.version, now, revision.actor, revision.events)
        entries += added
        incidents.append(replace(after, version=added[-1].seq, timeline_hash=added[-1].hash, updated_at=now))
    return incidents, entries


def _columns(incidents: Sequence[Incident], names: Sequence[str]) -> list[list[Any]]:
    return [[value_of(incident, name) for incident in incidents] for name in names]


ENTRIES = """
INSERT INTO timeline (incident_id, seq, at, actor, event, facts, hash)
SELECT t.incident_id, t.seq, t.at, t.actor, t.event, t.facts::json, t.hash
FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bytea[])
  AS t(incident_id, seq, at, actor, event, facts, hash)
"""


async def _write_entries(conn: Connection, entries: Sequence[timeline.Entry]) -> None:
    rows = [(e.incident_id, e.seq, e.at, e.actor, e.event, e.facts, e.hash) for e in entries]
    await conn.execute(ENTRIES, *zip(*rows, strict=True))


async def _write_side_effects(conn: Connection, revisions: Sequence[Revision], now: datetime) -> None:
    timers = [(r.after.id, timer.kind, timer.due_at) for r in revisions for timer in r.timers]
    if timers:
        await arm(conn, timers)
    notices = [
        (notice.id(r.after.id), r.after.id, *notice.target.split(":", 1), notice.role, notice.template,
         timeline.facts_text(notice.facts), now)
        for r in revisions for notice in r.notices
    ]  # fmt: skip
    if notices:
        await conn.execute(TELL, *zip(*notices, strict=True))


TELL = """
INSERT INTO outbox (id, incident_id, channel, recipient, role, template, facts, created_at, next_attempt_at)
SELECT t.id, t.incident_id, t.channel, t.recipient, t.role, t.template, t.facts::json, t.at, t.at
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
  AS t(id, incident_id, channel, recipient, role, template, facts, at)
ON CONFLICT (id) DO NOTHING
"""
