"""The outbound channel of Bark: messages to iPhones.

https://github.com/Finb/bark-server/blob/master/docs/API_V2.md. A push with the id of an earlier
one replaces it, and with `delete` removes it; that takes an app of 1.5 and a server of 2.2.5. A
device that Apple no longer knows is an error 500 first, and 400 ever after.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from gateway.channels.opening import ChannelParts
from gateway.channels.push.bark.content import content, sealed
from gateway.channels.push.bark.section import BarkSection
from gateway.channels.push.results import refusal_result
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import interpret_status
from gateway.notify.chat_posts import make_handle, parse_post_target
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Undeliverable,
)

NAME = "bark"

GONE = ("BadDeviceToken", "Unregistered", "DeviceTokenNotForTopic")
"""Reasons of Apple for a device that is not there any more."""


@dataclass(frozen=True, slots=True)
class BarkChannel:
    """A channel to devices by their keys; `KEY/=ID` is a message that was sent."""

    settings: BarkSection
    call: JsonApiClient

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the server is the endpoint of all devices
        """Return the server as the endpoint of every message."""
        return f"bark:{self.settings.address}"

    async def send(self, message: Message) -> Result:
        """Push the message once and return the result."""
        return await self._push(message.recipient, str(message.id), self._shown(message))

    async def update(self, message: Message, handle: str) -> Result:
        """Push a message in the place of another."""
        target = parse_post_target(handle)
        return await self._push(target.conversation, target.instead_of, self._shown(message))

    async def cancel(self, handle: str) -> Result:
        """Remove a message from the telephone."""
        target = parse_post_target(handle)
        return await self._push(target.conversation, target.instead_of, {"delete": "1"})

    def _shown(self, message: Message) -> dict[str, Any]:
        settings = self.settings
        if not settings.encryption_key:
            return content(message, settings.group)
        return sealed(message, settings.group, settings.encryption_key, secrets.token_hex(8))

    async def _push(self, device: str, name: str, shown: dict[str, Any]) -> Result:
        if why := self.settings.find_objection(device):
            return Undeliverable(f"Bark: this address {why}")
        told = await self.call("POST", "/push", {"device_key": device, "id": name, **shown})
        if not isinstance(told, VendorResponse):
            return told
        reason = str(told.body.get("message", ""))
        if told.status == 200 and told.body.get("code") == 200:
            return Delivered(make_handle(device, name))
        if any(one in reason for one in GONE):
            return Undeliverable(f"Bark: this device is gone: {reason[:200]}")
        if told.status == 429 or told.status >= 500:
            return interpret_status(told.status, told.retry_after, self.call.clock.now())
        return refusal_result("Bark", told.status, reason.replace(device, "…"))


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without an address."""
    settings = parts.section(BarkSection)
    if not settings.address:
        return {}
    api = parts.open_api(
        settings.address, allow_private=settings.allow_private, judges_failures=True
    )
    return {NAME: BarkChannel(settings, api)}
