"""The settings of Vonage: `[notify.vonage]`. Pure."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.channels.channel_section import ChannelSection, find_origin_flaw
from gateway.channels.phone.public_address import public_address
from gateway.errors import Flaw
from gateway.settings import PhoneProvider, Settings
from gateway.settings.phone_flaws import find_number_flaw


class VonageSection(ChannelSection, frozen=True):
    """Text messages and calls by an application of Vonage; without its id they are off.

    `private_key` is the application's, in PEM; `key` is a key of an integration, with which
    Vonage requests what to say.
    """

    application_id: str = ""
    private_key: str = ""
    sender: str = ""
    key: str = ""
    api: str = "https://api.nexmo.com"
    per_hour: int = 6
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, missing credentials, an invalid number and a useless limit."""
        yield from find_origin_flaw("/api", self.api, "https://api.nexmo.com")
        if not self.application_id:
            return
        if not is_private_key(self.private_key):
            yield Flaw("/private_key", "the application's private key in PEM: -----BEGIN PRIVATE…")
        if not self.key:
            yield Flaw("/key", "is needed to call people")
        yield from find_number_flaw("/sender", self.sender)
        yield from self.find_low_flaws("per_hour")

    def contradictions(self, settings: Settings) -> Iterator[Flaw]:
        """Yield that Vonage cannot ask what to say, and that its requests are not verified.

        A key that somebody presses is believed only if Vonage signs for it.
        """
        if not self.application_id:
            return
        if not public_address(settings):
            yield Flaw("/application_id", "set phone.public_url: Vonage asks there what to say")
        if not settings.phone.providers.get("vonage", PhoneProvider()).secrets:
            yield Flaw(
                "/application_id",
                "set phone.providers.vonage.secrets: Vonage signs with it what people press",
            )


def is_private_key(pem: str) -> bool:
    """Return whether the text is an RSA key without a password."""
    try:
        return isinstance(load_pem_private_key(pem.encode(), password=None), RSAPrivateKey)
    except (ValueError, TypeError):
        return False


SECTION = VonageSection
