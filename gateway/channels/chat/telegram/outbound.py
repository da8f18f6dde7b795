"""The outbound channel of Telegram: messages with buttons, which follow their records.

https://core.telegram.org/bots/api: sendMessage, editMessageText, deleteMessage (for 48 hours).
"""

from dataclasses import dataclass
from typing import Any

from gateway.channels.chat.telegram.api import TelegramApi
from gateway.channels.chat.telegram.messages import content
from gateway.channels.opening import ChannelParts
from gateway.db.pool import LOST_RACE
from gateway.egress.api_client import VendorResponse
from gateway.errors import Unavailable
from gateway.notify.chat_messages import ChatMessageRef
from gateway.notify.chat_posts import ChatPosts, PostTarget, make_handle, parse_post_target
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)

PROVIDER = "telegram"


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """A channel to chats by number or @name.

    `-100/5` replies to a message, `-100/=5` is a message that was sent.
    """

    api: TelegramApi
    posts: ChatPosts

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the API is the endpoint, wherever the message goes
        """Return the API as the endpoint of every message."""
        return f"telegram:{self.api.settings.api}"

    async def send(self, message: Message) -> Result:
        """Post the message once and return the result."""
        return await self._post(message, parse_post_target(message.recipient))

    async def update(self, message: Message, handle: str) -> Result:
        """Change a message that was posted."""
        return await self._post(message, parse_post_target(handle))

    async def cancel(self, handle: str) -> Result:
        """Delete a message that was posted."""
        target = parse_post_target(handle)
        body = {"chat_id": target.conversation, "message_id": int(target.instead_of)}
        told = await self.api.ask("deleteMessage", body)
        return told if not isinstance(told, VendorResponse) else Delivered(handle)

    async def _post(self, message: Message, target: PostTarget) -> Result:
        if why := self.api.settings.find_objection(target.conversation):
            return Undeliverable(f"Telegram: this {why}")
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        body = {"chat_id": target.conversation, **content(showing.reply), **_aimed(target)}
        told = await self.api.ask("editMessageText" if target.instead_of else "sendMessage", body)
        if not isinstance(told, VendorResponse):
            return told
        if target.instead_of:
            return Delivered(make_handle(target.conversation, target.instead_of))
        place = _place(told.body.get("result"), target.conversation)
        await self.posts.shown(place, showing, message)
        return Delivered(make_handle(place.conversation, place.message))


def _place(sent: object, conversation: str) -> ChatMessageRef:
    """Return where a message was posted: by the number of the chat, also of one named @name."""
    posted = sent if isinstance(sent, dict) else {}
    chat = posted.get("chat")
    number = chat.get("id") if isinstance(chat, dict) else None
    return ChatMessageRef(PROVIDER, str(number or conversation), str(posted.get("message_id", "")))


def _aimed(target: PostTarget) -> dict[str, Any]:
    """Return the parameters that name the message to change, or to reply to."""
    if target.instead_of.isdecimal():
        return {"message_id": int(target.instead_of)}
    if target.below.isdecimal():
        parameters = {"message_id": int(target.below), "allow_sending_without_reply": True}
        return {"reply_parameters": parameters}
    return {}


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without a token."""
    api = TelegramApi.open(parts)
    return {} if api is None else {PROVIDER: TelegramChannel(api, parts.chat_posts())}
