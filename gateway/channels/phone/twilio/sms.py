"""The outbound channel of text messages, in the language a person chose."""

from dataclasses import dataclass

from gateway.channels.phone.twilio.api import TwilioApi
from gateway.channels.phone.twilio.voice import find_telephone
from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.notify.message import Message, Result, Retry, Undeliverable
from gateway.notify.phrases import MessageReader
from gateway.notify.templates import render
from gateway.timing.clock import Clock

NAME = "sms"
LONGEST = 300
"""The maximum number of characters: three or four message segments, in Chinese five."""

READER = "SELECT locale, zone FROM person WHERE login = $1 AND active"


@dataclass(frozen=True, slots=True)
class SmsChannel:
    """A channel of text messages; recipients are logins, `zone` is the default time zone."""

    api: TwilioApi
    pool: Pool
    clock: Clock
    zone: str

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - Twilio fails as one
        """Return Twilio as the endpoint of every message."""
        return self.api.settings.api

    async def send(self, message: Message) -> Result:
        """Send the message once and return the result."""
        try:
            async with acquire(self.pool) as conn:
                number = await find_telephone(conn, self.api, self.clock, NAME, message)
                row = await conn.fetchrow(READER, message.recipient)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"who that is could not be looked up: {error!r}")
        if not isinstance(number, str):
            return number
        if row is None:
            return Undeliverable("nobody has this login")
        reader = MessageReader(row["locale"], row["zone"] or self.zone, message.link)
        words = render(message.template, message.facts, reader, message.role)
        return await self.api.ask(
            "Messages", {"To": number, "Body": words.brief(message.link, LONGEST)}
        )
