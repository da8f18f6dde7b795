"""The settings of Telegram: `[notify.telegram]`. Pure."""

import re
from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_origin_flaw
from gateway.errors import Flaw
from gateway.settings import ChatSettings, Settings

TOKEN = re.compile(r"[0-9]{5,20}:[A-Za-z0-9_-]{20,100}", re.ASCII)
CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}", re.ASCII)
SECRET = re.compile(r"[A-Za-z0-9_-]{8,256}", re.ASCII)
"""The secret that Telegram sends with each update; other characters it does not take."""


class TelegramSection(ChannelSection, frozen=True):
    """The bot that posts in Telegram; without a token the channel is off."""

    api: str = "https://api.telegram.org"
    token: str = ""
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address or token."""
        yield from find_origin_flaw("/api", self.api, "https://api.telegram.org")
        if self.token and not TOKEN.fullmatch(self.token):
            yield Flaw("/token", "write it as BotFather shows it: 123456:ABC-DEF…")

    def contradictions(self, settings: Settings) -> Iterator[Flaw]:
        """Yield secrets that Telegram does not take, and fetching without a bot."""
        yield from self.find_stream_flaw(settings, "token")
        chat = settings.chat.get(self.vendor(), ChatSettings())
        if not all(SECRET.fullmatch(one) for one in chat.secrets):
            yield Flaw("/token", "chat.telegram.secrets have letters, digits, _ and -, 8 to 256")

    def find_objection(self, address: str) -> str:
        """Return why an address is no chat, "" if it is one."""
        if CHAT.fullmatch(address.partition("/")[0]):
            return ""
        return "is no chat: its number, such as -1001234567890, or @name of a channel"


SECTION = TelegramSection
