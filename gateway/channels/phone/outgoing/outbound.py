"""The outbound channels of telephones: text messages and calls by the carriers that are on."""

from gateway.channels import phone
from gateway.channels.discovery import find_modules
from gateway.channels.opening import ChannelParts
from gateway.channels.phone.outgoing import sms, voice
from gateway.channels.phone.outgoing.orders import Carriers
from gateway.channels.phone.outgoing.routed import CarrierOption, RoutedCarriers
from gateway.notify.message import NotificationChannel

CARRIERS = {
    module.__name__.split(".")[-2]: module.open_carriers
    for module in find_modules("carrier", phone)
}
"""The function of each vendor's `carrier` module that opens what the vendor carries."""


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channels, each if some carrier of it is on."""
    opened: dict[str, Carriers] = {name: opener(parts) for name, opener in CARRIERS.items()}
    notify, clock = parts.settings.notify, parts.clock
    texts = {
        name: CarrierOption(one.texts, one.per_hour, one.home)
        for name, one in opened.items()
        if one.texts is not None
    }
    calls = {
        name: CarrierOption(one.calls, one.per_hour, one.home)
        for name, one in opened.items()
        if one.calls is not None
    }
    found: dict[str, NotificationChannel] = {}
    if texts:
        carriers = RoutedCarriers("notify.sms.routes", texts, notify.sms.routes, clock)
        zone, replies = parts.settings.form.zone, notify.sms.replies
        found[sms.NAME] = sms.SmsChannel(carriers, parts.pool, clock, zone, replies)
    if calls:
        callers = RoutedCarriers("notify.voice.routes", calls, notify.voice.routes, clock)
        found[voice.NAME] = voice.VoiceChannel(callers, parts.pool, clock)
    return found
