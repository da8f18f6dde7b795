"""The settings of WeCom 企业微信: `[notify.wecom]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_origin_flaw
from gateway.errors import Flaw


class WeComSection(ChannelSection, frozen=True):
    """An application of WeCom, none without `corp_id`, and the keys of group robots by name."""

    address: str = "https://qyapi.weixin.qq.com"
    corp_id: str = ""
    agent_id: int = 0
    secret: str = ""
    allow_private: bool = False
    robots: dict[str, str] = {}

    def flaws(self) -> Iterator[Flaw]:
        """Yield an invalid address, and missing credentials."""
        yield from find_origin_flaw("/address", self.address, "https://qyapi.weixin.qq.com")
        if self.corp_id and not (self.secret and self.agent_id):
            yield Flaw("/secret", "an application has a secret and an agent_id")


SECTION = WeComSection
