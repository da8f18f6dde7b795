"""WeCom 企业微信 on the way out: messages of an application, with buttons, and robots of groups.

https://developer.work.weixin.qq.com/document/path/90236 (messages), 91039 (tokens), 99110 (robots), 90313 (what codes mean)
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.notify import wecom_cards
from gateway.notify.card import Reply
from gateway.notify.channels.vendor import AccessToken, Fetched, Vendor, number, word
from gateway.notify.channels.webhook import FEW_TRIES
from gateway.notify.message import Dead, Delivered, Message, Result, Retry
from gateway.settings import WeCom

ROBOT = "robot:"
"""What a recipient begins with that is a group's robot of the settings; others are members."""

MEMBERS = re.compile(r"@all|[A-Za-z0-9_.@-]{1,64}(?:\|[A-Za-z0-9_.@-]{1,64}){0,99}", re.ASCII)

ENDED = frozenset({40014, 41001, 42001})
"""The token is wrong, missing or over."""

BUSY: Mapping[int, timedelta | None] = {-1: None, 6000: None, 45009: timedelta(minutes=1), 45033: timedelta(minutes=1)}
"""Their trouble, or too much at once, and how long that lasts."""

NEVER = frozenset({40003, 60111, 81013, 82001, 93000})
"""No such member, nobody of the recipients may be told, or the robot has left its group."""

Show = Callable[[Message], Awaitable[Reply | Retry]]
"""How a message is shown, in the reader's language."""


@dataclass(frozen=True, slots=True)
class WeComChannel:
    """Sends to `zhangsan`, `zhangsan|lisi`, `@all` or `robot:NAME`."""

    settings: WeCom
    vendor: Vendor
    show: Show
    token: AccessToken

    @classmethod
    def open(cls, settings: WeCom, vendor: Vendor, show: Show) -> "WeComChannel":
        """A channel with a token of its own."""

        async def fetch() -> Fetched | Retry | Dead:
            return await _fetch(settings, vendor)

        return cls(settings, vendor, show, AccessToken(fetch, vendor.clock))

    def endpoint(self, recipient: str) -> str:
        """Robots and the application fail apart: a group's limit is its own."""
        return f"wecom:{recipient if recipient.startswith(ROBOT) else 'application'}"

    async def send(self, message: Message) -> Result:
        """Send it once."""
        if message.recipient.startswith(ROBOT):
            return await self._by_robot(message)
        if not self.settings.corp_id:
            return Dead("there is no application: set notify.wecom")
        if not MEMBERS.fullmatch(message.recipient):
            return Dead("this is no member of WeCom")
        reply = await self.show(message)
        return reply if isinstance(reply, Retry) else await self._to_members(message, wecom_cards.content(reply, str(message.id)))

    async def _by_robot(self, message: Message) -> Result:
        key = self.settings.robots.get(message.recipient.removeprefix(ROBOT))
        if key is None:
            return Dead("no robot has this name: see notify.wecom.robots")
        words = wecom_cards.text(f"{message.subject}\n\n{message.text}".strip())
        body = {"msgtype": "text", "text": {"content": words}}
        return (await self._asked("/cgi-bin/webhook/send", {"key": key}, body))[0]

    async def _to_members(self, message: Message, content: Mapping[str, Any]) -> Result:
        """With a new token if theirs has ended."""
        body = {"touser": message.recipient, "agentid": self.settings.agent_id, "enable_duplicate_check": 1, **content}
        for _ in range(2):
            token = await self.token.get()
            if not isinstance(token, str):
                return token
            result, code = await self._asked("/cgi-bin/message/send", {"access_token": token}, body)
            if code not in ENDED:
                return result
            self.token.forget(token)
        return Retry("a new token is refused like the one before it", at_most=FEW_TRIES)

    async def _asked(self, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> tuple[Result, int | None]:
        answer = await self.vendor.ask("POST", self.settings.address + path, body, query=query)
        if not isinstance(answer, tuple):
            return answer, None
        status, said = answer
        code = number(said, "errcode")
        return (self.vendor.judged(status) if code is None else meaning(code, word(said, "errmsg"))), code


def meaning(code: int, reason: str) -> Result:
    """What the code in an answer means: what may pass runs the schedule, what somebody may be mending gets a few tries."""
    if code == 0:
        return Delivered()
    said = f"{code}: {reason}"
    if code in BUSY:
        return Retry(said, after=BUSY[code], down=code == -1)
    return Dead(said) if code in NEVER else Retry(said, at_most=FEW_TRIES)


async def _fetch(settings: WeCom, vendor: Vendor) -> Fetched | Retry | Dead:
    query = {"corpid": settings.corp_id, "corpsecret": settings.secret}
    answer = await vendor.ask("GET", f"{settings.address}/cgi-bin/gettoken", query=query)
    if not isinstance(answer, tuple):
        return answer
    status, said = answer
    token, lasts = said.get("access_token"), number(said, "expires_in")
    if isinstance(token, str) and token and lasts is not None:
        return Fetched(token, timedelta(seconds=lasts))
    code = number(said, "errcode")
    result = vendor.judged(status) if not code else meaning(code, word(said, "errmsg"))
    return Retry("no token in the answer", at_most=FEW_TRIES) if isinstance(result, Delivered) else result
