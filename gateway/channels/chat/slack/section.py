"""The settings of Slack: `[notify.slack]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_api_flaw
from gateway.errors import Flaw


class SlackSection(ChannelSection, frozen=True):
    """The bot that posts messages in Slack; without a token the channel is off."""

    api: str = "https://slack.com/api"
    token: str = ""
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address."""
        yield from find_api_flaw("/api", self.api, "https://slack.com/api")


SECTION = SlackSection
