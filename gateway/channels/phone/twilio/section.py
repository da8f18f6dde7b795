"""The settings of Twilio: `[notify.twilio]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection
from gateway.errors import Flaw
from gateway.settings import PhoneProvider, Settings
from gateway.settings.phone_flaws import find_number_flaw


class TwilioSection(ChannelSection, frozen=True):
    """Outgoing calls and short messages; without an account they are off.

    `key` is a key of an integration, with which Twilio requests what to say; nobody is called,
    or written to, more than `per_hour` times an hour.
    """

    account: str = ""
    token: str = ""
    sender: str = ""
    key: str = ""
    api: str = "https://api.twilio.com"
    per_hour: int = 6

    def flaws(self) -> Iterator[Flaw]:
        """Yield missing credentials, an invalid number, and a limit that lets nobody be called."""
        if not self.account:
            return
        for name in ("token", "key"):
            if not getattr(self, name):
                yield Flaw(f"/{name}", "is needed to call people")
        yield from find_number_flaw("/sender", self.sender)
        yield from self.find_low_flaws("per_hour")

    def contradictions(self, settings: Settings) -> Iterator[Flaw]:
        """Yield a token that incoming calls are not verified with.

        A key that somebody presses is believed only if Twilio signs for it.
        """
        secrets = settings.phone.providers.get("twilio", PhoneProvider()).secrets
        if self.account and self.token not in secrets:
            yield Flaw(
                "/token",
                "must be among phone.providers.twilio.secrets: "
                "Twilio signs with it what people press",
            )


SECTION = TwilioSection
