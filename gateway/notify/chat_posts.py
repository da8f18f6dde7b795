"""Notifications as chat posts: their destination, their content, and the cards to update."""

from dataclasses import dataclass

import structlog

from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.incidents import store
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.record import Incident
from gateway.notify import chat_messages
from gateway.notify.card import ChatReply
from gateway.notify.card_content import card_fingerprint, render_card
from gateway.notify.chat_messages import ChatMessageRef
from gateway.notify.message import REPLACE_MARK, Message
from gateway.notify.press_tokens import PressTokens
from gateway.notify.texts.templates import Template

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PostTarget:
    """The destination of a post: a conversation, a thread in it, or a message to replace."""

    conversation: str
    below: str = ""
    instead_of: str = ""


def parse_post_target(recipient: str) -> PostTarget:
    """Parse a recipient: `C1`, `C1/171.2` to reply to a message, `C1/=171.2` to replace it."""
    conversation, _, message = recipient.partition("/")
    return (
        PostTarget(conversation, instead_of=message[1:])
        if message.startswith("=")
        else PostTarget(conversation, below=message)
    )


def make_handle(conversation: str, message: str) -> str:
    """Return the handle of a post: the recipient that stands for it, to be replaced."""
    return f"{conversation}{REPLACE_MARK}{message}" if message else ""


@dataclass(frozen=True, slots=True)
class PostContent:
    """The content to post.

    `incident` is set if it is a card, which changes when the record does.
    """

    reply: ChatReply
    incident: Incident | None
    locale: Locale


@dataclass(frozen=True, slots=True)
class ChatPosts:
    """The shared part of the chat channels; `locale` is used for messages that name no language."""

    pool: Pool
    tokens: PressTokens
    locale: Locale

    async def showing(self, message: Message) -> PostContent:
        """Return the text of a message and the record as it stands while it is sent.

        Raises Unavailable and what asyncpg raises.
        """
        locale = next(
            (known for known in LOCALES if known == message.facts.get("locale")), self.locale
        )
        answer = message.template == Template.CHAT
        words = (
            str(message.facts["text"])
            if answer and "text" in message.facts
            else message.text.strip() or message.subject
        )
        if message.incident_id is None or (answer and not message.facts.get("card")):
            return PostContent(ChatReply(words, str(message.facts.get("number", ""))), None, locale)
        async with acquire(self.pool) as conn:
            found = await store.by_ids(conn, [message.incident_id])
        if not found:
            return PostContent(ChatReply(words), None, locale)
        return PostContent(
            render_card(found[0], self.tokens, locale, words, named=not answer), found[0], locale
        )

    async def shown(
        self,
        place: ChatMessageRef,
        showing: PostContent,
        message: Message,
        *,
        for_good: bool = False,
    ) -> None:
        """Remember a card that was posted.

        If that fails, it is logged and the card is never updated. A card that is shown
        `for_good` is not updated any more.
        """
        if showing.incident is None:
            return
        try:
            async with acquire(self.pool) as conn:
                seen = None if for_good else card_fingerprint(showing.incident)
                await chat_messages.store_message(
                    conn, place, showing.incident.id, showing.locale, message.created_at, seen
                )
        except (Unavailable, *LOST_RACE) as error:
            log.warning(
                "chat_card_forgotten",
                id=str(message.id),
                error=repr(error),
            )
