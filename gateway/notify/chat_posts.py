"""What a message becomes in a chat: where it goes, what is shown there of its record now, and that it was shown."""

from dataclasses import dataclass

import structlog

from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.incidents import store
from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.record import Incident
from gateway.notify import chat_messages
from gateway.notify.card import Reply
from gateway.notify.card_content import mark, shown
from gateway.notify.chat_messages import Place
from gateway.notify.message import Message
from gateway.notify.press_tokens import PressTokens
from gateway.notify.templates import Template

log = structlog.get_logger()

CHANGE = "/="
"""What stands between a conversation and the message of ours there that is to be changed."""


@dataclass(frozen=True, slots=True)
class Target:
    """A conversation; below a message of it, or in place of one of ours."""

    conversation: str
    below: str = ""
    instead_of: str = ""


def target_of(recipient: str) -> Target:
    """`C1`, `C1/171.2` below that message, `C1/=171.2` in its place."""
    conversation, _, message = recipient.partition("/")
    return Target(conversation, instead_of=message[1:]) if message.startswith("=") else Target(conversation, below=message)


@dataclass(frozen=True, slots=True)
class Showing:
    """What is to be seen. `incident` is there where it is a card of it, which changes when the record does."""

    reply: Reply
    incident: Incident | None
    locale: Locale


@dataclass(frozen=True, slots=True)
class ChatPosts:
    """What the channels of chats have in common; `locale` is the language of messages that do not say theirs."""

    pool: Pool
    tokens: PressTokens
    locale: Locale

    async def showing(self, message: Message) -> Showing:
        """The words of a message, and the record as it stands while it is sent; raises Unavailable and what asyncpg raises."""
        locale = next((known for known in LOCALES if known == message.facts.get("locale")), self.locale)
        answer = message.template == Template.CHAT
        words = str(message.facts["text"]) if answer and "text" in message.facts else message.text.strip()
        if message.incident_id is None or (answer and not message.facts.get("card")):
            return Showing(Reply(words, str(message.facts.get("number", ""))), None, locale)
        async with acquire(self.pool) as conn:
            found = await store.by_ids(conn, [message.incident_id])
        if not found:
            return Showing(Reply(words), None, locale)
        return Showing(shown(found[0], self.tokens, locale, words, named=not answer), found[0], locale)

    async def shown(self, place: Place, showing: Showing, message: Message, *, for_good: bool = False) -> None:
        """Remember a card that was posted. It is seen already, so where that fails it merely never changes.

        What is shown `for_good` is changed no more.
        """
        if showing.incident is None:
            return
        try:
            async with acquire(self.pool) as conn:
                seen = None if for_good else mark(showing.incident)
                await chat_messages.remember(conn, place, showing.incident.id, showing.locale, message.created_at, seen)
        except (Unavailable, *LOST_RACE) as error:
            log.warning("a card in a chat will not change", action="chat_card_forgotten", id=str(message.id), error=repr(error))
