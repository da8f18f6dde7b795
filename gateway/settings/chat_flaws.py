"""What is wrong with the settings of WeCom and DingTalk. Pure."""

import re
from collections.abc import Iterator, Mapping

from gateway.errors import Flaw
from gateway.settings.chat import Chat
from gateway.settings.sections import Notify

ENVELOPED = ("wecom", "dingtalk")
"""Whose calls come in an envelope of token and encoding key."""

KEY = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
ORIGIN = re.compile(r"https?://[^/?#\s]+", re.ASCII)


def flaws(chat: Mapping[str, Chat], notify: Notify) -> Iterator[Flaw]:
    """Tokens without a key, keys that are none, addresses with a path, applications and recipients without what they need."""
    wecom, dingtalk = notify.wecom, notify.dingtalk
    for name in ENVELOPED:
        if name in chat:
            yield from _sealed(f"/chat/{name}", chat[name])
    addresses = {"wecom/address": wecom.address, "dingtalk/address": dingtalk.address}
    for where, address in (addresses | {"dingtalk/robot_address": dingtalk.robot_address}).items():
        if not ORIGIN.fullmatch(address):
            yield Flaw(f"/notify/{where}", "an address such as https://qyapi.weixin.qq.com, with nothing behind it")
    if wecom.corp_id and not (wecom.secret and wecom.agent_id):
        yield Flaw("/notify/wecom/secret", "an application has a secret and an agent_id")
    if dingtalk.app_key and not (dingtalk.app_secret and dingtalk.robot_code):
        yield Flaw("/notify/dingtalk/app_secret", "an application has an app_secret and a robot_code")
    if dingtalk.card_template and not dingtalk.card_route:
        yield Flaw("/notify/dingtalk/card_route", "name the route that presses on the card take")
    yield from _recipients("wecom", notify, wecom.corp_id, wecom.robots)
    yield from _recipients("dingtalk", notify, dingtalk.app_key, dingtalk.robots)


def _recipients(channel: str, notify: Notify, application: str, robots: Mapping[str, object]) -> Iterator[Flaw]:
    """Whoever would never be told, because nothing is set that tells them."""
    for role, targets in notify.recipients.items():
        for named, _, recipient in (target.partition(":") for target in targets):
            kind, _, robot = recipient.partition(":")
            if named == channel and (robot not in robots if kind == "robot" else not application):
                needed = f"notify.{channel}.robots.{robot}" if kind == "robot" else f"the application of notify.{channel}"
                yield Flaw(f"/notify/recipients/{role}", f"{channel}:{recipient} needs {needed}")


def _sealed(pointer: str, chat: Chat) -> Iterator[Flaw]:
    tokens, keys = chat.token.split(), chat.encoding_key.split()
    if len(tokens) != len(keys):
        yield Flaw(f"{pointer}/token", "each token has its encoding_key, both in the same order")
    if not all(KEY.fullmatch(key) for key in keys):
        yield Flaw(f"{pointer}/encoding_key", "an encoding key has 43 letters and digits")
