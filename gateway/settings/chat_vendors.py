"""Settings of outgoing chat messages."""

from gateway.settings.section import Section


class WeCom(Section, frozen=True):
    """An application of WeCom, none without `corp_id`, and the keys of group robots by name."""

    address: str
    corp_id: str
    agent_id: int
    secret: str
    allow_private: bool
    robots: dict[str, str] = {}

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return (
            f"WeCom(address={self.address!r}, corp_id={self.corp_id!r}, "
            f"robots={sorted(self.robots)})"
        )


class DingTalkRobot(Section, frozen=True):
    """A group robot of DingTalk: its access token, and its secret if it signs."""

    token: str
    secret: str = ""


class DingTalk(Section, frozen=True):
    """An application of DingTalk, none without `app_key`, and group robots by name.

    `card_template` is an interactive card whose button presses go to the callback registered as
    `card_route`; without one messages have no buttons.
    """

    address: str
    robot_address: str
    app_key: str
    app_secret: str
    robot_code: str
    card_template: str
    card_route: str
    allow_private: bool
    robots: dict[str, DingTalkRobot] = {}

    def __repr__(self) -> str:
        """Return a text without the secrets: it may end up in a log."""
        return (
            f"DingTalk(address={self.address!r}, app_key={self.app_key!r}, "
            f"robots={sorted(self.robots)})"
        )


class Slack(Section, frozen=True):
    """The bot that posts messages in Slack; without a token the channel is off."""

    api: str
    token: str
    allow_private: bool

    def __repr__(self) -> str:
        """Return a text without the token: it may end up in a log."""
        return (
            f"Slack(api={self.api!r}, token={bool(self.token)}, allow_private={self.allow_private})"
        )


class Feishu(Section, frozen=True):
    """The app that sends messages in Feishu or Lark; without an app the channel is off."""

    api: str
    app_id: str
    app_secret: str
    allow_private: bool

    def __repr__(self) -> str:
        """Return a text without the secret: it may end up in a log."""
        return (
            f"Feishu(api={self.api!r}, app_id={self.app_id!r}, allow_private={self.allow_private})"
        )
