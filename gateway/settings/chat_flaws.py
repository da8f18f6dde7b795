"""Flaws of the settings of chats. Pure."""

import re
from collections.abc import Iterator, Mapping

from gateway.errors import Flaw
from gateway.settings.chat import ChatSettings
from gateway.settings.sections import Notify

ENVELOPED = ("wecom", "dingtalk")
"""The providers whose requests come in an envelope with token and encoding key."""

KEY = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
API = re.compile(r"https?://[^?#\s]+", re.ASCII)
LEAST = 8
"""The fewest characters of a secret."""

ORIGIN = re.compile(r"https?://[^/?#\s]+", re.ASCII)


def flaws(chat: Mapping[str, ChatSettings], notify: Notify) -> Iterator[Flaw]:
    """Yield weak secrets, unpaired tokens, invalid keys and addresses, and missing credentials."""
    for name, one in chat.items():
        if any(len(secret) < LEAST for secret in one.secrets):
            yield Flaw(f"/chat/{name}/secrets", f"a secret has at least {LEAST} characters")
        if name in ENVELOPED:
            yield from _sealed(f"/chat/{name}", one)
    yield from _addresses(notify)
    yield from _applications(notify)


SHIPPED = {
    "wecom/address": "https://qyapi.weixin.qq.com",
    "dingtalk/address": "https://api.dingtalk.com",
    "dingtalk/robot_address": "https://oapi.dingtalk.com",
    "feishu/api": "https://open.feishu.cn",
}
"""The addresses of the vendors themselves."""


def _addresses(notify: Notify) -> Iterator[Flaw]:
    addresses = {"wecom/address": notify.wecom.address, "dingtalk/address": notify.dingtalk.address}
    addresses |= {
        "dingtalk/robot_address": notify.dingtalk.robot_address,
        "feishu/api": notify.feishu.api,
    }
    for where, address in addresses.items():
        if not ORIGIN.fullmatch(address):
            yield Flaw(
                f"/notify/{where}", f"an address such as {SHIPPED[where]}, with nothing behind it"
            )
    if not API.fullmatch(notify.slack.api):
        yield Flaw("/notify/slack/api", "an address such as https://slack.com/api")


def _applications(notify: Notify) -> Iterator[Flaw]:
    wecom, dingtalk, feishu = notify.wecom, notify.dingtalk, notify.feishu
    if wecom.corp_id and not (wecom.secret and wecom.agent_id):
        yield Flaw("/notify/wecom/secret", "an application has a secret and an agent_id")
    if dingtalk.app_key and not (dingtalk.app_secret and dingtalk.robot_code):
        yield Flaw(
            "/notify/dingtalk/app_secret", "an application has an app_secret and a robot_code"
        )
    if dingtalk.card_template and not dingtalk.card_route:
        yield Flaw("/notify/dingtalk/card_route", "name the route that presses on the card take")
    if feishu.app_id and not feishu.app_secret:
        yield Flaw("/notify/feishu/app_secret", "an app has an app_secret")


def _sealed(pointer: str, chat: ChatSettings) -> Iterator[Flaw]:
    tokens, keys = chat.token.split(), chat.encoding_key.split()
    if len(tokens) != len(keys):
        yield Flaw(f"{pointer}/token", "each token has its encoding_key, both in the same order")
    if not all(KEY.fullmatch(key) for key in keys):
        yield Flaw(f"{pointer}/encoding_key", "an encoding key has 43 letters and digits")
