"""Replies by text message: the person who was told of a record takes it on, or cannot.

A reply counts if its carrier signed it and its number is one person's; it acts on the record as
it was when the message was made. The answer goes out as a text message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from gateway.access.permissions import visibility_of
from gateway.access.principal import Principal
from gateway.channels.phone import sms_senders
from gateway.channels.phone.posted import SOURCE, TextMessage
from gateway.channels.phone.reply_words import STALE, reply_text
from gateway.channels.phone.sms_replies import ReplyKind, SmsReply, read_reply, reply_code
from gateway.channels.report_service import ReportOutcome
from gateway.channels.speakers import find_by_phone
from gateway.errors import Conflict, Forbidden, IllegalTransition, NotFound, Unprocessable
from gateway.incidents import commands, lifecycle
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.labels import LOCALES, Locale, state_label
from gateway.incidents.record import Incident, Notice
from gateway.incidents.staleness import StaleAction
from gateway.notify.texts.templates import Template
from gateway.operations.actions.act import execute_command
from gateway.operations.actions.origin import ActionOrigin
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import Outcome

VIA = "sms"
REPLY = f"{SOURCE}:reply:"
"""The beginning of the names of replies in receipts."""

WITHIN = timedelta(days=1)
"""The age up to which a message can be replied to."""

MOST_LISTED = 5

TOLD = """
SELECT o.id, o.incident_id, i.number, o.created_at,
  (SELECT max(t.seq) FROM timeline t
   WHERE t.incident_id = o.incident_id AND t.at <= o.created_at) AS seen
FROM outbox o JOIN incident i ON i.id = o.incident_id
WHERE o.recipient = $1 AND o.channel IN ('sms', 'person') AND o.template <> 'chat'
  AND o.reached IN ('', 'sms:' || $1) AND (o.state = 'sent' OR o.attempts > 0)
  AND o.state <> 'dead' AND o.created_at > $2
  AND may_see(i.security, i.recorded_by, i.owner, i.contact, $3, $4, $5)
ORDER BY o.created_at DESC, o.id LIMIT 200
"""
"""The messages about records that a person may see which they were sent, or may have been.

A delivery may not be settled yet.
"""


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message to a person: its record, and the version of it that the message is about."""

    id: UUID
    incident_id: int
    number: str
    seen: int


@dataclass(frozen=True, slots=True)
class SmsReplyHandler:
    """The handler of one reply, in a transaction."""

    tx: Transaction
    message: TextMessage

    async def answered(self) -> ReportOutcome | None:
        """Return what became of a reply, None for a text that is none."""
        reply = read_reply(self.message.text)
        if reply is None or not self.message.sender:
            return None
        if reply.kind is ReplyKind.STOP:
            await sms_senders.refuse_messages(self.tx.conn, self.message.sender, self.tx.now)
            return self._outcome(Outcome.IGNORED, "refuses text messages")
        who, chosen, name = await find_by_phone(self.tx.conn, self.message.sender)
        if not name:
            return None
        locale: Locale = next((one for one in LOCALES if one == chosen), "en")
        return await self._of_person(who, locale, reply)

    async def _of_person(
        self, who: Principal, locale: Locale, reply: SmsReply
    ) -> ReportOutcome | None:
        if reply.kind is ReplyKind.START:
            await sms_senders.allow_messages(self.tx.conn, self.message.sender)
            return await self._say(who, locale, "started", Outcome.IGNORED)
        if reply.kind is ReplyKind.HELP:
            return await self._help(who, locale)
        told = await _told(self.tx, who, self.tx.now - WITHIN)
        if reply.kind is ReplyKind.UNKNOWN:
            return await self._unknown(who, locale, told)
        return await self._acted(who, locale, reply, told)

    async def _unknown(
        self, who: Principal, locale: Locale, told: Sequence[ToldMessage]
    ) -> ReportOutcome | None:
        """Note what was written in the newest record that they were told of, and help them.

        It is a report where there is none, or they may not write there.
        """
        if not told:
            return None
        note = commands.Note(note=self.message.text)
        try:
            noted = await execute_command(
                self.tx, told[0].number, note, who, origin=ActionOrigin(VIA)
            )
        except (Forbidden, NotFound, IllegalTransition, Unprocessable):
            return None
        helped = await self._help(who, locale)
        return replace(helped, incident=noted, outcome=Outcome.ADDED)

    async def _help(self, who: Principal, locale: Locale) -> ReportOutcome:
        if await sms_senders.may_help(self.tx.conn, self.message.sender, self.tx.now):
            return await self._say(who, locale, "help", Outcome.IGNORED)
        return self._outcome(Outcome.IGNORED, "helped before")

    async def _acted(
        self, who: Principal, locale: Locale, reply: SmsReply, told: Sequence[ToldMessage]
    ) -> ReportOutcome | None:
        if reply.code or reply.number:
            named = [one for one in told if reply.code in ("", reply_code(one.id))]
            named = [one for one in named if reply.number in ("", one.number)]
            if not named:
                return await self._say(who, locale, "no_code", Outcome.IGNORED)
        elif told:
            named = await self._waiting(told)
            if not named:
                return await self._say(who, locale, "none", Outcome.IGNORED)
        else:
            return None
        if len({one.incident_id for one in named}) > 1:
            listed = "\n".join(f"{reply_code(one.id)} {one.number}" for one in named[:MOST_LISTED])
            return await self._say(who, locale, "which", Outcome.IGNORED, listed=listed)
        return await self._act(who, locale, reply, named[0])

    async def _waiting(self, told: Sequence[ToldMessage]) -> list[ToldMessage]:
        """Return the newest message of each record that nobody has taken yet."""
        newest = {one.incident_id: one for one in reversed(told)}
        found = await self.tx.locked(sorted(newest))
        waiting = {one.id for one in found if lifecycle.is_acknowledgeable(one)}
        return [one for one in newest.values() if one.incident_id in waiting]

    async def _act(
        self, who: Principal, locale: Locale, reply: SmsReply, told: ToldMessage
    ) -> ReportOutcome:
        """Do what the reply asks for, or say why it is not done; then nothing is written."""
        declines = reply.kind is ReplyKind.DECLINE
        command: commands.Command = (
            commands.Decline(reason=reply.note)
            if declines
            else commands.Acknowledge(note=reply.note)
        )
        origin = ActionOrigin(VIA, told.seen)
        try:
            done = await execute_command(self.tx, told.number, command, who, origin=origin)
        except StaleAction as error:
            word, by = STALE[error.stale.reason], error.stale.by
            return await self._say(who, locale, word, Outcome.STALE, number=told.number, handler=by)
        except IllegalTransition:
            return await self._impossible(who, locale, told)
        except Conflict as error:
            handler = error.facts.get("already_acked_by", "")
            word = "other" if handler else "refused"
            return await self._say(
                who, locale, word, Outcome.IGNORED, number=told.number, handler=handler
            )
        except (Forbidden, NotFound, Unprocessable):
            return await self._say(who, locale, "refused", Outcome.IGNORED, number=told.number)
        word, outcome = ("declined", Outcome.ADDED) if declines else ("taken", Outcome.ACKNOWLEDGED)
        return await self._say(
            who, locale, word, outcome, done, number=done.number, title=done.title
        )

    async def _impossible(self, who: Principal, locale: Locale, told: ToldMessage) -> ReportOutcome:
        (incident,) = await self.tx.locked([told.incident_id])
        state = state_label(incident.state, incident.kind, locale)
        return await self._say(
            who, locale, "impossible", Outcome.IGNORED, number=told.number, state=state
        )

    async def _say(
        self,
        who: Principal,
        locale: Locale,
        word: str,
        outcome: Outcome,
        incident: Incident | None = None,
        **facts: object,
    ) -> ReportOutcome:
        """Queue the answer, and return the outcome with its name as the reason."""
        cause = f"reply:{self.message.provider}:{self.message.message_id}"
        said = {"text": reply_text(word, locale, **facts), "locale": locale}
        notice = Notice(
            cause=cause, target=f"sms:{who.name}", role="", template=Template.CHAT, facts=said
        )
        await queue_notices(self.tx.conn, [(None, notice)], self.tx.now)
        return self._outcome(outcome, word, incident)

    def _outcome(
        self, outcome: Outcome, reason: str, incident: Incident | None = None
    ) -> ReportOutcome:
        return ReportOutcome(f"{REPLY}{self.message.message_id}", incident, outcome, reason)


async def _told(tx: Transaction, who: Principal, since: datetime) -> list[ToldMessage]:
    rows = await tx.conn.fetch(TOLD, who.name, since, *visibility_of(who).parameters())
    return [
        ToldMessage(row["id"], row["incident_id"], row["number"], row["seen"] or 0) for row in rows
    ]
