"""The settings of Feishu and Lark: `[notify.feishu]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_origin_flaw
from gateway.errors import Flaw
from gateway.settings import Settings


class FeishuSection(ChannelSection, frozen=True):
    """The app that sends messages in Feishu or Lark; without an app the channel is off."""

    api: str = "https://open.feishu.cn"
    app_id: str = ""
    app_secret: str = ""
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, and a missing secret."""
        yield from find_origin_flaw("/api", self.api, "https://open.feishu.cn")
        if self.app_id and not self.app_secret:
            yield Flaw("/app_secret", "an app has an app_secret")

    def contradictions(self, settings: Settings) -> Iterator[Flaw]:
        """Yield that the connection to Feishu cannot be opened."""
        yield from self.find_stream_flaw(settings, "app_id")


SECTION = FeishuSection
