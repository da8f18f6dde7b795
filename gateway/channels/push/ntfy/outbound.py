"""The outbound channel of ntfy: messages to the subscribers of a topic.

https://docs.ntfy.sh/publish: publishing as JSON, updating and deleting. A message is named by a
sequence id that the sender chooses: that of the outbox, so that a repeat replaces the first.
Servers before 2.16 know no sequences: they show an update as another message and delete nothing.
"""

from dataclasses import dataclass
from typing import Any

from gateway.channels.cut_text import cut_to_bytes
from gateway.channels.opening import ChannelParts
from gateway.channels.push.ntfy.section import NtfySection
from gateway.channels.push.results import refusal_result
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.notify.chat_posts import make_handle, parse_post_target
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)

NAME = "ntfy"

MAX_MESSAGE, MAX_TITLE = 4_096, 250
"""The maximum number of bytes of a message, which is a file beyond it, and of a title."""

PRIORITIES = {1: 5, 2: 4, 3: 3, 4: 2}
"""The priority of a message by the priority of its record: 5 rings longest, 3 is the default."""

OPEN = {"en": "Open", "zh-CN": "打开"}
"""The label of the button that opens the record."""


@dataclass(frozen=True, slots=True)
class NtfyChannel:
    """A channel to topics; `topic/=ID` is a message that was sent."""

    settings: NtfySection
    call: JsonApiClient

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the server is the endpoint of all topics
        """Return the server as the endpoint of every message."""
        return f"ntfy:{self.settings.address}"

    async def send(self, message: Message) -> Result:
        """Publish the message once and return the result."""
        return await self._publish(message, message.recipient, str(message.id))

    async def update(self, message: Message, handle: str) -> Result:
        """Publish a message in the place of another."""
        target = parse_post_target(handle)
        return await self._publish(message, target.conversation, target.instead_of)

    async def cancel(self, handle: str) -> Result:
        """Tell the subscribers to remove a message."""
        target = parse_post_target(handle)
        path = f"/{target.conversation}/{target.instead_of}"
        told = await self.call("DELETE", path, None, self.settings.token)
        if isinstance(told, VendorResponse) and told.status == 404:
            return Undeliverable("ntfy: this server deletes no messages: it is older than 2.16")
        return _result(told, handle)

    async def _publish(self, message: Message, topic: str, sequence: str) -> Result:
        if why := self.settings.find_objection(topic):
            return Undeliverable(f"ntfy: {topic[:100]} {why}")
        body = {"topic": topic, "sequence_id": sequence, **_content(message)}
        told = await self.call("POST", "/", body, self.settings.token)
        return _result(told, make_handle(topic, sequence))


def _content(message: Message) -> dict[str, Any]:
    """Return the content: plain text, in which nothing is read as markup."""
    shown: dict[str, Any] = {
        "title": cut_to_bytes(message.subject, MAX_TITLE),
        "message": cut_to_bytes(message.text.strip() or message.subject, MAX_MESSAGE),
        "priority": PRIORITIES.get(message.urgency, 3),
    }
    if message.link:
        button = {"action": "view", "label": OPEN[message.locale], "url": message.link}
        shown |= {"click": message.link, "actions": [button]}
    return shown


def _result(told: VendorResponse | Retry | Undeliverable, handle: str) -> Result:
    if not isinstance(told, VendorResponse):
        return told
    if told.status == 200 and isinstance(told.body.get("id"), str):
        return Delivered(handle)
    return refusal_result("ntfy", told.status, str(told.body.get("error", "")))


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without an address."""
    settings = parts.section(NtfySection)
    if not settings.address:
        return {}
    api = parts.open_api(settings.address, allow_private=settings.allow_private)
    return {NAME: NtfyChannel(settings, api)}
