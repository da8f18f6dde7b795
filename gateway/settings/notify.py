"""Settings of the channels of notification: a section of each, and the one list of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from gateway.errors import Flaw
from gateway.settings.pacing import PacingSettings
from gateway.settings.recipients import MAIL, parse_recipient
from gateway.settings.section import Section
from gateway.vocabulary import Channel

API = re.compile(r"https?://[^?#\s]+", re.ASCII)
ORIGIN = re.compile(r"https?://[^/?#\s]+", re.ASCII)


class ChannelSection(Section, frozen=True):
    """The settings of one vendor's channels."""

    def flaws(self) -> Iterator[Flaw]:
        """Yield what is wrong with the settings."""
        yield from ()


class Smtp(ChannelSection, frozen=True):
    """Outgoing mail; without a host the channel is off."""

    host: str
    port: int
    sender: str
    username: str
    password: str
    starttls: bool


class Webhook(ChannelSection, frozen=True):
    """Outgoing Standard Webhooks; `secret` is whsec_ and base64."""

    secret: str
    allow_private: bool


class Twilio(ChannelSection, frozen=True):
    """Outgoing calls and short messages; without an account they are off.

    `key` is a key of an integration, with which Twilio requests what to say; nobody is called,
    or written to, more than `per_hour` times an hour.
    """

    account: str
    token: str
    sender: str
    key: str
    api: str
    per_hour: int


class WeCom(ChannelSection, frozen=True):
    """An application of WeCom, none without `corp_id`, and the keys of group robots by name."""

    address: str
    corp_id: str
    agent_id: int
    secret: str
    allow_private: bool
    robots: dict[str, str] = {}

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return (
            f"WeCom(address={self.address!r}, corp_id={self.corp_id!r}, "
            f"robots={sorted(self.robots)})"
        )

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, and missing credentials."""
        yield from _origin_flaw("wecom/address", self.address, "https://qyapi.weixin.qq.com")
        if self.corp_id and not (self.secret and self.agent_id):
            yield Flaw("/notify/wecom/secret", "an application has a secret and an agent_id")


class DingTalkRobot(Section, frozen=True):
    """A group robot of DingTalk: its access token, and its secret if it signs."""

    token: str
    secret: str = ""


class DingTalk(ChannelSection, frozen=True):
    """An application of DingTalk, none without `app_key`, and group robots by name.

    `card_template` is an interactive card whose button presses go to the callback registered as
    `card_route`; without one messages have no buttons.
    """

    address: str
    robot_address: str
    app_key: str
    app_secret: str
    robot_code: str
    card_template: str
    card_route: str
    allow_private: bool
    robots: dict[str, DingTalkRobot] = {}

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return (
            f"DingTalk(address={self.address!r}, app_key={self.app_key!r}, "
            f"robots={sorted(self.robots)})"
        )

    def flaws(self) -> Iterator[Flaw]:
        """Yield invalid addresses, missing credentials, and a card without a route."""
        yield from _origin_flaw("dingtalk/address", self.address, "https://api.dingtalk.com")
        yield from _origin_flaw(
            "dingtalk/robot_address", self.robot_address, "https://oapi.dingtalk.com"
        )
        if self.app_key and not (self.app_secret and self.robot_code):
            yield Flaw(
                "/notify/dingtalk/app_secret", "an application has an app_secret and a robot_code"
            )
        if self.card_template and not self.card_route:
            yield Flaw(
                "/notify/dingtalk/card_route", "name the route that presses on the card take"
            )


class Slack(ChannelSection, frozen=True):
    """The bot that posts messages in Slack; without a token the channel is off."""

    api: str
    token: str
    allow_private: bool

    def __repr__(self) -> str:
        """Return a text without the token: it may end up in a log."""
        return (
            f"Slack(api={self.api!r}, token={bool(self.token)}, allow_private={self.allow_private})"
        )

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address."""
        if not API.fullmatch(self.api):
            yield Flaw("/notify/slack/api", "an address such as https://slack.com/api")


class Feishu(ChannelSection, frozen=True):
    """The app that sends messages in Feishu or Lark; without an app the channel is off."""

    api: str
    app_id: str
    app_secret: str
    allow_private: bool

    def __repr__(self) -> str:
        """Return a text without the secret: it may end up in a log."""
        return (
            f"Feishu(api={self.api!r}, app_id={self.app_id!r}, allow_private={self.allow_private})"
        )

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, and a missing secret."""
        yield from _origin_flaw("feishu/api", self.api, "https://open.feishu.cn")
        if self.app_id and not self.app_secret:
            yield Flaw("/notify/feishu/app_secret", "an app has an app_secret")


class Notify(Section, frozen=True):
    """The channels of notification, and the recipients of each role.

    A plain mail address among the recipients is kept as one of the channel for mail.
    """

    locale: Literal["en", "zh-CN"]
    acknowledge: bool
    recipients: dict[str, tuple[str, ...]]
    smtp: Smtp
    webhook: Webhook
    slack: Slack
    feishu: Feishu
    wecom: WeCom
    dingtalk: DingTalk
    twilio: Twilio
    pacing: PacingSettings

    def __post_init__(self) -> None:
        """Give each recipient one spelling, so that nobody is notified twice for two spellings."""
        named = {
            role: tuple(str(parse_recipient(one)) for one in targets)
            for role, targets in self.recipients.items()
        }
        msgspec.structs.force_setattr(self, "recipients", named)

    def flaws(self) -> Iterator[Flaw]:
        """Yield what is wrong with the settings of each channel, and of the pace."""
        yield from self.pacing.flaws(NOTIFICATION_CHANNELS)
        for name in self.__struct_fields__:
            section = getattr(self, name)
            if isinstance(section, ChannelSection):
                yield from section.flaws()


def _origin_flaw(name: str, address: str, shipped: str) -> Iterator[Flaw]:
    """Yield a flaw of an address that is no origin; `shipped` is that of the vendor itself."""
    if not ORIGIN.fullmatch(address):
        yield Flaw(f"/notify/{name}", f"an address such as {shipped}, with nothing behind it")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDescription:
    """A channel of notification, as everything outside its own module knows it.

    `switch` is the setting that switches it on, "" for a channel that is always on. Addresses of
    a channel `by_login` are logins of people. Updates for everybody may go to a `conversation`
    of this form, such as `example`. A chat that people write in has `heard_as`, the channel of
    their records; its requests are `sealed` if they come in an envelope with token and encoding
    key.
    """

    switch: str = ""
    by_login: bool = False
    conversation: re.Pattern[str] | None = None
    example: str = ""
    heard_as: Channel | None = None
    sealed: bool = False


NOTIFICATION_CHANNELS: Mapping[str, ChannelDescription] = {
    MAIL: ChannelDescription(switch="notify.smtp.host"),
    "voice": ChannelDescription(switch="notify.twilio.account", by_login=True),
    "sms": ChannelDescription(switch="notify.twilio.account", by_login=True),
    "slack": ChannelDescription(
        switch="notify.slack.token",
        conversation=re.compile(r"[CDG][A-Z0-9]{2,30}", re.ASCII),
        example="C0123",
        heard_as=Channel.CHAT,
    ),
    "feishu": ChannelDescription(
        switch="notify.feishu.app_id",
        conversation=re.compile(r"oc_[A-Za-z0-9]{1,64}", re.ASCII),
        example="oc_…",
        heard_as=Channel.CHAT,
    ),
    "wecom": ChannelDescription(
        switch="notify.wecom.corp_id", heard_as=Channel.WECHAT, sealed=True
    ),
    "dingtalk": ChannelDescription(
        switch="notify.dingtalk.app_key", heard_as=Channel.CHAT, sealed=True
    ),
    "webhook": ChannelDescription(),
}
"""The channels by name, from which whatever else lists channels is derived."""

BY_LOGIN = tuple(name for name, one in NOTIFICATION_CHANNELS.items() if one.by_login)
"""The channels that reach the telephone of a person by their login."""

CONVERSATIONS = {
    name: one.conversation for name, one in NOTIFICATION_CHANNELS.items() if one.conversation
}
"""The chats whose conversations updates may go to, each with the form of their names."""

CHAT_SOURCES = {name: one.heard_as for name, one in NOTIFICATION_CHANNELS.items() if one.heard_as}
"""The sources that are chats, each with the channel of its records."""


def is_switched_on(notify: Notify, channel: str) -> bool:
    """Return whether the settings switch a channel on; False for one that nobody knows."""
    known = NOTIFICATION_CHANNELS.get(channel)
    if known is None:
        return False
    value: object = notify
    for name in known.switch.split(".")[1:]:
        value = getattr(value, name)
    return bool(value)
