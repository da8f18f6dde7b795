"""Writing of incidents with their timeline, timers and messages.

Each statement serves all revisions of a transaction, so their number is constant.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from gateway.db.pool import Connection
from gateway.incidents import timeline
from gateway.incidents.announcements import endings, notifier, watchers
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.arming import arm_timers
from gateway.incidents.columns import CHANGED, MARKED, column_of, columns_to_open, rows_as_json
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


async def open_new(
    conn: Connection, key: bytes, revisions: Sequence[Revision], now: datetime
) -> list[WrittenIncident]:
    """Insert the new incidents of `revisions` with timelines, timers and messages, in order."""
    revisions = await notifier.address_all(conn, revisions, now)
    written, entries = _chained(key, revisions, now)
    columns = columns_to_open([one.before_it for one in written])
    rows = zip(*_columns(written, columns, now), strict=True)
    await conn.copy_records_to_table("incident", records=rows, columns=columns)
    await _write_entries(conn, entries)
    await _write_side_effects(conn, revisions, now)
    return written


def _update(columns: Sequence[str]) -> str:
    """Return the statement that sets columns of incidents to those of JSON rows with their id."""
    assignments = ", ".join(f"{column} = t.{column}" for column in columns)
    rows = "json_populate_recordset(NULL::incident, $1::json)"
    return f"UPDATE incident i SET {assignments} FROM {rows} AS t WHERE i.id = t.id"  # noqa: S608 - names of columns alone


CHANGE, MARK = _update(CHANGED), _update(MARKED)


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
            await conn.execute(statement, _rows(part, names, now))
    if entries:
        await _write_entries(conn, entries)
    await _write_side_effects(conn, revisions, now)
    await queue_notices(conn, await endings.messages_about_endings(conn, changed), now)
    await queue_notices(conn, await watchers.messages_about_shelving(conn, changed), now)
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


def _rows(written: Sequence[WrittenIncident], names: Sequence[str], now: datetime) -> str:
    """Return the rows of incidents as JSON, with the new head of the timeline."""
    heads = [
        {
            "id": one.before_it.id,
            "version": one.version,
            "timeline_hash": one.timeline_hash,
            "updated_at": now,
        }
        for one in written
    ]
    return rows_as_json([one.before_it for one in written], names, heads)


ENTRIES = """
INSERT INTO timeline (incident_id, seq, at, actor, event, facts, hash)
SELECT t.incident_id, t.seq, t.at, t.actor, t.event, t.facts::json, t.hash
FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
  $7::bytea[])
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
