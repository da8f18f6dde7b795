"""The settings of Slack: `[notify.slack]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_api_flaw
from gateway.errors import Flaw
from gateway.settings import Settings


class SlackSection(ChannelSection, frozen=True):
    """The bot that posts messages in Slack; without a token the channel is off.

    `app_token` is the application's, which opens the connection of `chat.slack.mode = "stream"`.
    """

    api: str = "https://slack.com/api"
    token: str = ""
    app_token: str = ""
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address."""
        yield from find_api_flaw("/api", self.api, "https://slack.com/api")

    def contradictions(self, settings: Settings) -> Iterator[Flaw]:
        """Yield that the connection to Slack cannot be opened."""
        yield from self.find_stream_flaw(settings, "app_token", ": it begins with xapp-")


SECTION = SlackSection
