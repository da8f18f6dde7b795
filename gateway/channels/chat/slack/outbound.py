"""Slack on the way out: messages with buttons, below others, to one person alone, and changed when the record does.

https://docs.slack.dev/reference/methods/chat.postMessage, chat.postEphemeral and chat.update. Slack answers 200 whatever became
of a call; `ok` says that it was done, `error` why not.
"""

from dataclasses import dataclass
from typing import Any

from gateway.channels.chat.slack.blocks import content
from gateway.db.pool import LOST_RACE
from gateway.egress.api_client import Calling, Told
from gateway.egress.http_results import FEW_TRIES
from gateway.errors import Unavailable
from gateway.notify.chat_messages import Place
from gateway.notify.chat_posts import ChatPosts, Target, target_of
from gateway.notify.message import Dead, Delivered, Message, Result, Retry
from gateway.settings import Slack

PROVIDER = "slack"

PASSING = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "request_timeout", "service_unavailable"})
"""Errors of Slack's own."""

LOCKED_OUT = frozenset({
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission",
})  # fmt: skip
"""Errors that nothing will be posted with until somebody sees to the token."""

GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "is_archived", "user_not_in_channel"})
"""Errors that trying again does not mend."""


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """To `C1`, `C1/171.2` (below), `C1@U1` (to one person alone) or `C1/=171.2` (in place of)."""

    settings: Slack
    call: Calling
    posts: ChatPosts

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the API is the endpoint, wherever the message goes
        """The API."""
        return f"slack:{self.settings.api}"

    async def send(self, message: Message) -> Result:
        """Post it once."""
        where, _, person = message.recipient.partition("@")
        target = target_of(where)
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        method, more = _asked(target, person)
        body = {"channel": target.conversation, "unfurl_links": False, **content(showing.reply), **more}
        told = await self.call("POST", f"/{method}", body, self.settings.token)
        if not isinstance(told, Told):
            return told
        if told.body.get("ok") is not True:
            return judge(str(told.body.get("error", "")))
        if method == POST:
            place = Place(PROVIDER, str(told.body.get("channel", target.conversation)), str(told.body.get("ts", "")))
            await self.posts.shown(place, showing, message)
        return Delivered()


POST, UPDATE, ALONE = "chat.postMessage", "chat.update", "chat.postEphemeral"


def _asked(target: Target, person: str) -> tuple[str, dict[str, Any]]:
    """The method, and what it takes beside channel and content."""
    if target.instead_of:
        return UPDATE, {"ts": target.instead_of}
    below = {"thread_ts": target.below} if target.below else {}
    return (ALONE, below | {"user": person}) if person else (POST, below)


def judge(error: str) -> Result:
    """What an error of Slack's means for this message."""
    said = f"Slack: {error[:200]}"
    if error in GONE:
        return Dead(said)
    if error in PASSING:
        return Retry(said)
    return Retry(said, at_most=FEW_TRIES, down=error in LOCKED_OUT)
