"""Loading of the open masters that the new alerts of a batch may correlate with.

One statement serves a batch that opens records of known configuration items.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from asyncpg import Record

from gateway.catalogue.topology import Topology
from gateway.correlation.features import ReportFeatures, ReportText, read_features
from gateway.correlation.search import EACH, MOST
from gateway.correlation.unlearning import unlink_mark_of_key
from gateway.db.pool import Connection
from gateway.dedup.alert_state import IncidentRef
from gateway.dedup.batch_items import BatchItem
from gateway.dedup.correlated_alerts import OpenMasters, ReportedMaster, correlated_scope
from gateway.dedup.load import incident_ref_of
from gateway.settings import CorrelationSettings

TURN = """
SELECT pg_try_advisory_xact_lock(hashtextextended('correlation ' || name, 0))
FROM unnest($1::text[]) AS name
"""
"""The statement that takes the advisory locks of topology components if they are free.

Intake does not wait for a report that is being linked. In that case neither may find the other,
and both stay apart.
"""

MASTERS = """
WITH near AS (
  SELECT i.id FROM unnest($1::text[]) AS asked (ci) CROSS JOIN LATERAL (
    SELECT id FROM incident i WHERE i.ci = asked.ci AND i.ci <> '' AND i.master_id IS NULL
    AND is_open(i.state) ORDER BY i.id DESC LIMIT $4) i
  UNION
  SELECT i.id FROM unnest($2::text[] || '{""}'::text[]) AS asked (service) CROSS JOIN LATERAL (
    SELECT id FROM incident i WHERE i.service = asked.service AND i.master_id IS NULL
    AND is_open(i.state) ORDER BY i.id DESC LIMIT $4) i)
SELECT i.id, i.number, i.state, i.resolved_at, i.handler, i.assignee, i.assignee_group, i.tier,
       i.storm, i.kind, i.priority, i.security, i.suppressed, i.ci, i.service, i.title,
       left(i.description, 600) AS text, i.location, i.recorded_at,
       i.dedup_key IS NOT NULL AS by_alert
FROM incident i WHERE i.id IN (SELECT id FROM near ORDER BY id DESC LIMIT $5)
  AND i.recorded_at > $3 AND i.kind = 'incident' AND NOT i.security AND NOT i.storm
  AND NOT i.suppressed AND (i.ci <> '' OR i.dedup_key IS NULL)
ORDER BY i.id
"""

UNDONE = """
SELECT master_id, mark FROM unlearned
WHERE master_id = ANY($1::bigint[]) AND mark = ANY($2::bytea[])
"""


async def load_open_masters(
    conn: Connection,
    opening: Sequence[BatchItem],
    topology: Topology,
    correlation: CorrelationSettings,
    known: Mapping[int, IncidentRef],
    now: datetime,
) -> OpenMasters:
    """Return the open masters that the new alerts of a batch may correlate with.

    Nothing is queried, and nothing returned, if the catalogue knows none of their items. `known`
    are records that the batch has loaded already, by id.
    """
    cis = {
        item.alert.ci: item.alert.service
        for item in opening
        if item.alert.ci in topology.components
    }
    if not cis or not correlation.alerts:
        return OpenMasters()
    await conn.fetch(TURN, sorted({topology.component(ci) for ci in cis}))
    items, services = correlated_scope(cis, topology)
    rows = await conn.fetch(
        MASTERS, items[: 4 * MOST], services[:MOST], now - correlation.within, EACH, 4 * MOST
    )
    correlated = OpenMasters(topology, least=correlation.least)
    for row in rows:
        holder = known.get(row["id"]) or incident_ref_of(row)
        if row["by_alert"]:
            correlated.masters_by_item.setdefault(row["ci"], []).append(holder)
        elif correlation.people:
            correlated.reported.append(
                ReportedMaster(holder, row["recorded_at"], _told(row, topology))
            )
    if rows:
        marks = {unlink_mark_of_key(item.key_hash): item.key_hash for item in opening}
        undone = await conn.fetch(UNDONE, [row["id"] for row in rows], list(marks))
        correlated.undone = frozenset((marks[row["mark"]], row["master_id"]) for row in undone)
    return correlated


def _told(row: Record, topology: Topology) -> ReportFeatures:
    said = ReportText(
        title=row["title"],
        text=row["text"],
        service=row["service"],
        ci=row["ci"],
        site=row["location"],
    )
    return read_features(said, topology)


async def fetch_follower_ids(conn: Connection, masters: Sequence[int]) -> list[int]:
    """Return the ids of the records related to these masters, which are locked."""
    return [row[0] for row in await conn.fetch(FOLLOWERS, masters)]


FOLLOWERS = "SELECT id FROM incident WHERE master_id = ANY($1::bigint[]) ORDER BY id"
