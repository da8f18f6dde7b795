"""Loading and locking of the stored state that a batch needs.

Keys are locked in the order of their hashes, so that batches never deadlock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.db.pool import Connection
from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.dedup.groups import RelateGroup
from gateway.vocabulary import State, Tier

LOCK_KEYS = """
WITH locked AS MATERIALIZED (
  SELECT key_hash, incident_id, status, occurrence, fired_at, cleared_at, first_seen, last_seen,
         ends_at, occurrences, flaps, flapping_since, suppressed_until, unmatched_at, severity,
         title, description
  FROM alert WHERE key_hash = ANY($1::bytea[]) ORDER BY key_hash FOR UPDATE)
SELECT t.now, locked.* FROM (SELECT moment($2) AS now) t LEFT JOIN locked ON true
"""


async def lock_keys(
    conn: Connection, hashes: Sequence[bytes], stamp: datetime | None
) -> tuple[datetime, dict[bytes, AlertState], dict[int, list[AlertState]]]:
    """Return the time of the batch, the state of each key, and the stored keys by incident id.

    Stored keys are locked.
    """
    known = {key: AlertState(key) for key in hashes}
    held: dict[int, list[AlertState]] = {}
    rows = await conn.fetch(LOCK_KEYS, hashes, stamp)
    for _, key_hash, incident_id, *rest in rows:
        if key_hash is None:
            continue
        known[key_hash] = entry = AlertState(key_hash, False, *rest)  # noqa: FBT003 - the first column of the value, not a switch
        if incident_id is not None:
            held.setdefault(incident_id, []).append(entry)
    return rows[0][0], known, held


HOLDERS = """
SELECT i.id, i.number, i.state, i.resolved_at, i.handler, i.assignee, i.assignee_group, i.tier,
       i.storm, i.kind, i.priority, i.security, i.suppressed
FROM incident i WHERE i.id = ANY($1::bigint[])
"""


async def load_incident_refs(conn: Connection, held: dict[int, list[AlertState]]) -> None:
    """Set the incident of every locked key, in its present state.

    It is read after the locks were taken, from a fresh snapshot.
    """
    for row in await conn.fetch(HOLDERS, list(held)):
        holder = incident_ref_of(row)
        for known in held[holder.id]:
            known.holder = holder


def incident_ref_of(row: Any) -> IncidentRef:
    """Return the incident of a row of HOLDERS, as it is stored."""
    holder = IncidentRef(
        row["id"],
        row["number"],
        State(row["state"]),
        row["resolved_at"],
        row["handler"],
        row["assignee"],
        row["assignee_group"],
        Tier(row["tier"]),
        row["storm"],
        kind=row["kind"],
        priority=row["priority"],
        security=row["security"],
        suppressed=row["suppressed"],
    )
    holder.was = holder.stands
    return holder


FIRING = """
SELECT count(*)
FROM (SELECT FROM alert WHERE incident_id = $1 AND status = 'firing' LIMIT $2) AS found
"""


async def count_firing(conn: Connection, holder: IncidentRef, most: int) -> None:
    """Count the firing alerts of a storm's master, up to `most`.

    No exact count is needed beyond the number of alerts that the batch can clear.
    """
    holder.firing = await conn.fetchval(FIRING, holder.id, most)


LOCK_GROUPS = """
WITH wanted AS (
  INSERT INTO relation_group AS g (group_hash) SELECT unnest($1::bytea[])
  ON CONFLICT (group_hash) DO UPDATE SET group_hash = excluded.group_hash
  RETURNING g.group_hash, g.incident_id, g.opened_at
) SELECT group_hash, incident_id, opened_at FROM wanted
"""

MASTERS = """
SELECT i.id AS asked, m.id, m.number, m.state, m.resolved_at, m.handler, m.assignee,
       m.assignee_group, m.tier, m.storm, m.kind, m.priority, m.security, m.suppressed
FROM incident i
JOIN incident m ON m.id = CASE WHEN i.storm THEN i.id ELSE coalesce(i.master_id, i.id) END
WHERE i.id = ANY($1::bigint[])
"""


async def lock_groups(
    conn: Connection, groups: dict[bytes, RelateGroup], known: Mapping[int, IncidentRef]
) -> None:
    """Lock the groups and set the master of each.

    The lock of the group's row keeps two replicas from making two masters. `known` are records
    that the batch has loaded already, by id: what it does to one of them holds for the group
    too.
    """
    rows = await conn.fetch(LOCK_GROUPS, sorted(groups))
    opened: dict[bytes, tuple[int, datetime]] = {
        r[0]: (r[1], r[2]) for r in rows if r[1] is not None
    }
    ids = {incident_id for incident_id, _ in opened.values()}
    if not ids:
        return
    found: dict[int, IncidentRef] = dict(known)
    masters: dict[int, IncidentRef] = {}
    for row in await conn.fetch(MASTERS, list(ids)):
        masters[row["asked"]] = found.setdefault(row["id"], incident_ref_of(row))
    for key, (incident_id, opened_at) in opened.items():
        groups[key].master, groups[key].opened_at = masters.get(incident_id), opened_at


UNLINKED = """
SELECT u.key_hash, u.group_hash
FROM unlinked u JOIN unnest($1::bytea[]) AS k(key_hash) USING (key_hash)
WHERE u.group_hash = ANY($2::bytea[])
"""


async def load_unlinked(
    conn: Connection, keys: Collection[bytes], groups: Collection[bytes]
) -> frozenset[tuple[bytes, bytes]]:
    """Return the links between these keys and groups that people undid."""
    rows = await conn.fetch(UNLINKED, list(keys), list(groups))
    return frozenset((row[0], row[1]) for row in rows)
