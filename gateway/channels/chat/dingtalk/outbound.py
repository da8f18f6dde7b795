"""The outbound channel of DingTalk 钉钉.

It sends cards with buttons that follow their records, plain messages of an application, and
messages of group robots.

https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/development/interactive-card-update-interface
https://open.dingtalk.com/document/orgapp/chatbots-send-one-on-one-chat-messages-in-batches
https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages (and error codes)
https://open.dingtalk.com/document/orgapp/obtain-the-access_token-of-an-internal-app
"""

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from gateway.channels.chat.dingtalk import cards
from gateway.channels.chat.dingtalk.section import DingTalkSection
from gateway.channels.opening import ChannelParts
from gateway.db.pool import LOST_RACE
from gateway.egress.access_token import AccessToken, FetchedToken
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS, interpret_code
from gateway.errors import Unavailable
from gateway.notify.chat_messages import ChatMessageRef
from gateway.notify.chat_posts import ChatPosts, make_handle
from gateway.notify.message import (
    REPLACE_MARK,
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)

PROVIDER = "dingtalk"

ROBOT = "robot:"
"""The prefix of a recipient that is a group robot of the settings."""

RECIPIENT = re.compile(
    r"([A-Za-z0-9_.@+/=$:-]{1,128}?)(?:" + REPLACE_MARK + r"([0-9a-f-]{36}))?", re.ASCII
)
"""A member or `group:` and a conversation, followed by the card to change if there is one.

The id of a conversation may hold any character of base64.
"""

MAX_TEXT = 4_000
"""The maximum number of characters of a text; a message has 20000 bytes at most."""

BUSY: Mapping[int, timedelta | None] = {
    -1: None,
    130101: timedelta(minutes=10),
    410100: timedelta(minutes=10),
}
"""Error codes of DingTalk's own faults and of rate limits, with the time to wait.

After more than twenty messages in a minute a robot is silent for ten minutes.
"""

NEVER = frozenset({300001, 400013, 400101, 430101, 430102, 430103, 430104})
"""Error codes of permanent failures: no such robot, the group is gone, or refused content."""

ENDED = ("InvalidAuthentication", "InvalidAccessToken")
"""Error codes of an access token that is wrong or expired."""

SLOWER = ("QpsLimit", "Throttling", "system.busy", "ServiceUnavailable")
UNKNOWN = (
    "userIdNotExist",
    "staffId.notExisted",
    "invalidStaffId",
    "contentUnsafe",
    "cardNotExist",
)


@dataclass(frozen=True, slots=True)
class DingTalkChannel:
    """A channel to `manager1`, `group:cid…` or `robot:NAME`.

    `manager1/=ID` and `group:cid…/=ID` change a card. `robots` calls the other host, that of the
    robots.
    """

    settings: DingTalkSection
    call: JsonApiClient
    robots: JsonApiClient
    posts: ChatPosts
    token: AccessToken

    @classmethod
    def open(
        cls, settings: DingTalkSection, call: JsonApiClient, robots: JsonApiClient, posts: ChatPosts
    ) -> "DingTalkChannel":
        """Return a channel with an access token of its own."""

        async def fetch() -> FetchedToken | Retry | Undeliverable:
            return await _fetch(settings, call)

        return cls(settings, call, robots, posts, AccessToken(fetch, call.clock))

    def endpoint(self, recipient: str) -> str:
        """Return the endpoint: each robot and the application fail separately.

        A robot has a rate limit of its own.
        """
        return f"dingtalk:{recipient if recipient.startswith(ROBOT) else 'application'}"

    async def send(self, message: Message) -> Result:
        """Send the message once and return the result."""
        if message.recipient.startswith(ROBOT):
            return await self._by_robot(message)
        return await self._in_application(message, message.recipient)

    async def update(self, message: Message, handle: str) -> Result:
        """Change a card that was sent."""
        return await self._in_application(message, handle)

    async def _in_application(self, message: Message, recipient: str) -> Result:
        if not self.settings.app_key:
            return Undeliverable("there is no application: set notify.dingtalk")
        target = RECIPIENT.fullmatch(recipient)
        return (
            await self._posted(message, target[1], target[2])
            if target
            else Undeliverable("this is no member of DingTalk")
        )

    async def _posted(self, message: Message, to: str, card: str | None) -> Result:
        """Change a card, or send a card or a plain message.

        A card is sent where there is a template and a button to press.
        """
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        reply = showing.reply
        if card:
            return await self._by_application(
                "PUT", "/v1.0/card/instances", cards.change(card, reply)
            )
        if not (self.settings.card_template and reply.buttons):
            path, body = cards.plain(self.settings, to, reply.text[:MAX_TEXT])
            return await self._by_application("POST", path, body)
        made = cards.card(self.settings, to, str(message.id), reply)
        result = await self._by_application("POST", "/v1.0/card/instances/createAndDeliver", made)
        if isinstance(result, Delivered):
            await self.posts.shown(ChatMessageRef(PROVIDER, to, str(message.id)), showing, message)
            return Delivered(make_handle(to, str(message.id)))
        return result

    async def _by_robot(self, message: Message) -> Result:
        robot = self.settings.robots.get(message.recipient.removeprefix(ROBOT))
        if robot is None:
            return Undeliverable("no robot has this name: see notify.dingtalk.robots")
        body = {
            "msgtype": "text",
            "text": {"content": f"{message.subject}\n\n{message.text}".strip()[:MAX_TEXT]},
        }
        query = {"access_token": robot.token} | (
            sign_robot_call(robot.secret, self.robots.clock.now()) if robot.secret else {}
        )
        told = await self.robots("POST", f"/robot/send?{urlencode(query)}", body)
        if not isinstance(told, VendorResponse):
            return told
        return robot_result(told.body.get("errcode"), str(told.body.get("errmsg", ""))[:200])

    async def _by_application(self, method: str, path: str, body: Mapping[str, Any]) -> Result:
        """Call the API as application, with a new token if the present one has expired."""
        for _ in range(2):
            token = await self.token.get()
            if not isinstance(token, str):
                return token
            told = await self.call(
                method, path, body, headers={"x-acs-dingtalk-access-token": token}
            )
            if not isinstance(told, VendorResponse):
                return told
            if told.body.get("code") not in ENDED and told.status != 401:
                return (
                    delivery_result(told.body) if 200 <= told.status < 300 else refusal_result(told)
                )
            self.token.forget(token)
        return Retry("a new token is refused like the one before it", at_most=FEW_ATTEMPTS)


def delivery_result(said: Mapping[str, Any]) -> Result:
    """Return the result of a call answered with 200.

    One that reached nobody is no delivery: a card reports that in its results, a message in
    lists of members. An answer with neither is not DingTalk's.
    """
    result = said.get("result")
    places = result.get("deliverResults") if isinstance(result, dict) else None
    failed = [one for one in places or () if isinstance(one, dict) and one.get("success") is False]
    if said.get("success") is False or (places and len(failed) == len(places)):
        reason = str(failed[0].get("errorMsg", ""))[:200] if failed else "no reason"
        return Retry(f"DingTalk: not delivered: {reason}", at_most=FEW_ATTEMPTS)
    if said.get("flowControlledStaffIdList"):
        return Retry("DingTalk: this member is sent too much", after=timedelta(minutes=1))
    if said.get("invalidStaffIdList"):
        return Undeliverable("DingTalk: no such member")
    if "success" not in said and "processQueryKey" not in said:
        return Retry("DingTalk: an answer without a result", at_most=FEW_ATTEMPTS)
    return Delivered()


def refusal_result(told: VendorResponse) -> Result:
    """Return the result of an application's call that was refused."""
    code = str(told.body.get("code", ""))[:200]
    reason = f"DingTalk: {told.status} {code}: {str(told.body.get('message', ''))[:200]}"
    if any(part in code for part in SLOWER):
        return Retry(reason, after=timedelta(seconds=10))
    return (
        Undeliverable(reason)
        if any(part in code for part in UNKNOWN)
        else Retry(reason, at_most=FEW_ATTEMPTS)
    )


def sign_robot_call(secret: str, now: datetime) -> dict[str, str]:
    """Return the time and its signature, as robots with a secret require."""
    stamp = str(int(now.timestamp() * 1000))
    mark = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")
    return {"timestamp": stamp, "sign": base64.b64encode(mark).decode()}


def robot_result(code: object, reason: str) -> Result:
    """Return the result for the code in a robot's answer."""
    return interpret_code("DingTalk", code, reason, BUSY, NEVER)


async def _fetch(
    settings: DingTalkSection, call: JsonApiClient
) -> FetchedToken | Retry | Undeliverable:
    told = await call(
        "POST",
        "/v1.0/oauth2/accessToken",
        {"appKey": settings.app_key, "appSecret": settings.app_secret},
    )
    if not isinstance(told, VendorResponse):
        return told
    token, lasts = told.body.get("accessToken"), told.body.get("expireIn")
    if isinstance(token, str) and token and isinstance(lasts, int):
        return FetchedToken(token, timedelta(seconds=lasts))
    return Retry(
        f"DingTalk: no token: {str(told.body.get('message', ''))[:200]}", at_most=FEW_ATTEMPTS
    )


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without an application and robots."""
    settings = parts.section(DingTalkSection)
    if not (settings.app_key or settings.robots):
        return {}
    api = parts.open_api(settings.address, allow_private=settings.allow_private)
    robots = parts.open_api(settings.robot_address, allow_private=settings.allow_private)
    return {PROVIDER: DingTalkChannel.open(settings, api, robots, parts.chat_posts())}
