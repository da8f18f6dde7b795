"""The outbound channel of WeCom 企业微信: an application's messages with buttons, and group robots.

https://developer.work.weixin.qq.com/document/path/90236 (messages), 94888 (changes of cards),
91039 (tokens), 99110 (robots), 90313 (error codes). A card is changed by the answer to a press
on it, and otherwise only once, within three days: when somebody first acts on the record
elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from gateway.channels.chat.wecom import cards
from gateway.channels.chat.wecom.section import WeComSection
from gateway.channels.opening import ChannelParts
from gateway.db.pool import LOST_RACE
from gateway.egress.access_token import AccessToken, FetchedToken
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS, interpret_code
from gateway.errors import Unavailable
from gateway.notify.chat_messages import ChatMessageRef
from gateway.notify.chat_posts import ChatPosts, PostContent, make_handle
from gateway.notify.message import (
    REPLACE_MARK,
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)

PROVIDER = "wecom"

ROBOT = "robot:"
"""The prefix of a recipient that is a group robot of the settings; others are members."""

RECIPIENT = re.compile(
    r"(@all|[A-Za-z0-9_.@-]{1,64}(?:\|[A-Za-z0-9_.@-]{1,64}){0,99})(?:"
    + REPLACE_MARK
    + r"([0-9]{1,12})\.(.{1,1000}))?",
    re.ASCII,
)
"""Members, followed by the card to change if there is one.

A card is named by the time it was posted, in seconds, and the code that changes it.
"""

CHANGEABLE = timedelta(hours=72)
"""The time during which a card can be changed."""

ENDED = (40014, 41001, 42001)
"""Error codes of a token that is wrong, missing or expired."""

BUSY: Mapping[int, timedelta | None] = {
    -1: None,
    6000: None,
    45009: timedelta(minutes=1),
    45033: timedelta(minutes=1),
}
"""Error codes of WeCom's own faults and of rate limits, with the time to wait."""

NEVER = frozenset({40003, 60111, 81013, 82001, 93000})
"""Error codes of permanent failures.

No such member, no recipient who may be notified, or the robot has left its group.
"""


@dataclass(frozen=True, slots=True)
class WeComChannel:
    """A channel to `zhangsan`, `zhangsan|lisi`, `@all` or `robot:NAME`.

    `zhangsan/=NAME` changes a card.
    """

    settings: WeComSection
    call: JsonApiClient
    posts: ChatPosts
    token: AccessToken

    @classmethod
    def open(cls, settings: WeComSection, call: JsonApiClient, posts: ChatPosts) -> "WeComChannel":
        """Return a channel with an access token of its own."""

        async def fetch() -> FetchedToken | Retry | Undeliverable:
            return await _fetch(settings, call)

        return cls(settings, call, posts, AccessToken(fetch, call.clock))

    def endpoint(self, recipient: str) -> str:
        """Return the endpoint: each robot and the application fail separately.

        A group has a rate limit of its own.
        """
        return f"wecom:{recipient if recipient.startswith(ROBOT) else 'application'}"

    async def send(self, message: Message) -> Result:
        """Send the message once and return the result."""
        if message.recipient.startswith(ROBOT):
            return await self._by_robot(message)
        return await self._by_application(message, message.recipient)

    async def update(self, message: Message, handle: str) -> Result:
        """Change a card that was sent."""
        return await self._by_application(message, handle)

    async def _by_application(self, message: Message, recipient: str) -> Result:
        if not self.settings.corp_id:
            return Undeliverable("there is no application: set notify.wecom")
        target = RECIPIENT.fullmatch(recipient)
        if target is None:
            return Undeliverable("this is no member of WeCom")
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        members, posted, code = target.groups()
        return await (
            self._changed(message, showing, members, int(posted), code)
            if posted
            else self._sent(message, showing)
        )

    async def _sent(self, message: Message, showing: PostContent) -> Result:
        content = cards.content(showing.reply, str(message.id))
        told = await self._call_api(
            "send", {"touser": message.recipient, "enable_duplicate_check": 1, **content}
        )
        result, code = (
            call_result(told),
            told.body.get("response_code") if isinstance(told, VendorResponse) else None,
        )
        if isinstance(result, Delivered) and isinstance(code, str) and code:
            name = f"{int(self.call.clock.now().timestamp())}.{code}"
            await self.posts.shown(
                ChatMessageRef(PROVIDER, message.recipient, name), showing, message
            )
            return Delivered(make_handle(message.recipient, name))
        return result

    async def _changed(
        self, message: Message, showing: PostContent, members: str, posted: int, code: str
    ) -> Result:
        """Change a card, which is possible once; without a call if it is too old to change."""
        if self.call.clock.now().timestamp() - posted >= CHANGEABLE.total_seconds():
            return Delivered()
        to: dict[str, Any] = {"atall": 1} if members == "@all" else {"userids": members.split("|")}
        told = await self._call_api(
            "update_template_card", {**to, "response_code": code, **cards.change(showing.reply)}
        )
        await self.posts.shown(
            ChatMessageRef(PROVIDER, members, f"{posted}.{code}"), showing, message, for_good=True
        )
        return call_result(told)

    async def _by_robot(self, message: Message) -> Result:
        key = self.settings.robots.get(message.recipient.removeprefix(ROBOT))
        if key is None:
            return Undeliverable("no robot has this name: see notify.wecom.robots")
        words = cards.text(f"{message.subject}\n\n{message.text}".strip())
        body = {"msgtype": "text", "text": {"content": words}}
        return call_result(
            await self.call("POST", f"/cgi-bin/webhook/send?{urlencode({'key': key})}", body)
        )

    async def _call_api(
        self, what: str, body: Mapping[str, Any]
    ) -> VendorResponse | Retry | Undeliverable:
        """Call the API as application, with a new token if the present one has expired."""
        for _ in range(2):
            token = await self.token.get()
            if not isinstance(token, str):
                return token
            path = f"/cgi-bin/message/{what}?{urlencode({'access_token': token})}"
            told = await self.call("POST", path, {"agentid": self.settings.agent_id, **body})
            if not isinstance(told, VendorResponse) or told.body.get("errcode") not in ENDED:
                return told
            self.token.forget(token)
        return Retry("a new token is refused like the one before it", at_most=FEW_ATTEMPTS)


def call_result(told: VendorResponse | Retry | Undeliverable) -> Result:
    """Return the result of a call by the code in its body: WeCom always answers 200."""
    if not isinstance(told, VendorResponse):
        return told
    return result_of_code(told.body.get("errcode"), str(told.body.get("errmsg", ""))[:200])


def result_of_code(code: object, reason: str) -> Result:
    """Return the result for an error code."""
    return interpret_code("WeCom", code, reason, BUSY, NEVER)


async def _fetch(
    settings: WeComSection, call: JsonApiClient
) -> FetchedToken | Retry | Undeliverable:
    named = urlencode({"corpid": settings.corp_id, "corpsecret": settings.secret})
    told = await call("GET", f"/cgi-bin/gettoken?{named}", None)
    if not isinstance(told, VendorResponse):
        return told
    token, lasts = told.body.get("access_token"), told.body.get("expires_in")
    if isinstance(token, str) and token and isinstance(lasts, int):
        return FetchedToken(token, timedelta(seconds=lasts))
    result = call_result(told)
    return (
        Retry("WeCom: no token in the answer", at_most=FEW_ATTEMPTS)
        if isinstance(result, Delivered)
        else result
    )


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without an application and robots."""
    settings = parts.section(WeComSection)
    if not (settings.corp_id or settings.robots):
        return {}
    api = parts.open_api(settings.address, allow_private=settings.allow_private)
    return {PROVIDER: WeComChannel.open(settings, api, parts.chat_posts())}
