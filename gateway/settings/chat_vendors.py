"""Chats on the way out."""

from gateway.settings.section import Section


class WeCom(Section, frozen=True):
    """An application of WeCom, none without `corp_id`, and keys of groups' robots by name."""

    address: str
    corp_id: str
    agent_id: int
    secret: str
    allow_private: bool
    robots: dict[str, str] = {}

    def __repr__(self) -> str:
        """Without the secrets: whatever is printed may be kept."""
        return f"WeCom(address={self.address!r}, corp_id={self.corp_id!r}, robots={sorted(self.robots)})"


class DingTalkRobot(Section, frozen=True):
    """A group's robot: its access token, and its secret where it signs."""

    token: str
    secret: str = ""


class DingTalk(Section, frozen=True):
    """An application of DingTalk, none without `app_key`, and groups' robots by name.

    `card_template` is an interactive card whose presses go where `card_route` was registered for; without one there is nothing
    to press.
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
        """Without the secrets: whatever is printed may be kept."""
        return f"DingTalk(address={self.address!r}, app_key={self.app_key!r}, robots={sorted(self.robots)})"


class Slack(Section, frozen=True):
    """Messages in Slack; no token means the channel is off."""

    api: str
    token: str
    allow_private: bool

    def __repr__(self) -> str:
        """Without the token: whatever is printed may be kept."""
        return f"Slack(api={self.api!r}, token={bool(self.token)}, allow_private={self.allow_private})"


class Feishu(Section, frozen=True):
    """Messages in Feishu or Lark; no app means the channel is off."""

    api: str
    app_id: str
    app_secret: str
    allow_private: bool

    def __repr__(self) -> str:
        """Without the secret: whatever is printed may be kept."""
        return f"Feishu(api={self.api!r}, app_id={self.app_id!r}, allow_private={self.allow_private})"
