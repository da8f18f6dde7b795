"""Settings of notification, and the one list of its channels."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from gateway.errors import Flaw
from gateway.settings.pacing import PacingSettings
from gateway.settings.recipients import MAIL, parse_recipient
from gateway.settings.section import Section
from gateway.vocabulary import Channel


class Smtp(Section, frozen=True):
    """Outgoing mail; without a host the channel is off."""

    host: str
    port: int
    sender: str
    username: str
    password: str
    starttls: bool


class Webhook(Section, frozen=True):
    """Outgoing Standard Webhooks; `secret` is whsec_ and base64."""

    secret: str
    allow_private: bool


class CarrierRoutes(Section, frozen=True):
    """The order of the vendors of text messages, or of calls, by the prefix of a number.

    Numbers that no prefix fits take the route `*`; without one each vendor serves the countries
    that it is at home in.
    """

    routes: dict[str, tuple[str, ...]]


class TextRoutes(CarrierRoutes, frozen=True):
    """The routes of text messages; with `replies` they say how to take a record on by a reply."""

    replies: bool


class Notify(Section, frozen=True):
    """The channels of notification, and the recipients of each role.

    The sections of vendors are not here: each is read by the folder of its channel. A plain
    mail address among the recipients is kept as one of the channel for mail.
    """

    locale: Literal["en", "zh-CN"]
    acknowledge: bool
    recipients: dict[str, tuple[str, ...]]
    smtp: Smtp
    webhook: Webhook
    sms: TextRoutes
    voice: CarrierRoutes
    pacing: PacingSettings

    def __post_init__(self) -> None:
        """Give each recipient one spelling, so that nobody is notified twice for two spellings."""
        named = {
            role: tuple(str(parse_recipient(one)) for one in targets)
            for role, targets in self.recipients.items()
        }
        msgspec.structs.force_setattr(self, "recipients", named)

    def flaws(self) -> Iterator[Flaw]:
        """Yield what is wrong with the pace."""
        yield from self.pacing.flaws(NOTIFICATION_CHANNELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDescription:
    """A channel of notification, as everything outside its own module knows it.

    Each of its `switches` is a setting that switches it on, that of one of its vendors; without
    any it is always on. Addresses of a channel `by_login` are logins of people. Updates for
    everybody may go to a `conversation` of this form, such as `example`. A chat that people
    write in has `heard_as`, the channel of their records; its requests are `sealed` if they come
    in an envelope with token and encoding key, and its `streams` come over a connection that
    the gateway opens. People read its `label` in both languages, or its name where there is none.
    """

    label: tuple[str, str] = ("", "")
    switches: tuple[str, ...] = ()
    by_login: bool = False
    conversation: re.Pattern[str] | None = None
    example: str = ""
    heard_as: Channel | None = None
    sealed: bool = False
    streams: bool = False

    @property
    def how_to_switch_on(self) -> str:
        """The settings one of which switches it on, as the end of a sentence."""
        return " or ".join(self.switches)


CARRIERS = (
    "notify.aliyun.access_key_id",
    "notify.tencent.secret_id",
    "notify.twilio.account",
    "notify.vonage.application_id",
)
"""The settings that switch the vendors of text messages and calls on."""

NOTIFICATION_CHANNELS: Mapping[str, ChannelDescription] = {
    MAIL: ChannelDescription(label=("e-mail", "邮件"), switches=("notify.smtp.host",)),
    "voice": ChannelDescription(label=("call", "电话"), switches=CARRIERS, by_login=True),
    "sms": ChannelDescription(label=("SMS", "短信"), switches=CARRIERS, by_login=True),
    "slack": ChannelDescription(
        label=("Slack", "Slack"),
        switches=("notify.slack.token",),
        conversation=re.compile(r"[CDG][A-Z0-9]{2,30}", re.ASCII),
        example="C0123",
        heard_as=Channel.CHAT,
        streams=True,
    ),
    "feishu": ChannelDescription(
        label=("Feishu", "飞书"),
        switches=("notify.feishu.app_id",),
        conversation=re.compile(r"oc_[A-Za-z0-9]{1,64}", re.ASCII),
        example="oc_…",
        heard_as=Channel.CHAT,
        streams=True,
    ),
    "wecom": ChannelDescription(
        label=("WeCom", "企业微信"),
        switches=("notify.wecom.corp_id",),
        heard_as=Channel.WECHAT,
        sealed=True,
    ),
    "dingtalk": ChannelDescription(
        label=("DingTalk", "钉钉"),
        switches=("notify.dingtalk.app_key",),
        heard_as=Channel.CHAT,
        sealed=True,
        streams=True,
    ),
    "telegram": ChannelDescription(
        label=("Telegram", "Telegram"),
        switches=("notify.telegram.token",),
        conversation=re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}", re.ASCII),
        example="-1001234567890",
        heard_as=Channel.CHAT,
        streams=True,
    ),
    "teams": ChannelDescription(label=("Teams", "Teams"), switches=("notify.teams.workflows",)),
    "ntfy": ChannelDescription(switches=("notify.ntfy.address",)),
    "bark": ChannelDescription(switches=("notify.bark.address",)),
    "gotify": ChannelDescription(switches=("notify.gotify.address",)),
    "apprise": ChannelDescription(switches=("notify.apprise.urls",)),
    "webpush": ChannelDescription(
        label=("push", "推送"), switches=("notify.webpush.enabled",), by_login=True
    ),
    "webhook": ChannelDescription(label=("webhook", "接口")),
}
"""The channels by name, from which whatever else lists channels is derived."""

BY_LOGIN = tuple(name for name, one in NOTIFICATION_CHANNELS.items() if one.by_login)
"""The channels that reach a person by their login."""

BY_TELEPHONE = frozenset({"voice", "sms"})
"""Those of them that need the telephone number of the person."""

CONVERSATIONS = {
    name: one.conversation for name, one in NOTIFICATION_CHANNELS.items() if one.conversation
}
"""The chats whose conversations updates may go to, each with the form of their names."""

CHAT_SOURCES = {name: one.heard_as for name, one in NOTIFICATION_CHANNELS.items() if one.heard_as}
"""The sources that are chats, each with the channel of its records."""

VENDORS = frozenset(
    switch.split(".")[1] for one in NOTIFICATION_CHANNELS.values() for switch in one.switches
) - {one.encode_name for one in msgspec.structs.fields(Notify)}
"""The vendors of channels: `[notify.NAME]` is read by the folder of this name."""


@dataclass(frozen=True, slots=True)
class VendorTables:
    """The tables of vendors as the settings hold them, not yet read."""

    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return f"VendorTables({sorted(self.tables)})"


def is_switched_on(notify: Notify, vendors: VendorTables, channel: str) -> bool:
    """Return whether the settings switch a channel on; False for one that nobody knows."""
    known = NOTIFICATION_CHANNELS.get(channel)
    return known is not None and (
        not known.switches or any(_is_set(notify, vendors, switch) for switch in known.switches)
    )


def _is_set(notify: Notify, vendors: VendorTables, switch: str) -> bool:
    _, vendor, name = switch.split(".")
    table = vendors.tables.get(vendor)
    value = getattr(getattr(notify, vendor, None), name, "") if table is None else table.get(name)
    return bool(value)
