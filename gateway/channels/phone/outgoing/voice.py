"""The outbound channel of calls about a record."""

from dataclasses import dataclass

from gateway.channels.phone.outgoing.orders import CallCarrier, CallOrder
from gateway.channels.phone.outgoing.routed import RoutedCarriers
from gateway.channels.phone.outgoing.template_values import template_values
from gateway.channels.phone.outgoing.told import find_limit, find_telephone
from gateway.db.pool import LOST_RACE, Pool, acquire
from gateway.errors import Unavailable
from gateway.notify.call_tokens import CallSubject
from gateway.notify.message import Message, Result, Retry, Undeliverable
from gateway.timing.clock import Clock

NAME = "voice"

VERSION = "SELECT version FROM incident WHERE id = $1"


@dataclass(frozen=True, slots=True)
class VoiceChannel:
    """A channel of calls; recipients are logins.

    Where the carrier can, the person takes the record on by a key.
    """

    carriers: RoutedCarriers[CallCarrier]
    pool: Pool
    clock: Clock

    def endpoint(self, recipient: str) -> str:
        """Return the person: the carriers of one country say nothing of those of another."""
        return f"{NAME}:{recipient}"

    async def send(self, message: Message) -> Result:
        """Request the call once and return the result."""
        if message.incident_id is None:
            return Undeliverable("a call is about a record")
        try:
            order = await self._order(message, message.incident_id)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"who that is could not be looked up: {error!r}")
        if not isinstance(order, CallOrder):
            return order
        return await self.carriers.send(order.number, lambda carrier: carrier.call(order))

    async def _order(self, message: Message, incident_id: int) -> CallOrder | Retry | Undeliverable:
        async with acquire(self.pool) as conn:
            number = await find_telephone(conn, message.recipient)
            if isinstance(number, Undeliverable):
                return number
            per_hour = self.carriers.per_hour(number)
            if limit := await find_limit(conn, self.clock, NAME, message, per_hour):
                return limit
            version = await conn.fetchval(VERSION, incident_id)
        if version is None:
            return Undeliverable("there is no such record")
        subject = CallSubject(incident_id, version, message.recipient, self.clock.now())
        values = template_values(message.facts, message.subject)
        return CallOrder(message.id, number, subject, values)
