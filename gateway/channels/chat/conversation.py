"""The handling of one chat message, which becomes a record, a note, an action or an answer."""

from dataclasses import dataclass, replace

from gateway.access.permissions import ALLOWED, Action, may, visibility_of
from gateway.channels import report_service
from gateway.channels.chat import actions
from gateway.channels.chat.commands import (
    ActionCommand,
    ChatCommand,
    HelpCommand,
    LinkCommand,
    NoteCommand,
    ReportCommand,
    StatusCommand,
    parse_command,
)
from gateway.channels.chat.contract import ChatMessage, ChatSettings
from gateway.channels.chat.linking import link_account
from gateway.channels.chat.replies import ChatResult, ignored
from gateway.channels.chat.speakers import ChatSpeaker
from gateway.channels.chat.words import say
from gateway.incidents import commands, lifecycle
from gateway.incidents.record import Incident
from gateway.ingest.reading.limits import DESCRIPTION, KEY, TITLE, cut
from gateway.notify import chat_messages
from gateway.notify.chat_messages import ChatMessageRef
from gateway.operations.create import NewReport
from gateway.operations.reporter import answers
from gateway.operations.unit_of_work import Transaction
from gateway.vocabulary import Outcome, State

ENDED = frozenset({State.CLOSED, State.REJECTED})

NOT_ADDRESSED = "said among people"
"""The reason for ignoring a message that was not for the gateway; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class ChatConversation:
    """One chat message, in the transaction in which it is handled."""

    tx: Transaction
    provider: str
    talk: ChatMessage
    speaker: ChatSpeaker
    chat: ChatSettings

    async def answered(self) -> ChatResult:
        """Handle the message and return the result."""
        thread = await self._thread()
        wanted = parse_command(self.talk.text, in_thread=thread is not None)
        if self.talk.addressed:
            return await self._done(wanted, thread)
        if thread is None or thread.state in ENDED or isinstance(wanted, HelpCommand):
            return ignored(NOT_ADDRESSED)
        if isinstance(wanted, ActionCommand | StatusCommand):
            return await self._done(wanted, thread)
        return await self._noted(thread, self.talk.text)

    async def _done(self, wanted: ChatCommand, thread: Incident | None) -> ChatResult:  # noqa: PLR0911 - one arm for each command
        locale = self.speaker.locale
        match wanted:
            case ReportCommand(plainly=True) if thread is not None and thread.state not in ENDED:
                return await self._noted(thread, self.talk.text)
            case ReportCommand(text=text, plainly=plainly):
                return await self._opened(text, thread if plainly else None)
            case ActionCommand(number=number, action=action, note=note):
                number = number or (thread.number if thread is not None else "")
                if not number:
                    return ignored("no record named", "which", locale)
                return await actions.act_by_number(self.tx, number, action, note, self.speaker)
            case StatusCommand(number=number):
                return await self._standing(number, thread)
            case NoteCommand(number=number, note=note):
                return await self._added(number, note)
            case LinkCommand(code=code):
                return await link_account(self.tx, self.provider, self.talk, code, self.speaker)
            case HelpCommand():
                return ignored("asked for help", "help", locale)

    async def _thread(self) -> Incident | None:
        """Return the record whose thread the message is in, locked."""
        if not self.talk.thread:
            return None
        incident_id = await chat_messages.record_of(self.tx.conn, self._place(self.talk.thread))
        found = await self.tx.locked([incident_id]) if incident_id is not None else []
        return found[0] if found else None

    def _place(self, message: str) -> ChatMessageRef:
        return ChatMessageRef(self.provider, self.talk.conversation, message)

    async def _opened(self, text: str, earlier: Incident | None) -> ChatResult:
        speaks, talk = self.speaker, self.talk
        title = next((line.strip() for line in text.splitlines() if line.strip()), text)
        report = NewReport(
            title=cut(title, TITLE),
            source=self.provider,
            description=cut(text, DESCRIPTION),
            impact=self.chat.impact,
            urgency=self.chat.urgency,
            service=cut(self.chat.service, KEY),
            contact=speaks.who.contact,
            contact_name=speaks.name or cut(talk.user_name, KEY),
            labels={"language": speaks.locale},
        )
        opened = await report_service.open_report(
            self.tx, report, speaks.who, {"chat": self._said()}, earlier
        )
        if talk.message:
            await chat_messages.store_message(
                self.tx.conn, self._place(talk.message), opened.id, speaks.locale, self.tx.now
            )
        words = say(
            "follows" if earlier else "opened",
            speaks.locale,
            number=opened.number,
            earlier=earlier and earlier.number,
        )
        return ChatResult(
            Outcome.OPENED,
            "follows what has ended" if earlier else "report",
            words,
            opened,
            card=True,
        )

    async def _added(self, number: str, note: str) -> ChatResult:
        """Add a note to the record with this number.

        Outside the record's thread the writer's roles must allow notes.
        """
        locale, incident = (
            self.speaker.locale,
            await actions.find_visible(self.tx, number, self.speaker),
        )
        if incident is None:
            return ignored("no such record", "no_record", locale)
        if may(self.speaker.who, Action.NOTE, incident) != ALLOWED:
            return ignored("may not add to it", "forbidden", locale, number=number)
        return await self._noted(incident, note)

    async def _noted(self, incident: Incident, text: str) -> ChatResult:
        """Add a note by the writer: everybody in the conversation may, in the record's thread."""
        note = commands.Note(note=cut(text, DESCRIPTION))
        revision = lifecycle.apply_command(incident, note, self.speaker.who.name, self.tx.now)
        events = [(event, {**facts, "chat": self._said()}) for event, facts in revision.events]
        written = (await self.tx.write([replace(revision, events=tuple(events))]))[0]
        said = answers.ReporterAnswer(text, text, seen=True)
        left = await answers.apply_answer(self.tx, written, self.speaker.who, said)
        words = say("added", self.speaker.locale, number=incident.number)
        return ChatResult(Outcome.ADDED, "note", words, left, quiet=True)

    def _said(self) -> str:
        return cut(
            f"{self.provider}:{self.talk.conversation}/{self.talk.message or self.talk.event_id}",
            KEY,
        )

    async def _standing(self, number: str, thread: Incident | None) -> ChatResult:
        locale = self.speaker.locale
        if not number and thread is None:
            return ignored("no record named", "which", locale)
        incident = thread if thread is not None and number in ("", thread.number) else None
        if incident is None:
            incident = await actions.find_visible(self.tx, number, self.speaker)
        if incident is None or (
            incident.security and not visibility_of(self.speaker.who).sees(incident)
        ):
            return ignored("no such record", "no_record", locale)
        return ChatResult(
            Outcome.IGNORED, "asked how it stands", say("standing", locale), incident, card=True
        )
