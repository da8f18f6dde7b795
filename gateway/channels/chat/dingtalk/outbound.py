"""DingTalk 钉钉 on the way out: cards with buttons that follow their records, an application's plain messages, groups' robots.

https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/development/interactive-card-update-interface
https://open.dingtalk.com/document/orgapp/chatbots-send-one-on-one-chat-messages-in-batches
https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages (and what its codes mean)
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
from gateway.db.pool import LOST_RACE
from gateway.egress.access_token import AccessToken, Fetched
from gateway.egress.api_client import Calling, Told
from gateway.egress.http_results import FEW_TRIES
from gateway.errors import Unavailable
from gateway.notify.chat_messages import Place
from gateway.notify.chat_posts import CHANGE, ChatPosts
from gateway.notify.message import Dead, Delivered, Message, Result, Retry
from gateway.settings import DingTalk

PROVIDER = "dingtalk"

ROBOT = "robot:"
"""What a recipient begins with that is a group's robot of the settings."""

RECIPIENT = re.compile(r"([A-Za-z0-9_.@+/=$:-]{1,128}?)(?:" + CHANGE + r"([0-9a-f-]{36}))?", re.ASCII)
"""A member, or `group:` and a conversation, whose id may hold any character of base64; behind it the card to be changed."""

MAX_TEXT = 4_000
"""Characters; a message has 20000 bytes at most."""

BUSY: Mapping[int, timedelta | None] = {-1: None, 130101: timedelta(minutes=10), 410100: timedelta(minutes=10)}
"""Their trouble, or more than twenty messages of a robot in a minute, after which it is silent for ten."""

NEVER = frozenset({300001, 400013, 400101, 430101, 430102, 430103, 430104})
"""No such robot, the group is gone, or what the message holds is not passed on."""

ENDED = ("InvalidAuthentication", "InvalidAccessToken")
"""How an application hears that its token is wrong or over."""

SLOWER = ("QpsLimit", "Throttling", "system.busy", "ServiceUnavailable")
UNKNOWN = ("userIdNotExist", "staffId.notExisted", "invalidStaffId", "contentUnsafe", "cardNotExist")


@dataclass(frozen=True, slots=True)
class DingTalkChannel:
    """Sends to `manager1`, `group:cid…` or `robot:NAME`; `manager1/=ID` and `group:cid…/=ID` change a card.

    `robots` calls the other address, where robots are.
    """

    settings: DingTalk
    call: Calling
    robots: Calling
    posts: ChatPosts
    token: AccessToken

    @classmethod
    def open(cls, settings: DingTalk, call: Calling, robots: Calling, posts: ChatPosts) -> "DingTalkChannel":
        """A channel with a token of its own."""

        async def fetch() -> Fetched | Retry | Dead:
            return await _fetch(settings, call)

        return cls(settings, call, robots, posts, AccessToken(fetch, call.clock))

    def endpoint(self, recipient: str) -> str:
        """Robots and the application fail apart: a robot's limit is its own."""
        return f"dingtalk:{recipient if recipient.startswith(ROBOT) else 'application'}"

    async def send(self, message: Message) -> Result:
        """Send it once."""
        if message.recipient.startswith(ROBOT):
            return await self._by_robot(message)
        if not self.settings.app_key:
            return Dead("there is no application: set notify.dingtalk")
        target = RECIPIENT.fullmatch(message.recipient)
        return await self._posted(message, target[1], target[2]) if target else Dead("this is no member of DingTalk")

    async def _posted(self, message: Message, to: str, card: str | None) -> Result:
        """A change of a card, a card where there is a template and something to press, else a plain message."""
        try:
            showing = await self.posts.showing(message)
        except (Unavailable, *LOST_RACE) as error:
            return Retry(f"the record could not be looked up: {error!r}")
        reply = showing.reply
        if card:
            return await self._by_application("PUT", "/v1.0/card/instances", cards.change(card, reply))
        if not (self.settings.card_template and reply.buttons):
            path, body = cards.plain(self.settings, to, reply.text[:MAX_TEXT])
            return await self._by_application("POST", path, body)
        made = cards.card(self.settings, to, str(message.id), reply)
        result = await self._by_application("POST", "/v1.0/card/instances/createAndDeliver", made)
        if isinstance(result, Delivered):
            await self.posts.shown(Place(PROVIDER, to, str(message.id)), showing, message)
        return result

    async def _by_robot(self, message: Message) -> Result:
        robot = self.settings.robots.get(message.recipient.removeprefix(ROBOT))
        if robot is None:
            return Dead("no robot has this name: see notify.dingtalk.robots")
        body = {"msgtype": "text", "text": {"content": f"{message.subject}\n\n{message.text}".strip()[:MAX_TEXT]}}
        query = {"access_token": robot.token} | (signed(robot.secret, self.robots.clock.now()) if robot.secret else {})
        told = await self.robots("POST", f"/robot/send?{urlencode(query)}", body)
        if not isinstance(told, Told):
            return told
        return meaning(told.body.get("errcode"), str(told.body.get("errmsg", ""))[:200])

    async def _by_application(self, method: str, path: str, body: Mapping[str, Any]) -> Result:
        """With a new token if theirs has ended."""
        for _ in range(2):
            token = await self.token.get()
            if not isinstance(token, str):
                return token
            told = await self.call(method, path, body, headers={"x-acs-dingtalk-access-token": token})
            if not isinstance(told, Told):
                return told
            if told.body.get("code") not in ENDED and told.status != 401:
                return taken(told.body) if 200 <= told.status < 300 else refused(told)
            self.token.forget(token)
        return Retry("a new token is refused like the one before it", at_most=FEW_TRIES)


def taken(said: Mapping[str, Any]) -> Result:
    """A 200 that reaches nobody is no delivery: a card says so in its results, a message in lists of members."""
    result = said.get("result")
    places = result.get("deliverResults") if isinstance(result, dict) else None
    failed = [one for one in places or () if isinstance(one, dict) and one.get("success") is False]
    if said.get("success") is False or (places and len(failed) == len(places)):
        reason = str(failed[0].get("errorMsg", ""))[:200] if failed else "no reason"
        return Retry(f"DingTalk: not delivered: {reason}", at_most=FEW_TRIES)
    if said.get("flowControlledStaffIdList"):
        return Retry("DingTalk: this member is sent too much", after=timedelta(minutes=1))
    return Dead("DingTalk: no such member") if said.get("invalidStaffIdList") else Delivered()


def refused(told: Told) -> Result:
    """What an application's call that was not taken means."""
    code = str(told.body.get("code", ""))[:200]
    reason = f"DingTalk: {told.status} {code}: {str(told.body.get('message', ''))[:200]}"
    if any(part in code for part in SLOWER):
        return Retry(reason, after=timedelta(seconds=10))
    return Dead(reason) if any(part in code for part in UNKNOWN) else Retry(reason, at_most=FEW_TRIES)


def signed(secret: str, now: datetime) -> dict[str, str]:
    """The time and its signature, as robots with a secret want them."""
    stamp = str(int(now.timestamp() * 1000))
    mark = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")
    return {"timestamp": stamp, "sign": base64.b64encode(mark).decode()}


def meaning(code: object, reason: str) -> Result:
    """What the code in a robot's answer means: what may pass runs the schedule, what somebody may be mending gets a few tries."""
    if not isinstance(code, int) or isinstance(code, bool):
        return Retry("DingTalk: an answer without a code", at_most=FEW_TRIES)
    if code == 0:
        return Delivered()
    said = f"DingTalk: {code} {reason}"
    if code in BUSY:
        return Retry(said, after=BUSY[code], down=code == -1)
    return Dead(said) if code in NEVER else Retry(said, at_most=FEW_TRIES)


async def _fetch(settings: DingTalk, call: Calling) -> Fetched | Retry | Dead:
    told = await call("POST", "/v1.0/oauth2/accessToken", {"appKey": settings.app_key, "appSecret": settings.app_secret})
    if not isinstance(told, Told):
        return told
    token, lasts = told.body.get("accessToken"), told.body.get("expireIn")
    if isinstance(token, str) and token and isinstance(lasts, int):
        return Fetched(token, timedelta(seconds=lasts))
    return Retry(f"DingTalk: no token: {str(told.body.get('message', ''))[:200]}", at_most=FEW_TRIES)
