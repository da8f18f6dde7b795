"""The result of a chat message or press, and the reply made from it. Pure."""

from dataclasses import dataclass

from gateway.channels.chat.words import say
from gateway.incidents.labels import Locale
from gateway.incidents.record import Incident
from gateway.notify.card import ChatReply
from gateway.notify.card_content import render_card
from gateway.notify.press_tokens import PressTokens
from gateway.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class ChatResult:
    """The result of a message or press.

    `incident` is the record it belongs to; with `card` it is shown below the words. A `quiet`
    result is answered only where that notifies nobody else.
    """

    outcome: Outcome
    reason: str
    words: str = ""
    incident: Incident | None = None
    card: bool = False
    quiet: bool = False

    def reply(self, tokens: PressTokens, locale: Locale) -> ChatReply | None:
        """Return the reply, None if there is nothing to answer."""
        if not self.words:
            return None
        if self.card and self.incident is not None:
            return render_card(self.incident, tokens, locale, self.words)
        return ChatReply(self.words, self.incident.number if self.incident is not None else "")


def ignored(reason: str, words: str = "", locale: Locale = "en", **facts: object) -> ChatResult:
    """Return a result that says that nothing was done."""
    return ChatResult(Outcome.IGNORED, reason, say(words, locale, **facts) if words else "")
