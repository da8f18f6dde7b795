"""Mappings in the database, with all their versions, and the current ones in memory."""

from collections.abc import Mapping as Readable
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

import msgspec
import structlog
from asyncpg import Record

from gateway.db.pool import Connection, Pool, acquire
from gateway.errors import NotFound, QuotaExceeded, VersionMismatch
from gateway.quarantine.mapping import Mapping, check

EVERY = 5.0
"""Seconds until a replica applies a mapping that was saved at another one."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """One version of a mapping for bodies that an integration sends to a source.

    No steps mean that nothing is changed.
    """

    integration_id: int
    integration: str
    source: str
    version: int
    steps: Mapping
    note: str
    made_at: datetime
    made_by: str


def _of(row: Record) -> MappingVersion:
    fields = dict(row)
    return MappingVersion(**fields | {"steps": msgspec.json.decode(fields["steps"], type=Mapping)})


SAVED = """
m.integration_id, i.slug AS integration, m.source, m.version, m.steps::text AS steps, m.note,
m.made_at, m.made_by
FROM body_mapping m JOIN integration i ON i.id = m.integration_id
"""
CURRENT = (
    "SELECT DISTINCT ON (m.integration_id, m.source) "
    + SAVED
    + "ORDER BY m.integration_id, m.source, m.version DESC"
)


async def current(conn: Connection) -> list[MappingVersion]:
    """Return the mapping in force of every sender that ever had one."""
    return [_of(row) for row in await conn.fetch(CURRENT)]


HISTORY = "SELECT " + SAVED + "WHERE i.slug = $1 AND m.source = $2 ORDER BY m.version DESC LIMIT $3"


async def history(
    conn: Connection, integration: str, source: str, limit: int
) -> list[MappingVersion]:
    """Return the versions of a mapping, the one in force first."""
    return [_of(row) for row in await conn.fetch(HISTORY, integration, source, limit)]


MADE = """
SELECT count(*) AS made,
  extract(epoch FROM min(made_at) + interval '1 day'
    - moment($2))::float8 AS wait
FROM body_mapping
WHERE integration_id = $1::int
  AND made_at > moment($2) - interval '1 day'
"""
LOCK = "SELECT id FROM integration WHERE slug = $1 FOR UPDATE"
INSERT = """
INSERT INTO body_mapping (integration_id, source, version, steps, note, made_at, made_by)
VALUES ($1, $2, $3, $4, $5, moment($6), $7)
"""


@dataclass(frozen=True, slots=True)
class MappingProposal:
    """A mapping to be saved."""

    integration: str
    source: str
    steps: Mapping
    note: str
    by: str


async def save(
    conn: Connection,
    proposal: MappingProposal,
    stamp: datetime | None,
    if_match: int | None = None,
    *,
    most: int,
) -> tuple[MappingVersion, bool]:
    """Save a mapping.

    Return the version in force and whether it is new: the same steps again are not. Raises
    NotFound for an integration that does not exist, VersionMismatch, Unprocessable for a mapping
    that cannot be kept, and QuotaExceeded beyond `most` versions of the integration in a day.
    """
    check(proposal.steps)
    integration_id = await conn.fetchval(LOCK, proposal.integration)
    if integration_id is None:
        raise NotFound(f"there is no integration {proposal.integration!r}")
    before = await history(conn, proposal.integration, proposal.source, 1)
    version = before[0].version if before else 0
    if if_match is not None and if_match != version:
        raise VersionMismatch(f"the mapping is at version {version}: read it again")
    if before and before[0].steps == proposal.steps:
        return before[0], False
    await _require_few(conn, integration_id, stamp, most)
    steps = msgspec.json.encode(proposal.steps).decode()
    await conn.execute(
        INSERT,
        integration_id,
        proposal.source,
        version + 1,
        steps,
        proposal.note,
        stamp,
        proposal.by,
    )
    return (await history(conn, proposal.integration, proposal.source, 1))[0], True


async def _require_few(
    conn: Connection, integration_id: int, stamp: datetime | None, most: int
) -> None:
    row = await conn.fetchrow(MADE, integration_id, stamp)
    assert row is not None  # noqa: S101 - an aggregate has a row
    if row["made"] >= most:
        again = max(1, ceil(row["wait"]))
        told = (
            f"{row['made']} mappings of this integration were saved in a day, "
            f"limits.mappings_per_day is {most}"
        )
        raise QuotaExceeded(f"{told}: send again in {again} s", retry_after=again)


Sender = tuple[int, str]
"""An integration's id and a source."""


@dataclass(slots=True)
class Mappings:
    """The mappings in force, in memory, so that a lookup costs no query."""

    by_sender: Readable[Sender, Mapping] = field(default_factory=dict)

    def of(self, integration_id: int, source: str) -> Mapping:
        """Return the mapping for such bodies; () for most."""
        return self.by_sender.get((integration_id, source), ()) if self.by_sender else ()

    async def refresh(self, pool: Pool) -> None:
        """Read the mappings again."""
        async with acquire(pool) as conn:
            found = await current(conn)
        self.by_sender = {(one.integration_id, one.source): one.steps for one in found if one.steps}
