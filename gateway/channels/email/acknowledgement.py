"""The acknowledgement of a mail, with the number of its record.

It is queued in the transaction that opens the record.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from gateway.channels.email.correspondent import Correspondent, is_answered
from gateway.channels.email.parsing.letter import ParsedMail, id_hash
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.record import Incident, Notice
from gateway.operations.unit_of_work import Transaction

HOUR = timedelta(hours=1)
SAFE_ID = re.compile(r"[!-;=?-~]{3,900}")
"""Message-IDs that are safe to put into a header of an outbound mail."""


@dataclass(frozen=True, slots=True)
class MailAcknowledger:
    """A sender of acknowledgements, at most `per_hour` to one address; none at 0."""

    per_hour: int

    async def __call__(
        self, tx: Transaction, letter: ParsedMail, to: Correspondent, incident: Incident
    ) -> str | None:
        """Queue an acknowledgement and return its address, None where none is due.

        None is sent in answer to a program or a mailing list, or what may be one, and only so
        many to one address in an hour, so that two programs never keep answering each other.
        """
        if not self.per_hour or not to.address or not is_answered(letter, to):
            return None
        await tx.conn.execute(TURN, to.address)
        if await tx.conn.fetchval(ACKNOWLEDGED, to.address, tx.now - HOUR) >= self.per_hour:
            return None
        locale = incident.labels["language"]
        notice = acknowledgement(
            letter, incident, to.address, locale if locale in LOCALES else "en"
        )
        await queue_notices(tx.conn, [(incident.id, notice)], tx.now)
        return to.address


def acknowledgement(letter: ParsedMail, incident: Incident, address: str, locale: Locale) -> Notice:
    """Return the acknowledgement, in the thread of the mail it answers.

    Mail programs build threads by ids, some by the subject as well.
    """
    subject = (
        letter.subject
        if letter.subject.lower().startswith("re:")
        else f"Re: {letter.subject or incident.title}"
    )
    facts = {
        "number": incident.number,
        "title": incident.title,
        "locale": locale,
        "subject": subject,
    }
    if SAFE_ID.fullmatch(letter.message_id):
        facts["answers"] = letter.message_id
    return Notice(
        cause=f"mail:{id_hash(letter.known_by).hex()}",
        target=f"smtp:{address}",
        role="reporter",
        template="received",
        facts=facts,
    )


TURN = "SELECT pg_advisory_xact_lock(hashtextextended('mail to ' || $1, 0))"
"""A lock by which mails of one address are acknowledged one by one, so that the count is right."""

ACKNOWLEDGED = "SELECT count(*) FROM mail WHERE acknowledged = $1 AND received_at > $2"
