"""The handler of telephone events, which become records or entries in them.

The call, its record and the receipt are written in one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from gateway.channels import report_service
from gateway.channels.phone import notes
from gateway.channels.phone import store as calls
from gateway.channels.phone.call import Call, CallEvent, merge_event
from gateway.channels.phone.evaluation import CallEffect, evaluate
from gateway.channels.phone.menu import HotlineSettings, line_of
from gateway.channels.phone.numbers import is_one_telephone
from gateway.channels.phone.posted import (
    SOURCE,
    IgnoredPhoneEvent,
    PhoneEvent,
    PhoneRequest,
    TextMessage,
)
from gateway.channels.phone.reply_handler import SmsReplyHandler
from gateway.channels.phone.store import StoredCall
from gateway.channels.phone.words import record_text
from gateway.channels.report_service import ReportOutcome, ReportService
from gateway.channels.speakers import find_by_phone
from gateway.incidents import commands, lifecycle
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.record import Incident
from gateway.ingest.reading.limits import DESCRIPTION, KEY, TITLE, cut
from gateway.operations.create import LATE_ENTRY, NewReport
from gateway.operations.placement import correlate_again
from gateway.operations.unit_of_work import Transaction
from gateway.receipts.submission import ItemResult, Receipt, Submission
from gateway.settings import Phone
from gateway.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class CallHandler:
    """A handler of events of telephone systems."""

    report_service: ReportService
    phone: Phone

    async def __call__(
        self, told: PhoneEvent, submission: Submission, spoken: Locale | None = None
    ) -> Receipt:
        """Write an event to its call and record, and return the committed receipt.

        An event received before changes nothing. `spoken` is the language that the caller chose.
        Raises Unavailable, like ReportService.take.
        """

        async def work(tx: Transaction) -> ReportOutcome | ItemResult:
            match told:
                case CallEvent():
                    return await self.call(tx, submission.integration_id, told, spoken)
                case TextMessage():
                    return await self._message(tx, submission.integration_id, told)
                case IgnoredPhoneEvent(reason=reason):
                    return ReportOutcome("", None, Outcome.IGNORED, reason)

        return await self.report_service.take(submission, work)

    async def call(
        self, tx: Transaction, integration_id: int, event: CallEvent, spoken: Locale | None = None
    ) -> ReportOutcome:
        """Merge an event into its call and write what follows from it to the record."""
        kept = await calls.lock(tx.conn, integration_id, event.provider, event.call_id, tx.now)
        after = merge_event(kept.call, event)
        line = line_of(self.phone, after.called)
        meaning = evaluate(
            kept.call, after, filed=kept.incident_id is not None, hotline=line.hotline
        )
        fresh = replace(kept, call=after)
        incident, outcome, reason = None, Outcome.IGNORED, meaning.value
        if meaning is CallEffect.NEWS:
            incident, outcome = await _note_later_events(tx, kept, after, spoken), Outcome.ADDED
        elif meaning in (CallEffect.REPORT, CallEffect.MISSED):
            fresh, incident = await self._reported(
                tx, fresh, line, spoken, missed=meaning is CallEffect.MISSED
            )
            outcome = Outcome.OPENED if fresh.opened else Outcome.ADDED
            reason = meaning.value if fresh.opened else "called again"
        await calls.save(tx.conn, fresh, tx.now)
        return ReportOutcome(f"{event.provider}:{event.call_id}"[:KEY], incident, outcome, reason)

    async def _reported(
        self,
        tx: Transaction,
        kept: StoredCall,
        line: HotlineSettings,
        spoken: Locale | None,
        *,
        missed: bool,
    ) -> tuple[StoredCall, Incident]:
        """Return the call with its record: an open one of the same number, or a new one.

        A missed call joins records of missed calls only.
        """
        call = kept.call
        who, chosen, name = await find_by_phone(tx.conn, call.caller)
        locale = spoken or locale_of(chosen, line)
        if earlier := await self._open(tx, call.caller, missed=missed):
            text = notes.note("again", _BLANK, call, _language(earlier))
            return replace(kept, incident_id=earlier.id), await _noted(
                tx, earlier, text, who.name, {"call": notes.facts(call)}
            )
        named = call if not name else replace(call, caller_name=name)
        report = NewReport(
            title=notes.title(named, locale, missed=missed),
            source=SOURCE,
            description=cut("\n".join(call.transcripts), DESCRIPTION),
            impact=line.impact,
            urgency=line.urgency,
            service=line.service,
            contact=call.caller,
            contact_name=named.caller_name,
            labels={"language": locale} | ({"call": notes.MISSED} if missed else {}),
            occurred_at=_occurred(call, tx.now),
        )
        opened = await report_service.open_report(tx, report, who, {"call": notes.facts(call)})
        return replace(kept, incident_id=opened.id, opened=True), opened

    async def _open(self, tx: Transaction, number: str, *, missed: bool = False) -> Incident | None:
        if not is_one_telephone(number):
            return None
        return await calls.open_record(
            tx.conn, number, tx.now - self.phone.called_again_within, missed=missed
        )

    async def _message(
        self, tx: Transaction, integration_id: int, message: TextMessage
    ) -> ReportOutcome:
        """Handle a text message.

        It is stored as calls are, so that one sent again after years is recognised.
        """
        kept = await calls.lock(
            tx.conn, integration_id, message.provider, message.message_id, tx.now
        )
        if kept.incident_id is not None:
            return ReportOutcome(
                f"{message.provider}:{message.message_id}"[:KEY],
                None,
                Outcome.IGNORED,
                "filed before",
            )
        done = await self._replied(tx, message) or await self._said(tx, message)
        if done.incident is not None:
            told = replace(kept.call, caller=message.sender, called=message.receiver)
            opened = done.outcome is Outcome.OPENED
            await calls.save(
                tx.conn,
                replace(kept, call=told, incident_id=done.incident.id, opened=opened),
                tx.now,
            )
        return done

    async def _replied(self, tx: Transaction, message: TextMessage) -> ReportOutcome | None:
        """Return what became of a reply; only one that its carrier signed is taken for one."""
        if not self.phone.provider(message.provider).secrets:
            return None
        return await SmsReplyHandler(tx, message).answered()

    async def _said(self, tx: Transaction, message: TextMessage) -> ReportOutcome:
        """Open a record for a text message, or add a note to the open record of its sender."""
        who, chosen, name = await find_by_phone(tx.conn, message.sender)
        line = line_of(self.phone, message.receiver)
        locale = locale_of(chosen, line)
        text, said = notes.message_note(message, locale), {"message": message.message_id}
        key = f"{message.provider}:{message.message_id}"[:KEY]
        if earlier := await self._open(tx, message.sender):
            return ReportOutcome(
                key,
                await _noted(tx, earlier, text, who.name, said),
                Outcome.ADDED,
                "another message",
            )
        first = message.text.partition("\n")[0].strip()
        report = NewReport(
            title=cut(
                first
                or record_text(
                    "message", locale, caller=message.sender or record_text("withheld", locale)
                ),
                TITLE,
            ),
            source=SOURCE,
            description=text,
            impact=line.impact,
            urgency=line.urgency,
            service=line.service,
            contact=message.sender,
            contact_name=name,
            labels={"language": locale},
        )
        opened = await report_service.open_report(tx, report, who, said)
        return ReportOutcome(key, opened, report_service.outcome_of(opened), "report")


_BLANK = Call(provider="", call_id="")


def locale_of(chosen: str | None, line: HotlineSettings) -> Locale:
    """Return the language that a person chose in the directory, else the first of the line's."""
    return next((one for one in LOCALES if one == chosen), line.locales[0])


def _language(incident: Incident) -> Locale:
    return next((one for one in LOCALES if one == incident.labels.get("language")), "en")


def _occurred(call: Call, now: datetime) -> datetime | None:
    """Return when the call began, None if that is further back than a record may be dated."""
    began = call.started_at
    return None if began is None or not now - LATE_ENTRY <= began <= now else began


async def _noted(
    tx: Transaction, incident: Incident, text: str, actor: str, said: Mapping[str, Any]
) -> Incident:
    revision = lifecycle.apply_command(incident, commands.Note(note=text), actor, tx.now)
    events = tuple((event, {**facts, **said}) for event, facts in revision.events)
    return (await tx.write([replace(revision, events=events)]))[0]


async def _note_later_events(
    tx: Transaction, kept: StoredCall, after: Call, spoken: Locale | None
) -> Incident | None:
    """Note later events in the call's record and return it.

    If the call opened the record, missing fields are filled in.
    """
    found = await tx.locked([kept.incident_id] if kept.incident_id is not None else [])
    for incident in found:
        text = notes.note("update", kept.call, after, spoken or _language(incident))
        revision = lifecycle.apply_command(
            incident, commands.Note(note=text), after.caller or SOURCE, tx.now
        )
        events = tuple(
            (event, {**facts, "call": notes.facts(after)}) for event, facts in revision.events
        )
        revision = replace(revision, events=events)
        if not kept.opened:
            return (await tx.write([revision]))[0]
        written = await tx.write(
            [notes.complete_revision(kept.call, after, revision, _language(incident))]
        )
        return (
            await correlate_again(tx, written[0])
            if after.transcripts != kept.call.transcripts
            else written[0]
        )
    return None


def delivery_id(told: PhoneEvent, posted: PhoneRequest) -> str:
    """Return the name by which the same event sent again is recognised."""
    match told:
        case CallEvent():
            known = sha256(posted.asked.encode() + b"\0" + posted.body).hexdigest()
            return f"phone:{told.provider}:{posted.event}:{told.call_id}:{known}"
        case TextMessage():
            return f"phone:{told.provider}:message:{told.message_id}"
        case IgnoredPhoneEvent():
            return f"phone:nothing:{sha256(posted.content).hexdigest()}"
