"""The record that a mail belongs to.

By a signed tag, or by mails that were really sent if its writer takes part.

Never by a number, neither in the subject nor in an id: anybody can count.
"""

from collections.abc import Sequence
from uuid import UUID

from gateway.db.pool import Connection
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.ingest.mail.letter import Letter, id_hash
from gateway.ingest.mail.sorting import OWN_ID
from gateway.ingest.mail.writer import Writer
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.permissions import ALLOWED, Action, may

BY_MAILS = """
SELECT DISTINCT ON (id_hash) id_hash, incident_id FROM mail WHERE id_hash = ANY($1::bytea[]) ORDER BY id_hash, received_at
"""
BY_NOTICES = "SELECT id, incident_id FROM outbox WHERE id = ANY($1::uuid[])"
TAKES_PART = """
SELECT EXISTS (SELECT FROM mail WHERE incident_id = $1 AND people && $2::text[])
  OR EXISTS (SELECT FROM outbox WHERE incident_id = $1
    AND (channel = 'smtp' AND lower(recipient) = ANY($2::text[])
      OR lower(reached) = ANY(SELECT 'smtp:' || address FROM unnest($2::text[]) AS address)))
"""


async def belongs_to(conn: Connection, tokens: ReplyTokens, letter: Letter, wrote: Writer) -> Incident | None:
    """Return the record, locked, or None."""
    tagged = tokens.read(" ".join((*letter.recipients, *letter.people))) or tokens.read(" ".join(letter.thread))
    tagged = tagged or tokens.read(letter.text)
    if tagged is not None and (found := await store.lock(conn, [tagged])):
        return found[0]
    for incident_id in await _answered(conn, letter.thread):
        for incident in await store.lock(conn, [incident_id]):
            if await _takes_part(conn, incident, letter, wrote):
                return incident
    return None


async def _answered(conn: Connection, thread: Sequence[str]) -> list[int]:
    """Return the records of the mails it answers to, the nearest first."""
    if not thread:
        return []
    found: dict[str, int] = {}
    notices = {one: UUID(own[0].partition("@")[0]) for one in thread if (own := OWN_ID.fullmatch(one.lower())) is not None}
    by_hash = {id_hash(one): one for one in thread}
    found |= {by_hash[row["id_hash"]]: row["incident_id"] for row in await conn.fetch(BY_MAILS, list(by_hash))}
    if notices:
        told = {row["id"]: row["incident_id"] for row in await conn.fetch(BY_NOTICES, list(notices.values()))}
        found |= {one: told[notice] for one, notice in notices.items() if notice in told}
    return list(dict.fromkeys(found[one] for one in thread if one in found))


async def _takes_part(conn: Connection, incident: Incident, letter: Letter, wrote: Writer) -> bool:
    if wrote.person is not None and may(wrote.person, Action.NOTE, incident) == ALLOWED:
        return True
    addresses = [one for one in (letter.sender, wrote.to.address) if one]
    if incident.contact.lower() in addresses:
        return True
    return bool(addresses) and bool(await conn.fetchval(TAKES_PART, incident.id, addresses))
