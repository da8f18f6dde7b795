"""The audit of timelines: recomputes their hashes to find tampering."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from gateway.db.pool import Connection
from gateway.errors import Malformed
from gateway.incidents import timeline


@dataclass(frozen=True, slots=True)
class TimelineDamage:
    """A timeline that was altered: from entry `seq` on it cannot be trusted."""

    incident_id: int
    seq: int
    finding: str

    def __str__(self) -> str:
        """Return the finding as one line for people."""
        return f"incident {self.incident_id}, entry {self.seq}: {self.finding}"


HEADS = "SELECT id, version, timeline_hash FROM incident WHERE id > $1 ORDER BY id LIMIT 2000"

ENTRIES = """
SELECT incident_id, seq, at, actor, event, facts::text AS facts, hash FROM timeline
WHERE incident_id BETWEEN $1 AND $2 ORDER BY incident_id, seq
"""


async def verify_timelines(
    conn: Connection, key: bytes, seals: Iterable[str] = ()
) -> list[TimelineDamage]:
    """Return every damaged timeline.

    `seals` are lines exported by `seal`, which reveal that the end of a timeline was cut off.
    """
    damages: list[TimelineDamage] = []
    last = 0
    while heads := await conn.fetch(HEADS, last):
        first, last = heads[0]["id"], heads[-1]["id"]
        chains: dict[int, list[timeline.ChainedEntry]] = {}
        for row in await conn.fetch(ENTRIES, first, last):
            entry = timeline.ChainedEntry(**row)
            chains.setdefault(entry.incident_id, []).append(entry)
        for head in heads:
            found = timeline.find_damage(
                key, head["id"], chains.pop(head["id"], []), head["version"], head["timeline_hash"]
            )
            damages += [TimelineDamage(head["id"], *found)] if found else []
        damages += [
            TimelineDamage(incident, entries[0].seq, "entries without an incident")
            for incident, entries in chains.items()
        ]
    return damages + await _broken_seals(conn, key, seals)


class AuditSeal(msgspec.Struct, frozen=True):
    """A digest of the entries committed between two transaction ids, chained to the last seal."""

    seq: int
    since: int
    upto: int
    entries: int
    hash: str


TURN = (
    "SELECT pg_try_advisory_xact_lock(hashtextextended('gateway.audit', 0)), "
    "set_config('statement_timeout', '60s', true)"
)

PREVIOUS = "SELECT seq, upto::text::bigint AS upto, hash FROM audit_seal ORDER BY seq DESC LIMIT 1"

HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

DIGEST = """
SELECT count(*) AS entries,
  sha256(coalesce(string_agg(hash, ''::bytea ORDER BY xid, incident_id, seq), ''::bytea)) AS digest
FROM timeline WHERE xid >= $1::bigint::text::xid8 AND xid < $2::bigint::text::xid8
"""

KEEP = """
INSERT INTO audit_seal (seq, at, upto, entries, hash)
VALUES ($1, moment($2), $3::bigint::text::xid8, $4, $5)
"""


async def seal_timelines(conn: Connection, key: bytes, stamp: datetime | None) -> str | None:
    """Seal the entries since the last seal, and return the line to keep outside the database.

    Returns None while another replica seals.
    """
    async with conn.transaction():
        if not await conn.fetchval(TURN):
            return None
        previous = await conn.fetchrow(PREVIOUS)
        seq, since, before = (
            (previous["seq"] + 1, previous["upto"], previous["hash"]) if previous else (1, 0, b"")
        )
        upto = await conn.fetchval(HORIZON)
        made = await _sealed(conn, key, before, seq, since, upto)
        await conn.execute(KEEP, seq, stamp, upto, made.entries, bytes.fromhex(made.hash))
    return msgspec.json.encode(made).decode()


async def _sealed(
    conn: Connection, key: bytes, before: bytes, seq: int, since: int, upto: int
) -> AuditSeal:
    row = await conn.fetchrow(DIGEST, since, upto)
    entries, digest = (row["entries"], row["digest"]) if row else (0, b"")
    text = f"{seq}\x1f{since}\x1f{upto}\x1f{entries}".encode()
    return AuditSeal(
        seq, since, upto, entries, hmac.digest(key, before + text + digest, "sha256").hex()
    )


def seal_of(line: str) -> AuditSeal:
    """Return the seal of an exported line; raises Malformed."""
    try:
        kept = msgspec.json.decode(line, type=AuditSeal)
        bytes.fromhex(kept.hash)
    except (msgspec.DecodeError, ValueError) as error:
        raise Malformed(
            f"{line[:60]!r} is no seal: name the file that audit.seal_file writes"
        ) from error
    return kept


async def _broken_seals(conn: Connection, key: bytes, lines: Iterable[str]) -> list[TimelineDamage]:
    """Return a damage for each seal that the database no longer matches.

    Each seal is checked with the exported one before it.
    """
    damages: list[TimelineDamage] = []
    before = b""
    for line in lines:
        kept = seal_of(line)
        found = await _sealed(conn, key, before, kept.seq, kept.since, kept.upto)
        if not hmac.compare_digest(found.hash, kept.hash):
            damages.append(
                TimelineDamage(
                    0,
                    kept.seq,
                    f"seal broken: {kept.entries} entries were sealed, {found.entries} stand now",
                )
            )
        before = bytes.fromhex(kept.hash)
    return damages
