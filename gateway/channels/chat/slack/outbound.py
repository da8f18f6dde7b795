"""The outbound channel of Slack: messages with buttons.

They are posted in a channel, in a thread or to one person alone, and changed when the record
changes.

https://docs.slack.dev/reference/methods/chat.postMessage, chat.postEphemeral and chat.update.
Slack answers 200 whether or not a call succeeded; `ok` says that it did, `error` why it did not.
"""

from dataclasses import dataclass
from typing import Any

from gateway.channels.chat.slack.blocks import content
from gateway.channels.chat.slack.section import SlackSection
from gateway.channels.opening import ChannelParts
from gateway.db.pool import LOST_RACE
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS
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

PROVIDER = "slack"

PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "request_timeout",
        "service_unavailable",
    }
)
"""Error codes of temporary faults at Slack."""

LOCKED_OUT = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "no_permission",
    }
)
"""Error codes of a token with which nothing can be posted until somebody fixes it."""

GONE = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "is_archived",
        "user_not_in_channel",
    }
)
"""Error codes of permanent failures."""


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A channel to Slack conversations.

    Recipients are `C1`, `C1/171.2` (in that thread), `C1@U1` (to one person alone) and
    `C1/=171.2` (replacing that message).
    """

    settings: SlackSection
    call: JsonApiClient
    posts: ChatPosts

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the API is the endpoint, wherever the message goes
        """Return the API as the endpoint of every message."""
        return f"slack:{self.settings.api}"

    async def send(self, message: Message) -> Result:
        """Post the message once and return the result."""
        where, _, person = message.recipient.partition("@")
        return await self._call(message, parse_post_target(where), person)

    async def update(self, message: Message, handle: str) -> Result:
        """Change a message that was posted."""
        return await self._call(message, parse_post_target(handle), "")

    async def cancel(self, handle: str) -> Result:
        """Delete a message that was posted."""
        target = parse_post_target(handle)
        body = {"channel": target.conversation, "ts": target.instead_of}
        told = await self.call("POST", "/chat.delete", body, self.settings.token)
        if not isinstance(told, VendorResponse):
            return told
        error = str(told.body.get("error", ""))
        if told.body.get("ok") is True or error == "message_not_found":
            return Delivered()
        return result_of_error(error)

    async def _call(self, message: Message, target: PostTarget, person: str) -> Result:
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        method, more = _asked(target, person)
        body = {
            "channel": target.conversation,
            "unfurl_links": False,
            **content(showing.reply),
            **more,
        }
        told = await self.call("POST", f"/{method}", body, self.settings.token)
        if not isinstance(told, VendorResponse):
            return told
        if told.body.get("ok") is not True:
            return result_of_error(str(told.body.get("error", "")))
        if method == ALONE:
            return Delivered()
        place = ChatMessageRef(
            PROVIDER,
            str(told.body.get("channel", target.conversation)),
            str(told.body.get("ts", "")),
        )
        if method == POST:
            await self.posts.shown(place, showing, message)
        return Delivered(make_handle(place.conversation, place.message))


POST, UPDATE, ALONE = "chat.postMessage", "chat.update", "chat.postEphemeral"


def _asked(target: PostTarget, person: str) -> tuple[str, dict[str, Any]]:
    """Return the API method, and its parameters besides channel and content."""
    if target.instead_of:
        return UPDATE, {"ts": target.instead_of}
    below = {"thread_ts": target.below} if target.below else {}
    return (ALONE, below | {"user": person}) if person else (POST, below)


def result_of_error(error: str) -> Result:
    """Return the result for an error code of Slack."""
    said = f"Slack: {error[:200]}"
    if error in GONE:
        return Undeliverable(said)
    if error in PASSING:
        return Retry(said)
    return Retry(said, at_most=FEW_ATTEMPTS, down=error in LOCKED_OUT)


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without a token."""
    settings = parts.section(SlackSection)
    if not settings.token:
        return {}
    api = parts.open_api(settings.api, allow_private=settings.allow_private)
    return {PROVIDER: SlackChannel(settings, api, parts.chat_posts())}
