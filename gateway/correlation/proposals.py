"""Proposed links of a record to its probable master, for people to accept or to refuse."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from gateway.db.pool import Connection
from gateway.incidents.visibility import Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProposal:
    """A proposed link: record, master, reason, score from 0 to 1, and its points."""

    incident_id: int
    master_id: int
    reason: str
    score: float
    points: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLinkProposal(LinkProposal):
    """A proposal that nobody has decided yet, with the numbers of the record and the master."""

    number: str
    master: str
    proposed_at: datetime


KEEP = """
INSERT INTO proposed_link (incident_id, master_id, reason, score, points, proposed_at)
SELECT t.incident_id, t.master_id, t.reason, t.score, t.points::json, $6
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::real[], $5::text[])
  AS t(incident_id, master_id, reason, score, points)
ON CONFLICT (incident_id, master_id) DO UPDATE SET reason = excluded.reason, score = excluded.score,
  points = excluded.points, proposed_at = excluded.proposed_at, state = 'open', decided_at = NULL,
  decided_by = ''
WHERE proposed_link.state = 'taken'
RETURNING incident_id, master_id
"""


async def store_proposals(
    conn: Connection, proposals: Sequence[LinkProposal], now: datetime
) -> list[LinkProposal]:
    """Store proposals and return those that are new.

    A proposal that is open or that people refused stays as it is; one that was taken is opened
    again.
    """
    unique = {(one.incident_id, one.master_id): one for one in proposals}
    if not unique:
        return []
    rows = [
        (
            one.incident_id,
            one.master_id,
            one.reason,
            one.score,
            msgspec.json.encode(one.points).decode(),
        )
        for one in unique.values()
    ]
    kept = await conn.fetch(KEEP, *zip(*rows, strict=True), now)
    return [unique[row["incident_id"], row["master_id"]] for row in kept]


TAKE = """
UPDATE proposed_link SET state = 'taken', decided_at = $4, decided_by = $3
WHERE incident_id = ANY($1::bigint[]) AND master_id = $2 AND state <> 'taken'
"""


async def mark_proposals_taken(
    conn: Connection, incidents: Collection[int], master_id: int, by: str, now: datetime
) -> None:
    """Mark the proposals of these records and that master as taken: the link was made."""
    await conn.execute(TAKE, list(incidents), master_id, by, now)


REFUSE = """
UPDATE proposed_link SET state = 'refused', decided_at = $4, decided_by = $3
WHERE incident_id = $1 AND master_id = $2 AND state = 'open'
"""


async def mark_proposal_refused(
    conn: Connection, incident_id: int, master_id: int, by: str, now: datetime
) -> bool:
    """Mark an open proposal as refused; return False if there is none."""
    return bool((await conn.execute(REFUSE, incident_id, master_id, by, now)).endswith(" 1"))


OPEN = """
WITH asked AS MATERIALIZED (
  SELECT * FROM proposed_link WHERE (incident_id = $1 OR master_id = $1) AND state = 'open'
), pair AS MATERIALIZED (
  SELECT p.*, i.number, m.number AS master,
         may_see(i.security, i.recorded_by, i.owner, i.contact, $2, $3, $4)
           AND may_see(m.security, m.recorded_by, m.owner, m.contact, $2, $3, $4) AS seen,
         i.master_id IS NULL
           AND is_open(i.state)
           AND m.master_id IS NULL
           AND is_open(m.state) AS stand
  FROM asked p JOIN incident i ON i.id = p.incident_id JOIN incident m ON m.id = p.master_id
)
SELECT incident_id, master_id, reason, score, points, proposed_at, number, master
FROM pair WHERE seen AND stand ORDER BY score DESC, incident_id, master_id LIMIT 100
"""
"""The open proposals of an incident whose two records are visible and can still be linked.

The few proposals are selected before the two records of each are checked: without statistics, a
planner would otherwise join all records with all.
"""


async def fetch_open_proposals(
    conn: Connection, incident_id: int, sight: Visibility
) -> list[OpenLinkProposal]:
    """Return the open proposals in which an incident is the record or the master.

    At most a hundred are returned, the best first, and only those of which both records are
    visible.
    """
    rows = await conn.fetch(OPEN, incident_id, *sight.parameters())
    return [
        OpenLinkProposal(**{**row, "points": msgspec.json.decode(row["points"])}) for row in rows
    ]
