"""The outbound channel of Gotify: messages of an application to its owner.

https://gotify.net/docs/pushmsg and /docs/msgextras. An application's token can send and nothing
else; messages are taken back with the token of a client, and cannot be changed.
"""

from dataclasses import dataclass
from typing import Any

from gateway.channels.opening import ChannelParts
from gateway.channels.push.gotify.section import GotifySection
from gateway.channels.push.results import refusal_result
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.chat_posts import make_handle, parse_post_target
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)

NAME = "gotify"

PRIORITIES = {1: 10, 2: 8, 3: 5, 4: 3}
"""The priority of a message by that of its record: from 8 it pops up and rings, from 4 it rings."""


@dataclass(frozen=True, slots=True)
class GotifyChannel:
    """A channel to applications of the settings by name, or by token."""

    settings: GotifySection
    call: JsonApiClient

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the server is the endpoint of all applications
        """Return the server as the endpoint of every message."""
        return f"gotify:{self.settings.address}"

    async def send(self, message: Message) -> Result:
        """Send the message once and return the result."""
        if why := self.settings.find_objection(message.recipient):
            return Undeliverable(f"Gotify: this address {why}")
        token = self.settings.apps.get(message.recipient, message.recipient)
        told = await self.call(
            "POST", "/message", _content(message), headers={"x-gotify-key": token}
        )
        if not isinstance(told, VendorResponse):
            return told
        number = told.body.get("id")
        if told.status == 200 and isinstance(number, int):
            return Delivered(make_handle(self._name(message.recipient), str(number)))
        if told.status in (401, 403):
            # One application's token, not the server: others are told all the same.
            return Retry("Gotify: the token is refused", at_most=FEW_ATTEMPTS)
        return refusal_result("Gotify", told.status, str(told.body.get("errorDescription", "")))

    def _name(self, recipient: str) -> str:
        """Return the place in a handle, which is no secret."""
        return recipient if recipient in self.settings.apps else "app"

    async def cancel(self, handle: str) -> Result:
        """Delete a message."""
        if not self.settings.client_token:
            return Undeliverable("Gotify: set notify.gotify.client_token to take messages back")
        told = await self.call(
            "DELETE",
            f"/message/{parse_post_target(handle).instead_of}",
            None,
            headers={"x-gotify-key": self.settings.client_token},
        )
        if not isinstance(told, VendorResponse):
            return told
        if told.status in (200, 404):
            return Delivered(handle)
        return refusal_result("Gotify", told.status, str(told.body.get("errorDescription", "")))


def _content(message: Message) -> dict[str, Any]:
    """Return the content: plain text, in which nothing is read as markup."""
    extras: dict[str, Any] = {"client::display": {"contentType": "text/plain"}}
    if message.link:
        extras["client::notification"] = {"click": {"url": message.link}}
    return {
        "title": message.subject,
        "message": message.text.strip() or message.subject,
        "priority": PRIORITIES.get(message.urgency, 5),
        "extras": extras,
    }


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without an address."""
    settings = parts.section(GotifySection)
    if not settings.address:
        return {}
    api = parts.open_api(settings.address, allow_private=settings.allow_private, may_be_empty=True)
    return {NAME: GotifyChannel(settings, api)}
