"""What people write and press in chats becomes records, notes and actions, with its receipt in one transaction."""

from dataclasses import dataclass, replace
from hashlib import sha256

from gateway.dedup.submission import Receipt, Submission
from gateway.incidents import commands, lifecycle, store
from gateway.incidents.labels import Locale
from gateway.incidents.model import Outcome, State
from gateway.incidents.record import Incident, Notice
from gateway.ingest import reception
from gateway.ingest.chat import acting
from gateway.ingest.chat.answered import Answered, ignored
from gateway.ingest.chat.commands import Acting, Adding, Asked, Asking, Helping, Linking, Reporting, asked
from gateway.ingest.chat.contract import ChatSettings, Press, Reply, Talk
from gateway.ingest.chat.linking import linked
from gateway.ingest.chat.speaking import Speaker, speaker
from gateway.ingest.chat.words import say
from gateway.ingest.limits import DESCRIPTION, KEY, TITLE, cut
from gateway.ingest.reception import Done, Reception
from gateway.notify import chat_messages, outbox
from gateway.notify.chat_messages import Place
from gateway.notify.press_tokens import PressTokens
from gateway.operations.create import Report
from gateway.operations.desk import Session
from gateway.operations.permissions import sight

ENDED = frozenset({State.CLOSED, State.REJECTED})
CHAT = "chat"
"""The template of what is posted in answer."""


@dataclass(frozen=True, slots=True)
class Filing:
    """Files what one integration hears. `told` are the channels that answers can be posted by."""

    reception: Reception
    tokens: PressTokens
    told: frozenset[str]

    async def __call__(
        self, integration_id: int, provider: str, heard: Talk | Press, body: bytes, chat: ChatSettings
    ) -> tuple[Receipt, Reply | None]:
        """The committed receipt and what to answer at once; raises Unavailable, as Reception.take."""
        reply: Reply | None = None
        submission = Submission(
            integration_id, provider, body, {}, (), delivery_id=cut(f"{provider}:{heard.tenant}:{heard.event_id}", KEY),
            same_as=_content(heard),
        )  # fmt: skip

        async def work(session: Session) -> Done:
            nonlocal reply
            speaks = await speaker(session, provider, heard, chat)
            answered = await self._answered(session, provider, heard, speaks, chat)
            reply = answered.reply(self.tokens, speaks.locale)
            if answered.reason == UNHEARD:
                submission.body = b""
            await self._post(session, heard, answered, speaks.locale)
            return Done(cut(heard.event_id, KEY), answered.incident, answered.outcome, answered.reason)

        receipt = await self.reception.take(submission, work)
        if receipt.results and receipt.results[0].outcome is Outcome.DUPLICATE:
            reply = _again(receipt, chat.locale)
        return receipt, reply

    async def _answered(
        self, session: Session, provider: str, heard: Talk | Press, speaks: Speaker, chat: ChatSettings
    ) -> Answered:
        if isinstance(heard, Press):
            return await acting.pressed(session, self.tokens, heard, speaks)
        return await Conversation(session, provider, heard, speaks, chat).answered()

    async def _post(self, session: Session, heard: Talk | Press, answered: Answered, locale: Locale) -> None:
        """Owe the answer where the body of ours is not shown to people; commands of buttons are answered to one alone."""
        if not heard.reply_to or answered.quiet or not answered.words or heard.reply_to.partition(":")[0] not in self.told:
            return
        incident = answered.incident
        facts: dict[str, object] = {"text": answered.words, "locale": locale}
        if incident is not None:
            facts |= {"number": incident.number, "title": incident.title, "priority": incident.priority}
        if answered.card and isinstance(heard, Talk):
            facts["card"] = True
        cause = f"chat:{heard.tenant}:{heard.event_id}"
        notice = Notice(cause=cause, target=heard.reply_to, role="reporter", template=CHAT, facts=facts)
        await outbox.put(session.conn, [(incident.id if incident is not None else None, notice)], session.now)


UNHEARD = "said among people"
"""Why nothing became of it: words that were not for the gateway, of which nothing is kept."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thing that was written, in the transaction in which it is dealt with."""

    session: Session
    provider: str
    talk: Talk
    speaker: Speaker
    chat: ChatSettings

    async def answered(self) -> Answered:
        """What becomes of it."""
        thread = await self._thread()
        wanted = asked(self.talk.text, in_thread=thread is not None)
        if not self.talk.addressed and (thread is None or thread.state in ENDED or isinstance(wanted, Helping)):
            return ignored(UNHEARD)
        return await self._done(wanted, thread)

    async def _done(self, wanted: Asked, thread: Incident | None) -> Answered:  # noqa: PLR0911 - one arm a wish
        locale = self.speaker.locale
        match wanted:
            case Reporting(plainly=True) if thread is not None and thread.state not in ENDED:
                return await self._noted(thread, self.talk.text)
            case Reporting(text=text, plainly=plainly):
                return await self._opened(text, thread if plainly else None)
            case Acting(number=number, action=action, note=note):
                number = number or (thread.number if thread is not None else "")
                if not number:
                    return ignored("no record named", "which", locale)
                return await acting.by_number(self.session, number, action, note, self.speaker)
            case Asking(number=number):
                return await self._standing(number, thread)
            case Adding(number=number, note=note):
                incident = await acting.seen(self.session, number, self.speaker)
                return await self._noted(incident, note) if incident else ignored("no such record", "no_record", locale)
            case Linking(code=code):
                return await linked(self.session, self.provider, self.talk, code, self.speaker)
            case Helping():
                return ignored("asked for help", "help", locale)

    async def _thread(self) -> Incident | None:
        """The record whose thread it stands in, locked."""
        if not self.talk.thread:
            return None
        incident_id = await chat_messages.record_of(self.session.conn, self._place(self.talk.thread))
        found = await store.lock(self.session.conn, [incident_id]) if incident_id is not None else []
        return found[0] if found else None

    def _place(self, message: str) -> Place:
        return Place(self.provider, self.talk.conversation, message)

    async def _opened(self, text: str, earlier: Incident | None) -> Answered:
        speaks, talk = self.speaker, self.talk
        title = next((line.strip() for line in text.splitlines() if line.strip()), text)
        report = Report(
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
        opened = await reception.opened(self.session, report, speaks.who, {"chat": self._said()}, earlier)
        if talk.message:
            await chat_messages.remember(self.session.conn, self._place(talk.message), opened.id, speaks.locale, self.session.now)
        words = say("follows" if earlier else "opened", speaks.locale, number=opened.number, earlier=earlier and earlier.number)
        return Answered(Outcome.OPENED, "follows what has ended" if earlier else "report", words, opened, card=True)

    async def _noted(self, incident: Incident, text: str) -> Answered:
        """A note of whoever writes: in a record's thread everybody who is in the conversation takes part."""
        note = commands.Note(note=cut(text, DESCRIPTION))
        revision = lifecycle.apply(incident, note, self.speaker.who.name, self.session.now)
        events = [(event, {**facts, "chat": self._said()}) for event, facts in revision.events]
        written = (await self.session.write([replace(revision, events=tuple(events))]))[0]
        words = say("added", self.speaker.locale, number=incident.number)
        return Answered(Outcome.ADDED, "note", words, written, quiet=True)

    def _said(self) -> str:
        return cut(f"{self.provider}:{self.talk.conversation}/{self.talk.message or self.talk.event_id}", KEY)

    async def _standing(self, number: str, thread: Incident | None) -> Answered:
        locale = self.speaker.locale
        if not number and thread is None:
            return ignored("no record named", "which", locale)
        incident = thread if thread is not None and number in ("", thread.number) else None
        if incident is None:
            incident = await acting.seen(self.session, number, self.speaker)
        if incident is None or (incident.security and not sight(self.speaker.who).sees(incident)):
            return ignored("no such record", "no_record", locale)
        return Answered(Outcome.IGNORED, "asked how it stands", say("standing", locale), incident, card=True)


def _content(heard: Talk | Press) -> bytes:
    """What two tellings of the same have in common, whatever else the vendor put around them."""
    said = heard.text if isinstance(heard, Talk) else f"{heard.action}\x1f{heard.token}\x1f{heard.note}"
    return sha256(f"{heard.user}\x1f{said}".encode("utf-8", "replace")).digest()


def _again(receipt: Receipt, locale: Locale) -> Reply | None:
    number = receipt.results[0].incident
    return Reply(say("again", locale, number=number), number) if number else None
