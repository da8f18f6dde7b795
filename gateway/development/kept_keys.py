"""The two keys of `gw dev`, kept in its state folder to survive restarts."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import asyncpg

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.cli.commands import ENSURE_INTEGRATION

FILE = "keys.json"

VALID = """
SELECT count(*) FROM api_key
WHERE secret_hash = ANY($1::bytea[]) AND revoked_at IS NULL
  AND (expires_at IS NULL OR expires_at > statement_timestamp())
"""


@dataclass(frozen=True, slots=True)
class DevelopmentKeys:
    """An administrator's key and a key that sends alerts."""

    admin: str
    ingest: str


async def load_or_create_keys(url: str, state: Path) -> DevelopmentKeys:
    """Return the keys of the state folder, or new ones if this database does not know them."""
    file = state / FILE
    conn = await asyncpg.connect(url)
    try:
        kept = _read(file)
        if kept is None or not await _are_valid(conn, kept):
            kept = await _create(conn)
            _write(file, kept)
        return kept
    finally:
        await conn.close()


async def _are_valid(conn: asyncpg.Connection, kept: DevelopmentKeys) -> bool:
    hashes = [sha256(key.encode()).digest() for key in (kept.admin, kept.ingest)]
    return bool(await conn.fetchval(VALID, hashes) == len(hashes))


async def _create(conn: asyncpg.Connection) -> DevelopmentKeys:
    async with conn.transaction():
        to = await conn.fetchval(ENSURE_INTEGRATION, "default", "Default integration")
        everything, sending = frozenset({Scope.ADMIN}), frozenset({Scope.INGEST, Scope.READ})
        admin, _ = await keys.create(conn, "dev admin", everything, None, integration_id=to)
        ingest, _ = await keys.create(conn, "dev ingest", sending, None, integration_id=to)
    return DevelopmentKeys(admin, ingest)


def _read(file: Path) -> DevelopmentKeys | None:
    """Return the keys of an earlier start; None if the file is missing or damaged."""
    try:
        known = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(known, Mapping):
        return None
    admin, ingest = known.get("admin"), known.get("ingest")
    fit = isinstance(admin, str) and isinstance(ingest, str)
    return DevelopmentKeys(str(admin), str(ingest)) if fit else None


def _write(file: Path, kept: DevelopmentKeys) -> None:
    """Write the file atomically, readable by this user only."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(asdict(kept), opened)
    draft.replace(file)
