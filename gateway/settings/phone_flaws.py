"""Flaws of the settings of the telephone. Pure."""

import re
from collections.abc import Iterator

from phonenumbers import SUPPORTED_REGIONS

from gateway.errors import Flaw
from gateway.network.addresses import find_invalid_networks
from gateway.settings.notify import NOTIFICATION_CHANNELS, Notify
from gateway.settings.phone import Phone, PhoneProvider

PROVIDERS = ("twilio", "vonage", "asterisk", "connect", "threecx")
SIGNING = ("twilio", "vonage")
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
PREFIX = re.compile(r"\*|\+[1-9][0-9]{0,14}", re.ASCII)
SHORTEST_SECRET = 16


def flaws(phone: Phone, external_url: str) -> Iterator[Flaw]:
    """Yield unknown systems, unusable secrets, invalid numbers, and a missing address to sign."""
    public = phone.public_url or external_url
    if phone.region not in SUPPORTED_REGIONS:
        yield Flaw("/phone/region", "a country by its two letters, such as CN")
    if not phone.locales:
        yield Flaw("/phone/locales", "callers are spoken to in some language")
    for name, provider in phone.providers.items():
        for where, detail in _of_provider(name, provider):
            yield Flaw(f"/phone/providers/{name}{where}", detail)
    if phone.providers.get("twilio", PhoneProvider()).secrets and not public.startswith(
        ("https://", "http://")
    ):
        yield Flaw(
            "/phone/public_url", "Twilio signs the address it calls: set it, or server.external_url"
        )
    for number, hotline in phone.hotlines.items():
        yield from find_number_flaw(f"/phone/hotlines/{number}", number)
        if hotline.dial:
            yield from find_number_flaw(f"/phone/hotlines/{number}/dial", hotline.dial)


def find_number_flaw(pointer: str, number: str) -> Iterator[Flaw]:
    """Yield a flaw of a text that is no telephone number in E.164."""
    if not E164.fullmatch(number):
        yield Flaw(pointer, "a number as +861082303333: plus, country, number")


def route_flaws(notify: Notify) -> Iterator[Flaw]:
    """Yield prefixes that no number has, and vendors that carry neither messages nor calls."""
    for channel, settings in (("sms", notify.sms), ("voice", notify.voice)):
        known = [switch.split(".")[1] for switch in NOTIFICATION_CHANNELS[channel].switches]
        for prefix, names in settings.routes.items():
            place = f"/notify/{channel}/routes/{prefix}"
            if not PREFIX.fullmatch(prefix):
                yield Flaw(place, "the beginning of a number such as +86, or * for all others")
            if not names or not set(names) <= set(known):
                yield Flaw(place, f"a list of vendors in order; there are {', '.join(known)}")


def _of_provider(name: str, provider: PhoneProvider) -> Iterator[tuple[str, str]]:
    if name not in PROVIDERS:
        yield "", f"there are {', '.join(PROVIDERS)}"
    if provider.secrets and name not in SIGNING:
        yield (
            "/secrets",
            "this system signs nothing: it proves itself by the key of its integration",
        )
    if (
        any(len(secret) < SHORTEST_SECRET for secret in provider.secrets)
        or len(provider.secrets) > 2
    ):
        yield "/secrets", f"one secret or two, each of at least {SHORTEST_SECRET} characters"
    for place, detail in find_invalid_networks(provider.addresses):
        yield f"/addresses/{place}", detail
