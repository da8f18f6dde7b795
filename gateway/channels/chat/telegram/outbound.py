"""The outbound channel of Telegram: messages with buttons, which follow their records.

https://core.telegram.org/bots/api: sendMessage, editMessageText, deleteMessage (for 48 hours) and
"Making requests". `ok` says whether a call succeeded, `description` why it did not; a bot that
sends too much is told for how long to stop in `parameters.retry_after`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.channels.chat.telegram.messages import content
from gateway.channels.chat.telegram.section import TelegramSection
from gateway.channels.opening import ChannelParts
from gateway.db.pool import LOST_RACE
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS, interpret_status
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

DONE = ("message is not modified", "message to delete not found")
"""Descriptions of calls that find things as they should be."""

NEVER = (
    "chat not found",
    "group chat was upgraded to a supergroup",
    "have no rights to send",
    "not enough rights",
    "user_id_invalid",
    "peer_id_invalid",
    "message to edit not found",
    "message can't be edited",
    "message can't be deleted",
)
"""Descriptions of permanent failures, in lower case; so is every 403: the bot is not let in."""


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """A channel to chats by number or @name.

    `-100/5` replies to a message, `-100/=5` is a message that was sent.
    """

    settings: TelegramSection
    call: JsonApiClient
    posts: ChatPosts

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the API is the endpoint, wherever the message goes
        """Return the API as the endpoint of every message."""
        return f"telegram:{self.settings.api}"

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
        told = await self.ask("deleteMessage", body)
        return told if not isinstance(told, VendorResponse) else Delivered(handle)

    async def _post(self, message: Message, target: PostTarget) -> Result:
        if why := self.settings.find_objection(target.conversation):
            return Undeliverable(f"Telegram: this {why}")
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        body = {"chat_id": target.conversation, **content(showing.reply), **_aimed(target)}
        told = await self.ask("editMessageText" if target.instead_of else "sendMessage", body)
        if not isinstance(told, VendorResponse):
            return told
        if target.instead_of:
            return Delivered(make_handle(target.conversation, target.instead_of))
        place = _place(told.body.get("result"), target.conversation)
        await self.posts.shown(place, showing, message)
        return Delivered(make_handle(place.conversation, place.message))

    async def ask(
        self, method: str, body: Mapping[str, Any]
    ) -> VendorResponse | Retry | Undeliverable:
        """Call a method of the API; return the answer only if the call succeeded."""
        told = await self.call("POST", f"/bot{self.settings.token}/{method}", body)
        if not isinstance(told, VendorResponse) or told.body.get("ok") is True:
            return told
        said = str(told.body.get("description", ""))
        if any(one in said.lower() for one in DONE):
            return told
        return _refusal(told, said, self.call)


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


def _refusal(told: VendorResponse, said: str, call: JsonApiClient) -> Retry | Undeliverable:
    reason = f"Telegram: {told.status} {said[:200]}"
    if told.status == 429 or told.status >= 500:
        parameters = told.body.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        if isinstance(wait, int):
            return Retry(reason, after=timedelta(seconds=wait))
        verdict = interpret_status(told.status, told.retry_after, call.clock.now())
        return verdict if isinstance(verdict, Retry) else Retry(reason)
    if told.status == 403 or any(one in said.lower() for one in NEVER):
        return Undeliverable(reason)
    return Retry(reason, at_most=FEW_ATTEMPTS, down=told.status in (401, 404))


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without a token."""
    settings = parts.section(TelegramSection)
    if not settings.token:
        return {}
    api = parts.open_api(settings.api, allow_private=settings.allow_private, judges_failures=True)
    return {PROVIDER: TelegramChannel(settings, api, parts.chat_posts())}
