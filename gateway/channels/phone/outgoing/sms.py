"""The outbound channel of text messages, in the language a person chose."""

from dataclasses import dataclass

from gateway.channels.phone.outgoing.orders import TextCarrier, TextOrder
from gateway.channels.phone.outgoing.routed import RoutedCarriers
from gateway.channels.phone.outgoing.sms_text import compose, shorten
from gateway.channels.phone.outgoing.template_values import template_values
from gateway.channels.phone.outgoing.told import find_limit, find_telephone
from gateway.channels.phone.reply_words import reply_hint
from gateway.channels.phone.sms_replies import reply_code
from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.incidents.labels import Locale
from gateway.notify.message import Message, Result, Retry, Undeliverable
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.templates import RenderedMessage, Template, render
from gateway.timing.clock import Clock

NAME = "sms"

READER = "SELECT locale, zone FROM person WHERE login = $1 AND active"


@dataclass(frozen=True, slots=True)
class SmsChannel:
    """A channel of text messages; recipients are logins, `zone` is the default time zone.

    With `replies` messages say how to take their record on by a reply.
    """

    carriers: RoutedCarriers[TextCarrier]
    pool: Pool
    clock: Clock
    zone: str
    replies: bool = False

    def endpoint(self, recipient: str) -> str:
        """Return the person: the carriers of one country say nothing of those of another."""
        return f"{NAME}:{recipient}"

    async def send(self, message: Message) -> Result:
        """Send the message once and return the result."""
        try:
            order = await self._order(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"who that is could not be looked up: {error!r}")
        if not isinstance(order, TextOrder):
            return order
        return await self.carriers.send(order.number, lambda carrier: carrier.send_text(order))

    async def _order(self, message: Message) -> TextOrder | Retry | Undeliverable:
        async with acquire(self.pool) as conn:
            number = await find_telephone(conn, message.recipient, by_text=True)
            if isinstance(number, Undeliverable):
                return number
            per_hour = self.carriers.per_hour(number)
            if limit := await find_limit(conn, self.clock, NAME, message, per_hour):
                return limit
            row = await conn.fetchrow(READER, message.recipient)
        if row is None:
            return Undeliverable("nobody has this login")
        reader = MessageReader(row["locale"], row["zone"] or self.zone, message.link)
        words = render(message.template, message.facts, reader, message.role)
        values = template_values(message.facts, words.subject)
        return TextOrder(message.id, number, self._text(message, words, reader.locale), values)

    def _text(self, message: Message, words: RenderedMessage, locale: Locale) -> str:
        """Return subject, link, how to reply and what to do.

        An answer is what was said alone; where nothing can be opened there is as much as fits.
        """
        if message.template == Template.CHAT:
            return shorten(str(message.facts.get("text", "")))
        if not message.link:
            return shorten(f"{words.subject}\n{words.text}".strip())
        hint = reply_hint(reply_code(message.id), locale) if self.replies and words.ask else ""
        return compose(words.subject, (message.link, hint), (words.ask,))
