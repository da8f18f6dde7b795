"""The outbound channel of Feishu and Lark: cards with buttons.

Cards are sent, posted in reply to messages, and changed when the record changes.

https://open.feishu.cn/document/server-docs/im-v1/message/create, reply and patch. The app's
token lasts two hours; `uuid` keeps a message that is sent again within an hour from appearing
twice. `code` is 0 for a call that succeeded.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from gateway.channels.chat.feishu.cards import card
from gateway.channels.chat.feishu.section import FeishuSection
from gateway.channels.opening import ChannelParts
from gateway.db.pool import LOST_RACE
from gateway.egress.access_token import AccessToken, FetchedToken
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

PROVIDER = "feishu"
AUTH, MESSAGES = "/open-apis/auth/v3/tenant_access_token/internal", "/open-apis/im/v1/messages"
PASSING = frozenset({99991400, 230020, 230049, 11232})
"""Error codes of rate limits, and of a message that is still being sent."""

UNKNOWN_TOKEN = frozenset({99991661, 99991663, 99991664, 99991665, 99991668})
GONE = frozenset({230011, 230031, 230110, 230050})
"""Error codes of a message that was recalled, deleted, hidden or is too old to change."""

KINDS = {"oc_": "chat_id", "ou_": "open_id", "on_": "union_id"}


@dataclass(frozen=True, slots=True)
class FeishuChannel:
    """A channel to chats (`oc_…`), people (`ou_…`) and mail addresses.

    `oc_…/om_…` posts a reply to a message, `oc_…/=om_…` replaces one.
    """

    settings: FeishuSection
    call: JsonApiClient
    posts: ChatPosts
    token: AccessToken

    @classmethod
    def open(
        cls, settings: FeishuSection, call: JsonApiClient, posts: ChatPosts
    ) -> "FeishuChannel":
        """Return a channel with an access token of its own."""

        async def fetch() -> FetchedToken | Retry | Undeliverable:
            return await _fetch(settings, call)

        return cls(settings, call, posts, AccessToken(fetch, call.clock))

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - the API is the endpoint, wherever the message goes
        """Return the API as the endpoint of every message."""
        return f"feishu:{self.settings.api}"

    async def send(self, message: Message) -> Result:
        """Send the message once and return the result."""
        return await self._send(message, parse_post_target(message.recipient))

    async def update(self, message: Message, handle: str) -> Result:
        """Change a message that was sent."""
        return await self._send(message, parse_post_target(handle))

    async def cancel(self, handle: str) -> Result:
        """Recall a message that was sent."""
        path = f"{MESSAGES}/{quote(parse_post_target(handle).instead_of, safe='')}"
        told = await self._called("DELETE", path, None)
        return told if isinstance(told, Retry | Undeliverable) else Delivered()

    async def _send(self, message: Message, target: PostTarget) -> Result:
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        shown = msgspec.json.encode(card(showing.reply)).decode()
        sent = {"msg_type": "interactive", "content": shown, "uuid": str(message.id)}
        if target.instead_of:
            told = await self._called(
                "PATCH", f"{MESSAGES}/{quote(target.instead_of, safe='')}", {"content": shown}
            )
        elif target.below:
            told = await self._called(
                "POST", f"{MESSAGES}/{quote(target.below, safe='')}/reply", sent
            )
        else:
            path = f"{MESSAGES}?receive_id_type={kind_of(target.conversation)}"
            told = await self._called("POST", path, sent | {"receive_id": target.conversation})
        if not isinstance(told, VendorResponse):
            return told
        if target.instead_of:
            return Delivered(make_handle(target.conversation, target.instead_of))
        data = told.body.get("data") or {}
        place = ChatMessageRef(
            PROVIDER,
            str(data.get("chat_id", target.conversation)),
            str(data.get("message_id", "")),
        )
        await self.posts.shown(place, showing, message)
        return Delivered(make_handle(place.conversation, place.message))

    async def _called(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> VendorResponse | Retry | Undeliverable:
        """Call the API in the app's name; return the answer only if the call succeeded."""
        token = await self.token.get()
        if not isinstance(token, str):
            return token
        told = await self.call(method, path, body, token)
        if not isinstance(told, VendorResponse) or told.body.get("code") == 0:
            return told
        code = told.body.get("code")
        if code in UNKNOWN_TOKEN:
            self.token.forget(token)
        return result_of_code(code, str(told.body.get("msg", "")))


def kind_of(recipient: str) -> str:
    """Return the type of id that a recipient is."""
    return "email" if "@" in recipient else KINDS.get(recipient[:3], "user_id")


def result_of_code(code: object, said: str) -> Retry | Undeliverable:
    """Return the result for an error code of Feishu."""
    reason = f"Feishu: {code} {said[:200]}"
    if code in GONE:
        return Undeliverable(reason)
    if code in PASSING or code in UNKNOWN_TOKEN:
        return Retry(reason)
    return Retry(reason, at_most=FEW_ATTEMPTS)


async def _fetch(
    settings: FeishuSection, call: JsonApiClient
) -> FetchedToken | Retry | Undeliverable:
    told = await call("POST", AUTH, {"app_id": settings.app_id, "app_secret": settings.app_secret})
    if not isinstance(told, VendorResponse):
        return told
    text, lasts = told.body.get("tenant_access_token"), told.body.get("expire")
    if told.body.get("code") != 0 or not isinstance(text, str) or not isinstance(lasts, int):
        return Retry(
            f"Feishu gives no token: {str(told.body.get('msg'))[:200]}",
            at_most=FEW_ATTEMPTS,
            down=True,
        )
    return FetchedToken(text, timedelta(seconds=lasts))


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without an app."""
    settings = parts.section(FeishuSection)
    if not settings.app_id:
        return {}
    api = parts.open_api(settings.api, allow_private=settings.allow_private)
    return {PROVIDER: FeishuChannel.open(settings, api, parts.chat_posts())}
