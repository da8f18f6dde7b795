"""What people write becomes a record or an entry in one: everything a letter does, and its receipt, in one transaction."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from gateway.db.pool import Connection
from gateway.dedup.submission import Receipt, Result, Submission
from gateway.errors import TooLarge
from gateway.incidents import commands, lifecycle
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.model import Outcome, State
from gateway.incidents.record import Incident, Notice, Revision
from gateway.ingest import reception
from gateway.ingest.answers import answered
from gateway.ingest.limits import DESCRIPTION, KEY, TITLE, cut
from gateway.ingest.mail.letter import Enclosed, Letter, Nature, id_hash
from gateway.ingest.mail.reply import stripped
from gateway.ingest.mail.rules import Match, filled
from gateway.ingest.mail.sorting import language
from gateway.ingest.mail.threads import belongs_to
from gateway.ingest.reception import Done, Reception
from gateway.ingest.speakers import by_email
from gateway.notify import outbox
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.attach import Filing as Files
from gateway.operations.attach import Waiting
from gateway.operations.create import Report
from gateway.operations.desk import Session
from gateway.operations.who import Who
from gateway.settings import Mail

SOURCE = "email"
ENDED = frozenset({State.CLOSED, State.REJECTED})
HOUR = timedelta(hours=1)
SAFE_ID = re.compile(r"[!-;=?-~]{3,900}")
"""Message-IDs that may stand in a header of ours."""

Events = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Filing:
    """Files letters. `sender` is the address that the gateway sends from, "" where it sends none."""

    reception: Reception
    files: Files
    tokens: ReplyTokens
    mail: Mail
    sender: str

    async def __call__(self, letter: Letter, submission: Submission, match: Match | None) -> Receipt:
        """The committed receipt; a letter received before changes nothing. Raises Unavailable, as Reception.take."""

        async def work(session: Session) -> Done | Result:
            for one in waiting:
                one.taken = False
            if before := await _filed(session.conn, letter, submission.integration_id):
                return before
            incident, outcome, reason = await self._filed_now(session, letter, match, waiting)
            acknowledged = await self._acknowledge(session, letter, incident) if outcome is Outcome.OPENED else None
            await _remember(session, letter, submission.integration_id, incident, acknowledged)
            return Done(letter.known_by[:KEY], incident, outcome, reason)

        async with self.files.holding([(one.name, one.content) for one in letter.enclosed if one.content is not None]) as waiting:
            return await self.reception.take(submission, work)

    async def _filed_now(
        self, session: Session, letter: Letter, match: Match | None, waiting: Sequence[Waiting]
    ) -> tuple[Incident, Outcome, str]:
        who, locale = await by_email(session.conn, letter.sender)
        earlier = await belongs_to(session.conn, self.tokens, letter, who, self.sender.rpartition("@")[2].lower())
        if earlier is not None and earlier.state not in ENDED:
            return await self._added(session, letter, who, earlier, waiting), Outcome.ADDED, "reply"
        report = self._report(letter, match, locale)
        opened = await reception.opened(session, report, who, {"mail": letter.known_by[:KEY]}, earlier)
        files = await self._files(session, letter.enclosed, opened, who, waiting)
        if files:
            opened = (await session.write([Revision(after=opened, actor=who.name, events=files)]))[0]
        return opened, Outcome.OPENED, "follows what has ended" if earlier else "report"

    async def _added(
        self, session: Session, letter: Letter, who: Who, incident: Incident, waiting: Sequence[Waiting]
    ) -> Incident:
        """A reply: a note with what is new in it, its files, and what it does to the record."""
        said = stripped(letter.text)
        note = commands.Note(note=cut(said or letter.subject or "-", DESCRIPTION))
        revision = lifecycle.apply(incident, note, who.name, session.now)
        events = [(event, {**facts, "mail": letter.known_by[:KEY]}) for event, facts in revision.events]
        files = await self._files(session, letter.enclosed, incident, who, waiting)
        (noted,) = await session.write([replace(revision, events=(*events, *files))])
        return await answered(session, noted, who, said, by_person=letter.nature is Nature.PERSON)

    def _report(self, letter: Letter, match: Match | None, locale: str | None) -> Report:
        rule, found = (match.rule, match.found) if match else (None, {})
        first_line = letter.text.partition("\n")[0].strip()
        return Report(
            title=cut(letter.subject or first_line or "(no subject)", TITLE),
            source=SOURCE,
            description=cut(letter.text, DESCRIPTION),
            impact=(rule and rule.impact) or self.mail.impact,
            urgency=(rule and rule.urgency) or self.mail.urgency,
            service=cut((filled(rule.service, found) if rule else "") or self.mail.service, KEY),
            ci=cut(filled(rule.ci, found), KEY) if rule else "",
            contact=letter.sender,
            contact_name=letter.sender_name,
            labels={"language": locale or language(letter)},
        )

    async def _files(
        self, session: Session, enclosed: Sequence[Enclosed], incident: Incident, who: Who, waiting: Sequence[Waiting]
    ) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Files kept with the record, and what could not be: a mail is never refused for a file."""
        held = iter(waiting)
        return tuple(
            [await self._file(session, one, incident, who, None if one.content is None else next(held)) for one in enclosed]
        )

    async def _file(
        self, session: Session, file: Enclosed, incident: Incident, who: Who, held: Waiting | None
    ) -> tuple[str, Mapping[str, Any]]:
        reason = "larger than a file may be, or one too many"
        if held is not None:
            try:
                return "attached", await self.files.take(session, incident, held, who)
            except TooLarge as error:
                reason = error.detail
        return "not_attached", {"name": file.name, "size": file.size, "reason": reason}

    async def _acknowledge(self, session: Session, letter: Letter, incident: Incident) -> str | None:
        """Owe the sender an answer with the number, and give the address it goes to; None where none is due.

        None to what a machine, a list or a program for somebody absent sent, and only so many to one address in an hour, so
        that two programs never talk to each other.
        """
        address = letter.reply_to or letter.sender
        if not (self.sender and self.mail.acknowledge and address) or letter.nature is not Nature.PERSON:
            return None
        await session.conn.execute(TURN, address)
        recent = await session.conn.fetchval(ACKNOWLEDGED, address, session.now - HOUR)
        if recent >= self.mail.acknowledgements_per_hour:
            return None
        locale = incident.labels["language"]
        notice = acknowledgement(letter, incident, address, locale if locale in LOCALES else "en")
        await outbox.put(session.conn, [(incident.id, notice)], session.now)
        return address


def acknowledgement(letter: Letter, incident: Incident, address: str, locale: Locale) -> Notice:
    """The answer in the thread of the letter: mail programs keep one by its ids, some by its subject as well."""
    subject = letter.subject if letter.subject.lower().startswith("re:") else f"Re: {letter.subject or incident.title}"
    facts = {"number": incident.number, "title": incident.title, "locale": locale, "subject": subject}
    if SAFE_ID.fullmatch(letter.message_id):
        facts["answers"] = letter.message_id
    return Notice(cause=f"mail:{id_hash(letter.known_by).hex()}", target=f"smtp:{address}", role="reporter", template="received",
                  facts=facts)  # fmt: skip


TURN = "SELECT pg_advisory_xact_lock(hashtextextended('mail to ' || $1, 0))"
"""Letters of one sender are answered one after the other, so that their count is true."""

ACKNOWLEDGED = "SELECT count(*) FROM mail WHERE acknowledged = $1 AND received_at > $2"

FILED = """
SELECT i.number FROM mail m JOIN incident i ON i.id = m.incident_id
WHERE m.id_hash = $1 AND m.integration_id = $2 AND m.content_hash = $3
"""


async def _filed(conn: Connection, letter: Letter, integration_id: int) -> Result | None:
    """What a letter became that was filed longer ago than deliveries are remembered."""
    number = await conn.fetchval(FILED, id_hash(letter.known_by), integration_id, letter.copy_hash)
    return None if number is None else Result(letter.known_by[:KEY], number, Outcome.DUPLICATE, "filed before")


REMEMBER = """
INSERT INTO mail (id_hash, integration_id, content_hash, incident_id, people, acknowledged, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def _remember(session: Session, letter: Letter, integration_id: int, incident: Incident, acknowledged: str | None) -> None:
    people = [one for one in dict.fromkeys((letter.sender, letter.reply_to, *letter.people)) if one and "gwk_" not in one]
    key = id_hash(letter.known_by), integration_id, letter.copy_hash
    await session.conn.execute(REMEMBER, *key, incident.id, people, acknowledged, session.now)
