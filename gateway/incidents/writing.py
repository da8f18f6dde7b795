"""Writing of incidents with their timeline, timers and messages.

Each statement serves all revisions of a transaction, so their number is constant.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from gateway.db.pool import Connection
from gateway.incidents import timeline
from gateway.incidents.announcements import endings, notifier
from gateway.incidents.arming import arm_timers
from gateway.incidents.columns import column_of
from gateway.incidents.notices import queue_notices
from gateway.incidents.record import Incident, Revision


class WrittenIncident(NamedTuple):
    """An incident after writing: the decided values, and the timeline's new head."""

    before_it: Incident
    version: int
    timeline_hash: bytes
    at: datetime

    @property
    def incident(self) -> Incident:
        """The incident as it is stored."""
        return replace(
            self.before_it,
            version=self.version,
            timeline_hash=self.timeline_hash,
            updated_at=self.at,
        )


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
    "request_category",
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
    "follows_id",
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


COLUMNS_OF_PEOPLE = (
    "fields",
    "symptom",
    "scope",
    "language",
    "claimed_impact",
    "claimed_urgency",
    "recorded_by",
)
"""The columns of a new record that only people fill; the table has defaults for them."""


async def open_new(
    conn: Connection, key: bytes, revisions: Sequence[Revision], now: datetime
) -> list[WrittenIncident]:
    """Insert the new incidents of `revisions` with timelines, timers and messages, in order."""
    revisions = await notifier.address_all(conn, revisions, now)
    written, entries = _chained(key, revisions, now)
    columns = (
        (*OPENED, *COLUMNS_OF_PEOPLE) if any(_told(one.before_it) for one in written) else OPENED
    )
    rows = zip(*_columns(written, columns, now), strict=True)
    await conn.copy_records_to_table("incident", records=rows, columns=columns)
    await _write_entries(conn, entries)
    await _write_side_effects(conn, revisions, now)
    return written


def _told(incident: Incident) -> bool:
    said = (
        incident.fields,
        incident.symptom,
        incident.scope,
        incident.language,
        incident.claimed_impact,
        incident.recorded_by,
    )
    return any(said)


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
    "policy",
    "ledger",
    "marks",
    "next_due_at",
    "breached",
    "version",
    "timeline_hash",
    "kind",
    "request_category",
    "fields",
    "symptom",
    "scope",
    "language",
    "satisfaction_text",
    "called_back_at",
    "called_back_by",
    "source",
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
  returned = t.returned, labels = t.labels::json, links = t.links::json, refs = t.refs::json, policy = t.policy,
  ledger = t.ledger::json, marks = t.marks::json, next_due_at = t.next_due_at, breached = t.breached, version = t.version,
  timeline_hash = t.timeline_hash, kind = t.kind, request_category = t.request_category,
  fields = t.fields::jsonb, symptom = t.symptom, scope = t.scope, language = t.language,
  satisfaction_text = t.satisfaction_text, called_back_at = t.called_back_at, called_back_by = t.called_back_by,
  source = t.source
FROM unnest(
  $1::bigint[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[], $11::bytea[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::timestamptz[],
  $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::timestamptz[], $22::text[], $23::text[],
  $24::text[], $25::text[], $26::smallint[], $27::text[], $28::text[], $29::text[], $30::text[], $31::text[],
  $32::text[], $33::text[], $34::timestamptz[], $35::text[], $36::bigint[], $37::text[], $38::real[], $39::boolean[],
  $40::boolean[], $41::boolean[], $42::int[], $43::int[], $44::text[], $45::text[], $46::text[], $47::text[],
  $48::text[], $49::text[], $50::timestamptz[], $51::boolean[], $52::int[], $53::bytea[], $54::text[], $55::text[],
  $56::text[], $57::text[], $58::text[], $59::text[], $60::text[], $61::timestamptz[], $62::text[],
  $63::text[]
) AS t(
  id, state, priority, impact, urgency, title, description, severity, service, ci, key_hash, category, contact_name,
  contact, location, reporting_unit, occurred_at, responded_at, resolved_at, closed_at, updated_at, resolution,
  resolution_category, solution, closure, satisfaction, owner, assignee_group, assignee, handler, tier, third_party,
  hold_reason, hold_until, held_state, master_id, link_reason, link_score, major, security, suppressed, reopened,
  returned, labels, links, refs, policy, ledger, marks, next_due_at, breached, version, timeline_hash, kind, request_category,
  fields, symptom, scope, language, satisfaction_text, called_back_at, called_back_by, source
) WHERE i.id = t.id
"""


MARKED = ("id", "marks", "next_due_at", "breached", "updated_at", "version", "timeline_hash")

MARK = """
UPDATE incident i SET marks = t.marks::json, next_due_at = t.next_due_at, breached = t.breached, updated_at = t.updated_at,
  version = t.version, timeline_hash = t.timeline_hash
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::boolean[], $5::timestamptz[], $6::int[], $7::bytea[])
  AS t(id, marks, next_due_at, breached, updated_at, version, timeline_hash)
WHERE i.id = t.id
"""


async def write_changed(
    conn: Connection, key: bytes, revisions: Sequence[Revision], now: datetime
) -> list[WrittenIncident]:
    """Write changed incidents, which the caller has locked, with timeline, timers and messages.

    Returns them in the same order. A revision without events changes nothing but its timers.
    """
    revisions = await notifier.address_all(conn, revisions, now)
    changed = [revision for revision in revisions if revision.events]
    written, entries = _chained(key, changed, now)
    for statement, names, narrow in ((CHANGE, CHANGED, False), (MARK, MARKED, True)):
        if part := [
            one
            for one, revision in zip(written, changed, strict=True)
            if revision.marks_only is narrow
        ]:
            await conn.execute(statement, *_columns(part, names, now))
    if entries:
        await _write_entries(conn, entries)
    await _write_side_effects(conn, revisions, now)
    await queue_notices(conn, await endings.messages_about_endings(conn, changed), now)
    return written


def _chained(
    key: bytes, revisions: Sequence[Revision], now: datetime
) -> tuple[list[WrittenIncident], list[timeline.ChainedEntry]]:
    written: list[WrittenIncident] = []
    entries: list[timeline.ChainedEntry] = []
    for revision in revisions:
        after = revision.after
        added = timeline.append(
            key, after.timeline_hash, after.id, after.version, now, revision.actor, revision.events
        )
        entries += added
        written.append(WrittenIncident(after, added[-1].seq, added[-1].hash, now))
    return written, entries


def _columns(
    written: Sequence[WrittenIncident], names: Sequence[str], now: datetime
) -> list[list[Any]]:
    """Return the values of each column, with the new head of the timeline."""
    incidents = [one.before_it for one in written]
    heads: dict[str, list[Any]] = {
        "version": [one.version for one in written],
        "timeline_hash": [one.timeline_hash for one in written],
        "updated_at": [now] * len(written),
    }
    return [heads[name] if name in heads else column_of(incidents, name) for name in names]


ENTRIES = """
INSERT INTO timeline (incident_id, seq, at, actor, event, facts, hash)
SELECT t.incident_id, t.seq, t.at, t.actor, t.event, t.facts::json, t.hash
FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::bytea[])
  AS t(incident_id, seq, at, actor, event, facts, hash)
"""


async def _write_entries(conn: Connection, entries: Sequence[timeline.ChainedEntry]) -> None:
    rows = [(e.incident_id, e.seq, e.at, e.actor, e.event, e.facts, e.hash) for e in entries]
    await conn.execute(ENTRIES, *zip(*rows, strict=True))


async def _write_side_effects(
    conn: Connection, revisions: Sequence[Revision], now: datetime
) -> None:
    timers = [(r.after.id, timer.kind, timer.due_at) for r in revisions for timer in r.timers]
    if timers:
        await arm_timers(conn, timers)
    notices = [(r.after.id, notice) for r in revisions for notice in r.notices]
    await queue_notices(conn, notices, now)
