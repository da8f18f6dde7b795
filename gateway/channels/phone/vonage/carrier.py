"""Text messages and calls by Vonage.

https://developer.vonage.com/en/api/messages (text messages), /en/api/voice (calls). Vonage
fetches what to say when somebody answers, from a URL with a token of record, version and person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.channels.opening import ChannelParts
from gateway.channels.phone.outgoing.alarm_address import AlarmAddresses
from gateway.channels.phone.outgoing.orders import CallOrder, Carriers, TextOrder
from gateway.channels.phone.vonage.answers import read_answer
from gateway.channels.phone.vonage.section import VonageSection
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.notify.message import Result
from gateway.timing.clock import Clock

RING_S = 30
VALID = timedelta(minutes=5)
"""The time for which a token of a request counts."""


@dataclass(frozen=True, slots=True)
class VonageApi:
    """A client of Vonage, as a carrier of text messages and calls."""

    api: JsonApiClient
    settings: VonageSection
    clock: Clock
    addresses: AlarmAddresses
    signer: RSAKey

    async def send_text(self, order: TextOrder) -> Result:
        """Send a text message once."""
        body = {
            "channel": "sms",
            "message_type": "text",
            "to": order.number.removeprefix("+"),
            "from": self.settings.sender.removeprefix("+"),
            "text": order.text,
            "client_ref": str(order.id),
        }
        return await self._ask("/v1/messages", body)

    async def call(self, order: CallOrder) -> Result:
        """Request a call once."""
        body = {
            "to": [{"type": "phone", "number": order.number.removeprefix("+")}],
            "from": {"type": "phone", "number": self.settings.sender.removeprefix("+")},
            "answer_url": [self.addresses.alarm(order.subject)],
            "answer_method": "POST",
            "event_url": [self.addresses.at("event")],
            "event_method": "POST",
            "ringing_timer": RING_S,
        }
        return await self._ask("/v1/calls", body)

    async def _ask(self, path: str, body: Mapping[str, Any]) -> Result:
        now = self.clock.now()
        claims = {
            "application_id": self.settings.application_id,
            "iat": int(now.timestamp()),
            "exp": int((now + VALID).timestamp()),
            "jti": str(uuid4()),
        }
        token = jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, self.signer)
        answer = await self.api("POST", path, body, token)
        if not isinstance(answer, VendorResponse):
            return answer
        return read_answer(answer.status, answer.body)


def open_carriers(parts: ChannelParts) -> Carriers:
    """Return what Vonage carries, nothing without an application."""
    settings = parts.section(VonageSection)
    if not settings.application_id:
        return Carriers(None, None, settings.per_hour)
    api = VonageApi(
        parts.open_api(settings.api, allow_private=settings.allow_private),
        settings,
        parts.clock,
        AlarmAddresses.of(parts, "vonage", settings.key),
        RSAKey.import_key(settings.private_key),
    )
    return Carriers(api, api, settings.per_hour)
