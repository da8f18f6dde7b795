"""The parts that outbound channels, and the pages of channels, are opened with."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from gateway.access.reporter_links import ReporterLinks
from gateway.channels.channel_section import ChannelSection
from gateway.db.pool import Pool
from gateway.egress.api_client import JsonApiClient
from gateway.notify.chat_posts import ChatPosts
from gateway.notify.press_tokens import PressTokens
from gateway.pages.rendering import Pages
from gateway.settings import Settings
from gateway.timing.clock import Clock

Kind = TypeVar("Kind", bound=ChannelSection)


@dataclass(frozen=True, slots=True)
class ChannelParts:
    """The parts that outbound channels are opened with.

    Connections that a channel opens end with `stack`; `secrets` sign the tokens in messages.
    """

    stack: AsyncExitStack
    pool: Pool
    settings: Settings
    clock: Clock
    secrets: tuple[bytes, ...]

    def section(self, kind: type[Kind]) -> Kind:
        """Return the settings of a vendor."""
        return kind.read(self.settings)

    def open_api(
        self,
        address: str,
        *,
        allow_private: bool,
        judges_failures: bool = False,
        may_be_empty: bool = False,
    ) -> JsonApiClient:
        """Return a client of a vendor's API."""
        client = JsonApiClient.open(
            address,
            self.clock,
            allow_private=allow_private,
            judges_failures=judges_failures,
            may_be_empty=may_be_empty,
        )
        self.stack.push_async_callback(client.close)
        return client

    def chat_posts(self) -> ChatPosts:
        """Return the shared part of the chat channels."""
        return ChatPosts(self.pool, PressTokens(self.secrets), self.settings.notify.locale)


@dataclass(frozen=True, slots=True)
class PageParts:
    """The parts that the pages of a channel are opened with; `links` are those for people."""

    channel: ChannelParts
    links: ReporterLinks
    pages: Pages


@dataclass(frozen=True, slots=True)
class ChannelPages:
    """The routes of a channel's pages.

    `shown` are opened by people, who are shown problems as pages too; `fetched` are requested by
    what runs in the page.
    """

    shown: tuple[web.RouteDef, ...] = ()
    fetched: tuple[web.RouteDef, ...] = ()
