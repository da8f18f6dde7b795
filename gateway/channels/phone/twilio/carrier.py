"""Text messages and calls by Twilio.

Twilio fetches what to say when somebody answers, from a URL with a token of record, version and
person.
"""

from dataclasses import dataclass

from gateway.channels.opening import ChannelParts
from gateway.channels.phone.outgoing.alarm_address import AlarmAddresses
from gateway.channels.phone.outgoing.orders import CallOrder, Carriers, TextOrder
from gateway.channels.phone.twilio.api import TwilioApi
from gateway.channels.phone.twilio.section import TwilioSection
from gateway.notify.message import Result

RING_S = 30


@dataclass(frozen=True, slots=True)
class TwilioCarrier:
    """Twilio as a carrier of text messages and calls."""

    api: TwilioApi
    addresses: AlarmAddresses

    async def send_text(self, order: TextOrder) -> Result:
        """Send a text message once."""
        return await self.api.ask("Messages", {"To": order.number, "Body": order.text})

    async def call(self, order: CallOrder) -> Result:
        """Request a call once."""
        fields = {
            "To": order.number,
            "Url": self.addresses.alarm(order.subject),
            "Method": "POST",
            "Timeout": RING_S,
            "StatusCallback": self.addresses.at("status"),
        }
        return await self.api.ask("Calls", fields)


def open_carriers(parts: ChannelParts) -> Carriers:
    """Return what Twilio carries, nothing without an account."""
    settings = parts.section(TwilioSection)
    if not settings.account:
        return Carriers(None, None, settings.per_hour)
    api = TwilioApi.open(settings)
    parts.stack.push_async_callback(api.close)
    carrier = TwilioCarrier(api, AlarmAddresses.of(parts, "twilio", settings.key))
    return Carriers(carrier, carrier, settings.per_hour)
