"""DingTalk 钉钉 on the way out: interactive cards with buttons, an application's plain messages, and robots of groups.

https://open.dingtalk.com/document/development/create-and-deliver-cards
https://open.dingtalk.com/document/orgapp/chatbots-send-one-on-one-chat-messages-in-batches
https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages (and what its codes mean)
https://open.dingtalk.com/document/orgapp/obtain-the-access_token-of-an-internal-app
"""

import base64
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from gateway.notify.card import Reply
from gateway.notify.channels.vendor import AccessToken, Answer, Fetched, Vendor, number, word
from gateway.notify.channels.webhook import FEW_TRIES
from gateway.notify.dingtalk_cards import variables
from gateway.notify.message import Dead, Delivered, Message, Result, Retry
from gateway.settings import DingTalk

ROBOT, GROUP = "robot:", "group:"
"""What a recipient begins with that is a group's robot of the settings, or a conversation; others are members."""

RECIPIENT = re.compile(r"[A-Za-z0-9_.@+/=$:-]{1,128}", re.ASCII)
MAX_TEXT = 4_000
"""Characters; a message has 20000 bytes at most."""

BUSY: Mapping[int, timedelta | None] = {-1: None, 130101: timedelta(minutes=10), 410100: timedelta(minutes=10)}
"""Their trouble, or more than twenty messages of a robot in a minute, after which it is silent for ten."""

NEVER = frozenset({300001, 400013, 400101, 430101, 430102, 430103, 430104})
"""No such robot, the group is gone, or what the message holds is not passed on."""

ENDED = frozenset({"InvalidAuthentication", "invalidaccesstoken", "InvalidAccessToken"})
"""How the new interface says that a token is wrong or over."""

SLOWER = ("QpsLimit", "Throttling", "system.busy", "ServiceUnavailable", "flow")
UNKNOWN = ("userIdNotExist", "staffId.notExisted", "invalidStaffId", "contentUnsafe")

Show = Callable[[Message], Awaitable[Reply | Retry]]
"""How a message is shown, in the reader's language."""


@dataclass(frozen=True, slots=True)
class DingTalkChannel:
    """Sends to `manager1` (a member), `group:cid…==` (a conversation) or `robot:NAME`."""

    settings: DingTalk
    vendor: Vendor
    show: Show
    token: AccessToken

    @classmethod
    def open(cls, settings: DingTalk, vendor: Vendor, show: Show) -> "DingTalkChannel":
        """A channel with a token of its own."""

        async def fetch() -> Fetched | Retry | Dead:
            return await _fetch(settings, vendor)

        return cls(settings, vendor, show, AccessToken(fetch, vendor.clock))

    def endpoint(self, recipient: str) -> str:
        """Robots and the application fail apart: a robot's limit is its own."""
        return f"dingtalk:{recipient if recipient.startswith(ROBOT) else 'application'}"

    async def send(self, message: Message) -> Result:
        """Send it once."""
        if message.recipient.startswith(ROBOT):
            return await self._by_robot(message)
        if not self.settings.app_key:
            return Dead("there is no application: set notify.dingtalk")
        if not RECIPIENT.fullmatch(message.recipient):
            return Dead("this is no member or conversation of DingTalk")
        reply = await self.show(message)
        return reply if isinstance(reply, Retry) else await self._by_application(*_posted(self.settings, message, reply))

    async def _by_robot(self, message: Message) -> Result:
        robot = self.settings.robots.get(message.recipient.removeprefix(ROBOT))
        if robot is None:
            return Dead("no robot has this name: see notify.dingtalk.robots")
        body = {"msgtype": "text", "text": {"content": f"{message.subject}\n\n{message.text}".strip()[:MAX_TEXT]}}
        query = {"access_token": robot.token} | (signed(robot.secret, self.vendor.clock.now()) if robot.secret else {})
        answer = await self.vendor.ask("POST", f"{self.settings.robot_address}/robot/send", body, query=query)
        if not isinstance(answer, tuple):
            return answer
        code = number(answer[1], "errcode")
        return self.vendor.judged(answer[0]) if code is None else meaning(code, word(answer[1], "errmsg"))

    async def _by_application(self, path: str, body: Mapping[str, Any]) -> Result:
        """With a new token if theirs has ended."""
        for _ in range(2):
            token = await self.token.get()
            if not isinstance(token, str):
                return token
            headers = {"x-acs-dingtalk-access-token": token}
            answer = await self.vendor.ask("POST", self.settings.address + path, body, headers=headers)
            if not isinstance(answer, tuple):
                return answer
            status, said = answer
            if word(said, "code") not in ENDED and status != 401:
                return self._taken(said) if 200 <= status < 300 else self._refused(status, said)
            self.token.forget(token)
        return Retry("a new token is refused like the one before it", at_most=FEW_TRIES)

    def _taken(self, said: Answer) -> Result:
        """A 200 that reaches nobody is no delivery: a card says so in its results, a message in lists of members."""
        result = said.get("result")
        places = result.get("deliverResults") if isinstance(result, dict) else None
        failed = [one for one in places or () if isinstance(one, dict) and one.get("success") is False]
        if said.get("success") is False or (places and len(failed) == len(places)):
            return Retry(f"not delivered: {word(failed[0], 'errorMsg') if failed else 'no reason'}", at_most=FEW_TRIES)
        if said.get("flowControlledStaffIdList"):
            return Retry("this member is sent too much", after=timedelta(minutes=1))
        return Dead("no such member") if said.get("invalidStaffIdList") else Delivered()

    def _refused(self, status: int, said: Answer) -> Result:
        code = word(said, "code")
        reason = f"{status} {code}: {word(said, 'message')}"
        if any(part in code for part in SLOWER):
            return Retry(reason, after=timedelta(seconds=10), down=status >= 500)
        if any(part in code for part in UNKNOWN):
            return Dead(reason)
        return self.vendor.judged(status) if status >= 500 or status == 429 else Retry(reason, at_most=FEW_TRIES)


def signed(secret: str, now: datetime) -> dict[str, str]:
    """The time and its signature, as robots with a secret want them."""
    stamp = str(int(now.timestamp() * 1000))
    mark = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")
    return {"timestamp": stamp, "sign": base64.b64encode(mark).decode()}


def meaning(code: int, reason: str) -> Result:
    """What the code in a robot's answer means: what may pass runs the schedule, what somebody may be mending gets a few tries."""
    if code == 0:
        return Delivered()
    said = f"{code}: {reason}"
    if code in BUSY:
        return Retry(said, after=BUSY[code], down=code == -1)
    return Dead(said) if code in NEVER else Retry(said, at_most=FEW_TRIES)


def _posted(settings: DingTalk, message: Message, reply: Reply) -> tuple[str, dict[str, Any]]:
    """Path and body: a card where there is a template and something to press, else a plain message."""
    group, conversation = message.recipient.startswith(GROUP), message.recipient.removeprefix(GROUP)
    if settings.card_template and reply.buttons:
        return "/v1.0/card/instances/createAndDeliver", _card(settings, message, reply)
    words = {"content": reply.text[:MAX_TEXT]}
    plain = {"robotCode": settings.robot_code, "msgKey": "sampleText", "msgParam": msgspec.json.encode(words).decode()}
    if group:
        return "/v1.0/robot/groupMessages/send", {**plain, "openConversationId": conversation}
    return "/v1.0/robot/oToMessages/batchSend", {**plain, "userIds": [message.recipient]}


def _card(settings: DingTalk, message: Message, reply: Reply) -> dict[str, Any]:
    """A card of the template, by the message's id, in a group or in the robot's own chat with a member."""
    card: dict[str, Any] = {
        "cardTemplateId": settings.card_template,
        "outTrackId": str(message.id),
        "callbackType": "HTTP",
        "callbackRouteKey": settings.card_route,
        "cardData": {"cardParamMap": variables(reply)},
        "userIdType": 1,
    }
    if message.recipient.startswith(GROUP):
        return card | {
            "openSpaceId": f"dtv1.card//IM_GROUP.{message.recipient.removeprefix(GROUP)}",
            "imGroupOpenSpaceModel": {"supportForward": False},
            "imGroupOpenDeliverModel": {"robotCode": settings.robot_code},
        }
    return card | {
        "openSpaceId": f"dtv1.card//IM_ROBOT.{message.recipient}",
        "imRobotOpenSpaceModel": {"supportForward": False},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": settings.robot_code},
    }


async def _fetch(settings: DingTalk, vendor: Vendor) -> Fetched | Retry | Dead:
    body = {"appKey": settings.app_key, "appSecret": settings.app_secret}
    answer = await vendor.ask("POST", f"{settings.address}/v1.0/oauth2/accessToken", body)
    if not isinstance(answer, tuple):
        return answer
    status, said = answer
    token, lasts = said.get("accessToken"), number(said, "expireIn")
    if isinstance(token, str) and token and lasts is not None:
        return Fetched(token, timedelta(seconds=lasts))
    result = vendor.judged(status)
    return Retry("no token in the answer", at_most=FEW_TRIES) if isinstance(result, Delivered) else result
