"""A message as a chat shows it: its words, and buttons for its record as that stands when it is sent."""

from dataclasses import dataclass

from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.incidents import store
from gateway.incidents.labels import LOCALES, Locale
from gateway.notify.card import Reply
from gateway.notify.message import Message, Retry
from gateway.notify.press_tokens import PressTokens
from gateway.notify.showing import shown


@dataclass(frozen=True, slots=True)
class ChatReplies:
    """Looks records up; `locale` is the language of messages that name none."""

    pool: Pool
    tokens: PressTokens
    locale: Locale

    async def __call__(self, message: Message) -> Reply | Retry:
        """What is shown; Retry where the record could not be looked up."""
        words = f"{message.subject}\n\n{message.text}".strip()
        if message.incident_id is None:
            return Reply(words)
        try:
            async with acquire(self.pool) as conn:
                found = await store.by_ids(conn, [message.incident_id])
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        locale = next((known for known in LOCALES if known == message.facts.get("locale")), self.locale)
        card = shown(found[0], self.tokens, locale) if found else Reply("")
        return Reply(words, card.number, card.title, card.state, card.buttons)
