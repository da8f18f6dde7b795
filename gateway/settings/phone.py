"""Settings of the telephone: hotlines, and the credentials of telephone systems."""

from typing import Literal

from gateway.settings.section import Section
from gateway.timing.durations import Duration
from gateway.vocabulary import Impact, Urgency

SpokenLanguage = Literal["en", "zh-CN"]


class PhoneProvider(Section, frozen=True):
    """One telephone system.

    With `secrets` (two during a rotation) it must sign, with `accounts` it must be one of them.
    `addresses` are networks (CIDR) that it calls from.
    """

    secrets: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return (
            f"PhoneProvider(secrets={len(self.secrets)}, accounts={self.accounts}, "
            f"addresses={self.addresses})"
        )


class Hotline(Section, frozen=True):
    """One number that people call; settings that are left out are those of `phone`.

    Without `menu` callers are asked for their report at once. `dial` is a number of the service
    desk that the menu offers to connect to.
    """

    service: str = ""
    impact: Impact | None = None
    urgency: Urgency | None = None
    locales: tuple[SpokenLanguage, ...] = ()
    menu: bool | None = None
    dial: str = ""


class Phone(Section, frozen=True):
    """Incoming calls.

    `public_url` is the gateway's address as telephone systems see it; without it,
    `server.external_url` is. A number written without its country is one of `region`. A second
    call from a number within `called_again_within` belongs to its open record; a call that
    nobody answered, and of which nothing is heard for `silent_after`, was missed. The first of
    `locales` is spoken, or callers choose if there are two. `hotlines` are by number (E.164);
    without any, every number called is a hotline.
    """

    public_url: str
    region: str
    called_again_within: Duration
    silent_after: Duration
    remember: Duration
    menu: bool
    service: str
    impact: Impact
    urgency: Urgency
    locales: tuple[SpokenLanguage, ...]
    providers: dict[str, PhoneProvider] = {}
    hotlines: dict[str, Hotline] = {}

    def provider(self, slug: str) -> PhoneProvider:
        """Return the settings of a telephone system, empty ones for an unknown system."""
        return self.providers.get(slug, PhoneProvider())
