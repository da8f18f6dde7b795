"""The outbound channels of Twilio: telephone calls and text messages."""

from gateway.channels.opening import ChannelParts
from gateway.channels.phone.public_address import public_address
from gateway.channels.phone.twilio import sms, voice
from gateway.channels.phone.twilio.api import TwilioApi
from gateway.channels.phone.twilio.section import TwilioSection
from gateway.notify.call_tokens import CallTokens
from gateway.notify.message import NotificationChannel


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channels, none without an account."""
    settings = parts.section(TwilioSection)
    if not settings.account:
        return {}
    api = TwilioApi.open(settings)
    parts.stack.push_async_callback(api.close)
    tokens, base = CallTokens(parts.secrets), public_address(parts.settings)
    return {
        voice.NAME: voice.VoiceChannel(api, parts.pool, tokens, parts.clock, base),
        sms.NAME: sms.SmsChannel(api, parts.pool, parts.clock, parts.settings.form.zone),
    }
