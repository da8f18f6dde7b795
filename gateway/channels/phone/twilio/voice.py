"""The outbound channel of calls about a record, in which a person may acknowledge it by a key.

Twilio fetches the script when they answer, from a URL with a token of record, version and
person.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from gateway.channels.phone.twilio.api import TwilioApi
from gateway.db.pool import LOST_RACE, Connection, Pool, acquire
from gateway.errors import Unavailable
from gateway.notify.call_tokens import CallSubject, CallTokens
from gateway.notify.message import Message, Result, Retry, Undeliverable
from gateway.timing.clock import Clock

NAME = "voice"
RING_S = 30
LATER = timedelta(minutes=10)

TELEPHONE = "SELECT phone FROM person WHERE login = $1 AND active"
VERSION = "SELECT version FROM incident WHERE id = $1"

OFTEN = """
SELECT count(*) FROM outbox
WHERE (reached = $1 || ':' || $2 OR reached = '' AND channel = $1 AND recipient = $2)
  AND state = 'sent' AND urgency <= $4
  AND settled_at > moment($3) - interval '1 hour'
"""


@dataclass(frozen=True, slots=True)
class VoiceChannel:
    """A channel of calls; recipients are logins, `base` is the gateway's URL as Twilio sees it."""

    api: TwilioApi
    pool: Pool
    tokens: CallTokens
    clock: Clock
    base: str

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - Twilio fails as one
        """Return Twilio as the endpoint of every call."""
        return self.api.settings.api

    async def send(self, message: Message) -> Result:
        """Request the call once and return the result."""
        if message.incident_id is None:
            return Undeliverable("a call is about a record")
        try:
            async with acquire(self.pool) as conn:
                number = await find_telephone(conn, self.api, self.clock, NAME, message)
                version = await conn.fetchval(VERSION, message.incident_id)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"who that is could not be looked up: {error!r}")
        if not isinstance(number, str):
            return number
        if version is None:
            return Undeliverable("there is no such record")
        token = self.tokens.make(
            CallSubject(message.incident_id, version, message.recipient, self.clock.now())
        )
        fields = {
            "To": number,
            "Url": self._address("alarm", urlencode({"step": "alarm", "about": token})),
            "Method": "POST",
        }
        return await self.api.ask(
            "Calls", fields | {"Timeout": RING_S, "StatusCallback": self._address("status", "")}
        )

    def _address(self, event: str, query: str) -> str:
        return f"{self.base}/ingest/phone/twilio/{event}/{self.api.settings.key}" + (
            f"?{query}" if query else ""
        )


async def find_telephone(
    conn: Connection, api: TwilioApi, clock: Clock, channel: str, message: Message
) -> str | Result:
    """Return a person's telephone number, or the result if they cannot be notified.

    They cannot if nobody has the login, there is no number, or they were notified often enough
    within the hour. Only messages at least as urgent count: many mild ones never keep a person
    from an urgent one.
    """
    login = message.recipient
    number = await conn.fetchval(TELEPHONE, login)
    if not number:
        return Undeliverable(
            "nobody has this login" if number is None else "has no telephone number"
        )
    if (
        await conn.fetchval(OFTEN, channel, login, clock.stamp(), message.urgency)
        >= api.settings.per_hour
    ):
        return Retry("was told often enough within the hour", after=LATER)
    return str(number)
