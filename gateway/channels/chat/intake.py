"""The intake of what is heard in chats, whichever way it came."""

from dataclasses import dataclass

from gateway.channels.chat.contract import (
    ButtonPress,
    ChatMessage,
    ChatReply,
    ChatSettings,
    IgnoredChatEvent,
)
from gateway.channels.chat.handler import ChatHandler
from gateway.channels.chat.kept_body import mask_secrets
from gateway.errors import Malformed
from gateway.observe.metric_labels import RequestOutcome
from gateway.receipts.submission import Submission
from gateway.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class ChatIntake:
    """An intake of messages and presses, which are committed with their receipts."""

    file: ChatHandler

    async def take(
        self,
        slug: str,
        integration_id: int,
        heard: ChatMessage | ButtonPress | IgnoredChatEvent,
        body: bytes,
        chat: ChatSettings,
    ) -> ChatReply | None:
        """Commit what was heard and return the answer; raises Unavailable and Overloaded."""
        reports = self.file.report_service
        reply: ChatReply | None = None
        if isinstance(heard, IgnoredChatEvent):
            # Of messages between people nothing is kept but the receipt.
            nothing = Submission(
                integration_id, slug, b"", {}, (), ignored=((0, heard.reason[:200]),)
            )
            receipt = await reports.submit(nothing)
        else:
            receipt, reply = await self.file(integration_id, slug, heard, mask_secrets(body), chat)
        kept = any(result.outcome is Outcome.QUARANTINED for result in receipt.results)
        reports.metrics.request(slug, RequestOutcome.REFUSED if kept else RequestOutcome.ACCEPTED)
        return reply

    async def quarantine(
        self, slug: str, integration_id: int, body: bytes, error: Malformed
    ) -> None:
        """Keep what cannot be understood, to be examined; raises Unavailable and Overloaded."""
        reports = self.file.report_service
        await reports.quarantine(
            Submission(integration_id, slug, mask_secrets(body), {}, ()), error.detail
        )
        reports.metrics.request(slug, RequestOutcome.REFUSED)
