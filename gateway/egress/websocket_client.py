"""WebSocket connections to vendors, without redirects or proxies, only to guarded addresses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientSession, ClientWebSocketResponse, TraceConfig
from yarl import URL

from gateway.egress.address_guard import AddressGuard, AddressRefused
from gateway.egress.guarded_calls import make_guard, open_session

LARGEST = 1_048_576
"""Bytes of a message that are read; a larger one ends the connection."""

HEARTBEAT_S = 20.0
"""Seconds between two pings; a server that answers none is gone."""

SCHEMES = {"wss": "https", "ws": "http"}
"""The schemes as the guard knows them; without encryption only private addresses are called."""


@dataclass(frozen=True, slots=True)
class WebSocketClient:
    """A client of vendors' WebSocket servers."""

    session: ClientSession
    guard: AddressGuard

    @classmethod
    def open(cls, *, allow_private: bool) -> "WebSocketClient":
        """Open a client, which must be closed; must be called inside the running loop."""
        guard = make_guard(allow_private=allow_private)
        redirected = TraceConfig()
        redirected.on_request_redirect.append(_refuse)
        return cls(open_session(guard, limit=8, traces=[redirected]), guard)

    @asynccontextmanager
    async def connect(self, address: str) -> AsyncIterator[ClientWebSocketResponse]:
        """Connect for as long as the context lasts; raises OSError and aiohttp's ClientError."""
        scheme, _, rest = address.partition("://")
        if scheme not in SCHEMES or (scheme == "ws" and not self.guard.private):
            raise AddressRefused("only wss is called")
        url: URL = self.guard.check_url(f"{SCHEMES[scheme]}://{rest}")
        async with self.session.ws_connect(
            url, heartbeat=HEARTBEAT_S, max_msg_size=LARGEST, autoclose=True
        ) as socket:
            yield socket

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()


async def _refuse(*_: object) -> None:
    """Raise AddressRefused: the place that a redirect names was not checked."""
    raise AddressRefused("redirects are not followed")
