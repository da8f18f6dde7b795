"""Assembly of notification: the channels that the settings enable, and the outbox runner."""

from contextlib import AsyncExitStack

from gateway.access.record_links import RecordLinks
from gateway.access.reporter_links import ReporterLinks
from gateway.channels.chat.dingtalk.outbound import DingTalkChannel
from gateway.channels.chat.feishu.outbound import FeishuChannel
from gateway.channels.chat.slack.outbound import SlackChannel
from gateway.channels.chat.wecom.outbound import WeComChannel
from gateway.channels.email.outbound import ReplyRouting, SmtpChannel
from gateway.channels.phone.setup import public_address
from gateway.channels.phone.twilio import sms, voice
from gateway.channels.phone.twilio.api import TwilioApi
from gateway.channels.phone.twilio.sms import SmsChannel
from gateway.channels.phone.twilio.voice import VoiceChannel
from gateway.channels.webhook import WebhookChannel
from gateway.clock import Clock
from gateway.db.pool import Pool
from gateway.egress.api_client import JsonApiClient
from gateway.notify.call_tokens import CallTokens
from gateway.notify.chat_posts import ChatPosts
from gateway.notify.message import NotificationChannel
from gateway.notify.press_tokens import PressTokens
from gateway.notify.privacy import privy_addresses
from gateway.notify.reply_tokens import ReplyTokens
from gateway.notify.runner import NotificationRunner as Telling
from gateway.observe.metrics import Metrics
from gateway.settings import Settings
from gateway.settings.recipients import CHANNEL_SETTINGS

CHANNELS = (*CHANNEL_SETTINGS, "webhook", "person")
"""The channels that messages in the outbox may name."""


def build_phone_channels(
    stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock, tokens: CallTokens
) -> dict[str, NotificationChannel]:
    """Return the channels for telephone calls and text messages."""
    api = TwilioApi.open(settings.notify.twilio)
    stack.push_async_callback(api.close)
    return {
        voice.NAME: VoiceChannel(api, pool, tokens, clock, public_address(settings)),
        sms.NAME: SmsChannel(api, pool, clock, settings.form.zone),
    }


def build_chat_channels(
    stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock, tokens: PressTokens
) -> dict[str, NotificationChannel]:
    """Return the chat channels that the settings enable."""
    posts, told = ChatPosts(pool, tokens, settings.notify.locale), settings.notify
    found: dict[str, NotificationChannel] = {}
    if told.slack.token:
        slack = JsonApiClient.open(told.slack.api, clock, allow_private=told.slack.allow_private)
        stack.push_async_callback(slack.close)
        found["slack"] = SlackChannel(told.slack, slack, posts)
    if told.feishu.app_id:
        feishu = JsonApiClient.open(told.feishu.api, clock, allow_private=told.feishu.allow_private)
        stack.push_async_callback(feishu.close)
        found["feishu"] = FeishuChannel.open(told.feishu, feishu, posts)
    if told.wecom.corp_id or told.wecom.robots:
        wecom = JsonApiClient.open(
            told.wecom.address, clock, allow_private=told.wecom.allow_private
        )
        stack.push_async_callback(wecom.close)
        found["wecom"] = WeComChannel.open(told.wecom, wecom, posts)
    if told.dingtalk.app_key or told.dingtalk.robots:
        dingtalk = JsonApiClient.open(
            told.dingtalk.address, clock, allow_private=told.dingtalk.allow_private
        )
        robots = JsonApiClient.open(
            told.dingtalk.robot_address, clock, allow_private=told.dingtalk.allow_private
        )
        stack.push_async_callback(dingtalk.close)
        stack.push_async_callback(robots.close)
        found["dingtalk"] = DingTalkChannel.open(told.dingtalk, dingtalk, robots, posts)
    return found


def channels(
    stack: AsyncExitStack, pool: Pool, settings: Settings, clock: Clock, tokens: ReplyTokens
) -> dict[str, NotificationChannel]:
    """Return all notification channels that the settings enable."""
    webhook = WebhookChannel.open(settings.notify.webhook, clock)
    stack.push_async_callback(webhook.close)
    channels: dict[str, NotificationChannel] = {"webhook": webhook}
    if settings.notify.smtp.host:
        channels["smtp"] = SmtpChannel(
            settings.notify.smtp, ReplyRouting(tokens, settings.mail.reply_to)
        )
    if settings.notify.twilio.account:
        channels |= build_phone_channels(stack, pool, settings, clock, CallTokens(tokens.secrets))
    return channels | build_chat_channels(stack, pool, settings, clock, PressTokens(tokens.secrets))


def build_notification_runner(
    stack: AsyncExitStack,
    pool: Pool,
    settings: Settings,
    clock: Clock,
    links: ReporterLinks,
    metrics: Metrics,
) -> Telling:
    """Return the runner that delivers the outbox."""
    return Telling(
        pool=pool,
        channels=channels(stack, pool, settings, clock, ReplyTokens(links.secrets)),
        metrics=metrics,
        clock=clock,
        locale=settings.notify.locale,
        zone=settings.form.zone,
        opens=RecordLinks(links),
        privy=privy_addresses(settings.notify.recipients),
    )
