"""The record that a mail belongs to, and whether that is proven.

It is proven by a signed tag, or by the id of a mail that was really sent to its writer, or
received from or to them: only people who were notified of the record know either. Any other mail
of the record finds it too, if the writer takes part in the record, and proves nothing.

A number finds nothing, neither in the subject nor in an id: anybody can count. So the id of a
received mail proves nothing either where it is a word and a number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.access.permissions import ALLOWED, Action, may
from gateway.channels.email.parsing.authentication import SenderCheck
from gateway.channels.email.parsing.letter import ParsedMail, id_hash
from gateway.channels.email.sorting import OWN_ID
from gateway.channels.email.writer import MailWriter
from gateway.db.pool import Connection
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.notify.reply_tokens import ReplyTokens

BY_MAILS = """
SELECT DISTINCT ON (id_hash) id_hash, incident_id, people && $2::text[] AS theirs
FROM mail WHERE id_hash = ANY($1::bytea[]) ORDER BY id_hash, received_at
"""
BY_NOTICES = """
SELECT id, incident_id, channel = 'smtp' AND lower(recipient) = ANY($2::text[])
  OR coalesce(
    lower(reached) = ANY(SELECT 'smtp:' || address FROM unnest($2::text[]) AS address), false
  ) AS theirs
FROM outbox WHERE id = ANY($1::uuid[]) AND incident_id IS NOT NULL
"""
TAKES_PART = """
SELECT EXISTS (SELECT FROM mail WHERE incident_id = $1 AND people && $2::text[])
  OR EXISTS (SELECT FROM outbox WHERE incident_id = $1
    AND (channel = 'smtp' AND lower(recipient) = ANY($2::text[])
      OR lower(reached) = ANY(SELECT 'smtp:' || address FROM unnest($2::text[]) AS address)))
"""

GUESSABLE_ID = re.compile(r"[^0-9@]*+[0-9]{0,9}+[^0-9@]*+(?:@.*)?", re.DOTALL)
"""Ids that can be guessed by counting: before the domain there is one number of few digits."""


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record, locked; `proven` says that the writer really was notified of it.

    `told_at` is the moment that the answered message to staff told of, None if it is not known.
    """

    incident: Incident
    proven: bool
    told_at: datetime | None = None


async def find_record(
    conn: Connection, tokens: ReplyTokens, letter: ParsedMail, wrote: MailWriter
) -> FoundRecord | None:
    """Return the record that a mail belongs to."""
    tagged = tokens.read_tag(" ".join((*letter.recipients, *letter.people)))
    tagged = tagged or tokens.read_tag(" ".join(letter.thread)) or tokens.read_tag(letter.text)
    if tagged is not None and (found := await store.lock(conn, [tagged.incident_id])):
        proven = wrote.check is not SenderCheck.FAILED
        return FoundRecord(found[0], proven, tagged.told_at)
    for incident_id, theirs in await _answered(conn, letter.thread, _addresses(letter, wrote)):
        for incident in await store.lock(conn, [incident_id]):
            if theirs or await _takes_part(conn, incident, letter, wrote):
                return FoundRecord(incident, proven=_is_proven(wrote, theirs=theirs))
    return None


def _is_proven(wrote: MailWriter, *, theirs: bool) -> bool:
    if wrote.check is SenderCheck.UNKNOWN:
        return theirs
    return wrote.check is SenderCheck.AUTHENTICATED


def _addresses(letter: ParsedMail, wrote: MailWriter) -> list[str]:
    return [one for one in (letter.sender, wrote.to.address) if one]


async def _answered(
    conn: Connection, thread: Sequence[str], addresses: Sequence[str]
) -> list[tuple[int, bool]]:
    """Return the records of the mails it answers, the nearest first.

    Each comes with whether its id is known only to people who have one of the addresses.
    """
    if not thread:
        return []
    found: dict[str, tuple[int, bool]] = {}
    notices = {
        one: UUID(own[0].partition("@")[0])
        for one in thread
        if (own := OWN_ID.fullmatch(one.lower())) is not None
    }
    by_hash = {id_hash(one): one for one in thread}
    for row in await conn.fetch(BY_MAILS, list(by_hash), addresses):
        answered = by_hash[row["id_hash"]]
        found[answered] = (
            row["incident_id"],
            row["theirs"] and GUESSABLE_ID.fullmatch(answered) is None,
        )
    if notices:
        rows = await conn.fetch(BY_NOTICES, list(notices.values()), addresses)
        told = {row["id"]: (row["incident_id"], row["theirs"]) for row in rows}
        found |= {one: told[notice] for one, notice in notices.items() if notice in told}
    return list(dict.fromkeys(found[one] for one in thread if one in found))


async def _takes_part(
    conn: Connection, incident: Incident, letter: ParsedMail, wrote: MailWriter
) -> bool:
    if wrote.person is not None and incident.security and wrote.staff is None:
        return False
    if wrote.person is not None and may(wrote.person, Action.NOTE, incident) == ALLOWED:
        return True
    addresses = _addresses(letter, wrote)
    if incident.contact.lower() in addresses:
        return True
    return bool(addresses) and bool(await conn.fetchval(TAKES_PART, incident.id, addresses))
