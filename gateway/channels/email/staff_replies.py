"""Replies by mail in which staff act on a record, each answered with what came of it.

Only staff whose address is authenticated act, and only by an answer to a mail about the record.
"""

from dataclasses import dataclass

from gateway.access.principal import Principal
from gateway.channels.email.correspondent import is_answered
from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.parsing.reply import parse_reply
from gateway.channels.email.reply_answers import (
    ONCE,
    REFUSALS,
    answer_text,
    refusal_words,
    send_answer,
)
from gateway.channels.email.reply_commands import ReplyCommand, ReplyWord, read_reply_command
from gateway.channels.email.threads import FoundRecord
from gateway.channels.email.writer import MailWriter
from gateway.errors import NotFound
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.record import Incident
from gateway.operations.actions.act import execute_command
from gateway.operations.actions.origin import ActionOrigin
from gateway.operations.unit_of_work import Transaction

VIA = "mail"
"""The word of the timeline for what was done by a reply."""

ZONE = "SELECT zone FROM person WHERE login = $1"


@dataclass(frozen=True, slots=True)
class StaffReply:
    """A reply by a member of staff whose address is authenticated, and what it asks for.

    `asked` is None for words that are no command.
    """

    letter: ParsedMail
    who: Principal
    locale: Locale
    found: FoundRecord
    asked: ReplyCommand | None


def read_staff_reply(
    letter: ParsedMail, wrote: MailWriter, found: FoundRecord | None
) -> StaffReply | None:
    """Return the reply, None for one that may not act: of somebody else, or of a program."""
    if found is None or not found.proven or wrote.staff is None:
        return None
    if not is_answered(letter, wrote.to):
        return None
    known = f"{found.incident.title}\n{found.incident.description}"
    new = parse_reply(letter.text, known, {letter.sender, wrote.to.address, *letter.reply_to}).new
    locale: Locale = next((one for one in LOCALES if one == wrote.locale), "en")
    return StaffReply(letter, wrote.staff, locale, found, read_reply_command(new))


async def execute_reply(tx: Transaction, reply: StaffReply) -> Incident | None:
    """Do what the reply asks for, and answer it; return the record, None where nothing was done.

    The words of a reply that did nothing are for the caller to keep.
    """
    incident, asked = reply.found.incident, reply.asked
    command = None if asked is None else asked.command()
    if asked is None or command is None:
        if reply.found.told_at is not None or asked is not None:
            await _help(tx, reply)
        return None
    told_at = None if asked.word is ReplyWord.NOTE else reply.found.told_at
    origin = ActionOrigin(VIA, told_at=told_at)
    try:
        after = await execute_command(tx, incident.number, command, reply.who, origin=origin)
    except NotFound:
        return None
    except REFUSALS as error:
        zone = await tx.conn.fetchval(ZONE, reply.who.name)
        await _answer(tx, reply, refusal_words(error, incident, reply.locale, zone))
        return None
    await _answer(tx, reply, answer_text(asked.word, reply.locale, number=incident.number), after)
    return after


async def _answer(
    tx: Transaction, reply: StaffReply, text: str, after: Incident | None = None
) -> None:
    incident = after or reply.found.incident
    await send_answer(tx, reply.letter, incident, reply.who, reply.locale, text)


async def _help(tx: Transaction, reply: StaffReply) -> None:
    """Send the help, once for the record and the person."""
    incident = reply.found.incident
    text = answer_text("help", reply.locale, number=incident.number)
    await send_answer(tx, reply.letter, incident, reply.who, reply.locale, text, cause=ONCE)
