"""The append-only, hash-chained log of one incident: entries in, with hashes out. Pure.

Each hash is HMAC-SHA256 over the hash before it and the entry's own canonical bytes, so an
edited, deleted, swapped or inserted entry breaks the chain from there on. The writer of an entry
holds the incident's row lock, so `seq` and the head of the chain (stored on the incident) never
race.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from gateway.tokens.key_texts import redact_keys

GENESIS = b""
"""The hash that the first entry of every incident is chained to."""


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """An entry: `event` is a stable slug, `facts` the canonical JSON text exactly as stored."""

    incident_id: int
    seq: int
    at: datetime
    actor: str
    event: str
    facts: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An entry as it is read again: `event` is a stable slug, `facts` are decoded."""

    at: datetime
    actor: str
    event: str
    facts: Mapping[str, Any]


def facts_text(facts: object) -> str:
    """Return canonical JSON: keys sorted, no spaces, no API key; these bytes are hashed."""
    return redact_keys(msgspec.json.encode(facts, order="deterministic").decode())


def entry_hash(
    key: bytes,
    previous: bytes,
    incident_id: int,
    seq: int,
    at: datetime,
    actor: str,
    event: str,
    facts: str,
) -> bytes:
    """Return the 32-byte hash of an entry; `at` has whole microseconds, as PostgreSQL stores it."""
    canonical = f"{incident_id}\x1f{seq}\x1f{at.isoformat()}\x1f{actor}\x1f{event}\x1f{facts}"
    return hmac.digest(key, previous + canonical.encode(), "sha256")


def append(
    key: bytes,
    previous: bytes,
    incident_id: int,
    version: int,
    at: datetime,
    actor: str,
    events: Iterable[tuple[str, Mapping[str, Any]]],
) -> list[ChainedEntry]:
    """Chain `events` (slug, facts) to `previous`, the head at `version`.

    Returns the entries; the last one is the new head.
    """
    entries: list[ChainedEntry] = []
    for seq, (event, facts) in enumerate(events, version + 1):
        text = facts_text(facts)
        previous = entry_hash(key, previous, incident_id, seq, at, actor, event, text)
        entries.append(ChainedEntry(incident_id, seq, at, actor, event, text, previous))
    return entries


def find_damage(
    key: bytes, incident_id: int, entries: Sequence[ChainedEntry], version: int, head: bytes
) -> tuple[int, str] | None:
    """Return the first entry at fault and what is wrong with it, or None.

    `version` and `head` are the incident's own.
    """
    previous = GENESIS
    for expected, entry in enumerate(entries, 1):
        if entry.seq != expected:
            return expected, "an entry is missing or out of order"
        link = entry_hash(
            key, previous, incident_id, entry.seq, entry.at, entry.actor, entry.event, entry.facts
        )
        if not hmac.compare_digest(link, entry.hash):
            return entry.seq, "the entry is not what was written"
        previous = entry.hash
    if len(entries) != version or not hmac.compare_digest(previous, head):
        return len(entries) + 1, "the incident's head does not match its newest entry"
    return None
