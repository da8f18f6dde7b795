"""The handler of chat messages and pressed buttons.

They become records, notes and actions, written in one transaction with the receipt.
"""

from dataclasses import dataclass
from hashlib import sha256

from gateway.channels.chat import actions
from gateway.channels.chat.contract import ButtonPress, ChatMessage, ChatReply, ChatSettings
from gateway.channels.chat.conversation import NOT_ADDRESSED, ChatConversation
from gateway.channels.chat.replies import ChatResult
from gateway.channels.chat.speakers import ChatSpeaker, find_speaker
from gateway.channels.chat.words import say
from gateway.channels.report_service import ReportOutcome, ReportService
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.labels import Locale
from gateway.incidents.record import Notice
from gateway.ingest.reading.limits import KEY, cut
from gateway.notify.press_tokens import PressTokens
from gateway.notify.texts.templates import Template
from gateway.operations.unit_of_work import Transaction
from gateway.receipts.submission import Receipt, Submission
from gateway.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class ChatHandler:
    """A handler of messages and presses; `told` are the channels that can post answers."""

    report_service: ReportService
    tokens: PressTokens
    told: frozenset[str]

    async def __call__(
        self,
        integration_id: int,
        provider: str,
        heard: ChatMessage | ButtonPress,
        body: bytes,
        chat: ChatSettings,
    ) -> tuple[Receipt, ChatReply | None]:
        """Return the committed receipt and the answer to send at once.

        Raises Unavailable, like ReportService.take.
        """
        reply: ChatReply | None = None
        submission = Submission(
            integration_id,
            provider,
            body,
            {},
            (),
            delivery_id=cut(f"{provider}:{heard.tenant}:{heard.event_id}", KEY),
            same_as=_content(heard),
        )

        async def work(tx: Transaction) -> ReportOutcome:
            nonlocal reply
            speaks = await find_speaker(tx, provider, heard, chat)
            answered = await self._answered(tx, provider, heard, speaks, chat)
            reply = answered.reply(self.tokens, speaks.locale)
            if answered.reason == NOT_ADDRESSED:
                submission.body = b""
            await self._post(tx, heard, answered, speaks.locale)
            return ReportOutcome(
                cut(heard.event_id, KEY), answered.incident, answered.outcome, answered.reason
            )

        receipt = await self.report_service.take(submission, work)
        match receipt.results[0].outcome if receipt.results else None:
            case Outcome.DUPLICATE:
                return receipt, _again(receipt, chat.locale)
            case Outcome.QUARANTINED:  # what was to be answered was not done
                return receipt, None
        return receipt, reply

    async def _answered(
        self,
        tx: Transaction,
        provider: str,
        heard: ChatMessage | ButtonPress,
        speaks: ChatSpeaker,
        chat: ChatSettings,
    ) -> ChatResult:
        if isinstance(heard, ButtonPress):
            return await actions.handle_press(tx, self.tokens, heard, speaks)
        return await ChatConversation(tx, provider, heard, speaks, chat).answered()

    async def _post(
        self,
        tx: Transaction,
        heard: ChatMessage | ButtonPress,
        answered: ChatResult,
        locale: Locale,
    ) -> None:
        """Queue the answer where people do not see the body of the HTTP response.

        The answer to a pressed button goes to that person alone.
        """
        if (
            not heard.reply_to
            or answered.quiet
            or not answered.words
            or heard.reply_to.partition(":")[0] not in self.told
        ):
            return
        incident = answered.incident
        facts: dict[str, object] = {"text": answered.words, "locale": locale}
        if incident is not None:
            facts |= {
                "number": incident.number,
                "title": incident.title,
                "priority": incident.priority,
            }
        if answered.card and isinstance(heard, ChatMessage):
            facts["card"] = True
        if answered.outcome is Outcome.OPENED:
            facts["opened"] = True
        cause = f"chat:{heard.tenant}:{heard.event_id}"
        notice = Notice(
            cause=cause, target=heard.reply_to, role="reporter", template=Template.CHAT, facts=facts
        )
        await queue_notices(
            tx.conn, [(incident.id if incident is not None else None, notice)], tx.now
        )


def _content(heard: ChatMessage | ButtonPress) -> bytes:
    """Return a hash that is the same when the vendor sends the same event twice.

    It ignores whatever else the vendor puts around the event.
    """
    said = (
        heard.text
        if isinstance(heard, ChatMessage)
        else f"{heard.action}\x1f{heard.token}\x1f{heard.note}"
    )
    return sha256(f"{heard.user}\x1f{said}".encode("utf-8", "replace")).digest()


def _again(receipt: Receipt, locale: Locale) -> ChatReply | None:
    number = receipt.results[0].incident
    return ChatReply(say("again", locale, number=number), number) if number else None
