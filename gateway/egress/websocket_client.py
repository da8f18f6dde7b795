"""WebSocket connections to vendors, without redirects or proxies, only to guarded addresses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp import (
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    TCPConnector,
    TraceConfig,
)
from yarl import URL

from gateway.egress.address_guard import AddressGuard, AddressRefused, PinnedResolver
from gateway.egress.http_results import TIMEOUT_S

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
        guard = AddressGuard(private=True, ports=None) if allow_private else AddressGuard()
        redirected = TraceConfig()
        redirected.on_request_redirect.append(_refuse)
        session = ClientSession(
            trace_configs=[redirected],
            connector=TCPConnector(resolver=PinnedResolver(guard), use_dns_cache=False, limit=8),
            timeout=ClientTimeout(total=TIMEOUT_S, connect=4.0),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": "incident-gateway"},
        )
        return cls(session, guard)

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
