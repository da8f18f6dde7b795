"""Which record a letter belongs to: by the signed tag, or by the mails it answers to if its writer is known there.

Never by a number in the subject: anybody can write one.
"""

import re
from collections.abc import Sequence
from uuid import UUID

from gateway.db.pool import Connection
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.ingest.mail.letter import Letter, id_hash
from gateway.ingest.mail.sorting import OWN_ID
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.permissions import ALLOWED, Action, may
from gateway.operations.who import Who

ROOT = re.compile(r"incident-([1-9][0-9]{0,17})@(.+)")

BY_MAILS = """
SELECT DISTINCT ON (id_hash) id_hash, incident_id FROM mail WHERE id_hash = ANY($1::bytea[]) ORDER BY id_hash, received_at
"""
BY_NOTICES = "SELECT id, incident_id FROM outbox WHERE id = ANY($1::uuid[])"
TAKES_PART = """
SELECT EXISTS (SELECT FROM mail WHERE incident_id = $1 AND $2 = ANY(people))
  OR EXISTS (SELECT FROM outbox WHERE incident_id = $1
    AND (channel = 'smtp' AND lower(recipient) = $2 OR lower(reached) = 'smtp:' || $2))
"""


async def belongs_to(conn: Connection, tokens: ReplyTokens, letter: Letter, who: Who, domain: str) -> Incident | None:
    """The record, locked, or None."""
    tagged = tokens.read(" ".join((*letter.recipients, *letter.people))) or tokens.read(letter.text)
    if tagged is not None and (found := await store.lock(conn, [tagged])):
        return found[0]
    for incident_id in await _answered(conn, letter.thread, domain):
        for incident in await store.lock(conn, [incident_id]):
            if await _takes_part(conn, incident, letter.sender, who):
                return incident
    return None


async def _answered(conn: Connection, thread: Sequence[str], domain: str) -> list[int]:
    """The records of the mails it answers to, the nearest first."""
    if not thread:
        return []
    found: dict[str, int] = {}
    notices = {one: UUID(own[0].partition("@")[0]) for one in thread if (own := OWN_ID.fullmatch(one.lower())) is not None}
    by_hash = {id_hash(one): one for one in thread}
    found |= {by_hash[row["id_hash"]]: row["incident_id"] for row in await conn.fetch(BY_MAILS, list(by_hash))}
    if notices:
        told = {row["id"]: row["incident_id"] for row in await conn.fetch(BY_NOTICES, list(notices.values()))}
        found |= {one: told[notice] for one, notice in notices.items() if notice in told}
    roots = {one: int(root[1]) for one in thread if (root := ROOT.fullmatch(one.lower())) is not None and root[2] == domain}
    found |= roots
    return list(dict.fromkeys(found[one] for one in thread if one in found))


async def _takes_part(conn: Connection, incident: Incident, address: str, who: Who) -> bool:
    if not address:
        return False
    if incident.contact.lower() == address or may(who, Action.NOTE, incident) == ALLOWED:
        return True
    return bool(await conn.fetchval(TAKES_PART, incident.id, address))
