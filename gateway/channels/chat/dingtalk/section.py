"""The settings of DingTalk 钉钉: `[notify.dingtalk]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_origin_flaw
from gateway.errors import Flaw
from gateway.settings import Section, Settings


class DingTalkRobot(Section, frozen=True):
    """A group robot of DingTalk: its access token, and its secret if it signs."""

    token: str
    secret: str = ""


class DingTalkSection(ChannelSection, frozen=True):
    """An application of DingTalk, none without `app_key`, and group robots by name.

    `card_template` is an interactive card whose button presses go to the callback registered as
    `card_route`; without one messages have no buttons.
    """

    address: str = "https://api.dingtalk.com"
    robot_address: str = "https://oapi.dingtalk.com"
    app_key: str = ""
    app_secret: str = ""
    robot_code: str = ""
    card_template: str = ""
    card_route: str = ""
    allow_private: bool = False
    robots: dict[str, DingTalkRobot] = {}

    def flaws(self) -> Iterator[Flaw]:
        """Yield invalid addresses, missing credentials, and a card without a route."""
        yield from find_origin_flaw("/address", self.address, "https://api.dingtalk.com")
        yield from find_origin_flaw(
            "/robot_address", self.robot_address, "https://oapi.dingtalk.com"
        )
        if self.app_key and not (self.app_secret and self.robot_code):
            yield Flaw("/app_secret", "an application has an app_secret and a robot_code")
        if self.card_template and not self.card_route:
            yield Flaw("/card_route", "name the route that presses on the card take")

    def contradictions(self, settings: Settings) -> Iterator[Flaw]:
        """Yield that the connection to DingTalk cannot be opened."""
        yield from self.find_stream_flaw(settings, "app_key")


SECTION = DingTalkSection
