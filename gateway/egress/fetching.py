"""What a signed sender makes us fetch: its certificate, and the address that confirms a subscription.

Which addresses may be asked for is the source's to say. Here only https is called, only where the guard allows, without
redirects or proxies, bounded in time and size.
"""

import asyncio
from collections import OrderedDict
from functools import partial
from ssl import SSLContext

import aiohttp
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from gateway.clock import Clock
from gateway.egress.address_guard import AddressGuard, AddressRefused, PinnedResolver
from gateway.errors import Unavailable
from gateway.ingest.http import Fetch

TIMEOUT_S = 3.0
LARGEST = 65_536
BELIEVED_S = 86_400.0
"""Seconds that a certificate is kept; they are named by what is in them."""

PATIENCE_S = 60.0
"""Seconds between two looks at the same address for keys that were not there before."""

KEPT = 32
"""Certificates kept at most; senders have one a region, and a new one about once a year."""


class Fetcher:
    """Asks the world, seldom and a little."""

    def __init__(self, guard: AddressGuard | None = None, trusted: SSLContext | None = None) -> None:
        """`trusted` are the authorities believed; None are those of the machine. Must be called inside the running loop."""
        self._guard = guard or AddressGuard()
        self._session = ClientSession(
            connector=TCPConnector(
                resolver=PinnedResolver(self._guard), use_dns_cache=False, limit=4, ssl=True if trusted is None else trusted
            ),
            timeout=ClientTimeout(total=TIMEOUT_S),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"user-agent": "incident-gateway", "accept-encoding": "identity"},
        )

    async def get(self, address: str) -> bytes:
        """What is there; raises Unavailable when it is refused, away, no 200 or too large."""
        try:
            url = self._guard.check_url(address)
            if url.scheme != "https":
                raise Unavailable("only https is called")
            async with self._session.get(url, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise Unavailable(f"{url.host} answered {answer.status}")
                return await _bounded(answer)
        except AddressRefused as refusal:
            raise Unavailable(f"the address is refused: {refusal}") from refusal
        except (ClientError, OSError) as error:
            raise Unavailable("the sender's own servers cannot be reached") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for chunk in answer.content.iter_chunked(16_384):
        body += chunk
        if len(body) > LARGEST:
            raise Unavailable("the answer is too large")
    return body


class Kept:
    """Answers remembered by their address, the least recently used forgotten first; failures are not remembered.

    However many want the same at once, it is asked for once.
    """

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._answers: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[bytes]] = {}

    async def get(self, address: str) -> bytes:
        """As what is asked, at most once a day."""
        known = self._answers.get(address)
        if known is not None and self._clock.monotonic() < known[0] + BELIEVED_S:
            self._answers.move_to_end(address)
            return known[1]
        if address not in self._asking:
            self._asking[address] = asyncio.create_task(self._ask(address))
            self._asking[address].add_done_callback(partial(self._asked, address))
        return await asyncio.shield(self._asking[address])

    async def newer(self, address: str) -> bytes:
        """As it is there now, or was within `PATIENCE_S`: made-up keys do not make us ask again and again."""
        known = self._answers.get(address)
        if known is not None and self._clock.monotonic() >= known[0] + PATIENCE_S:
            del self._answers[address]
        return await self.get(address)

    async def _ask(self, address: str) -> bytes:
        began = self._clock.monotonic()
        answer = await self._fetch(address)
        self._answers[address] = (began, answer)
        self._answers.move_to_end(address)
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        return answer

    def _asked(self, address: str, task: "asyncio.Task[bytes]") -> None:
        del self._asking[address]
        if not task.cancelled():
            task.exception()  # whoever asked is told; when nobody waits any more, there is nobody to tell
