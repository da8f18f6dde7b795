"""Fetching of what signed requests refer to: certificates, keys and subscription confirmations.

The source decides which addresses may be fetched. Only https is called here, only to addresses
that the guard allows, without redirects or proxies, and bounded in time and size.
"""

import asyncio
from collections import OrderedDict
from functools import partial
from ssl import SSLContext

import aiohttp
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from gateway.egress.address_guard import AddressGuard, AddressRefused, PinnedResolver
from gateway.errors import Unavailable
from gateway.ingest.http import Fetch
from gateway.timing.clock import Clock

TIMEOUT_S = 3.0
LARGEST = 65_536
CACHE_SECONDS = 86_400.0
"""Seconds that a response is cached; certificate addresses change with their content."""

REFETCH_SECONDS = 60.0
"""Minimum seconds between two fetches of an address when a key is missing from the cached set."""

MAX_CACHED = 32
"""Certificates cached at most; vendors have one per region, and a new one about once a year."""


def open_guarded_session(
    guard: AddressGuard, trusted: SSLContext | None, seconds: float
) -> ClientSession:
    """Open a client for small downloads from addresses that the guard allows.

    It must be closed, and opened inside the running loop. `trusted` holds the certificate
    authorities that are believed; None stands for those of the machine.
    """
    return ClientSession(
        connector=TCPConnector(
            resolver=PinnedResolver(guard),
            use_dns_cache=False,
            limit=4,
            ssl=True if trusted is None else trusted,
        ),
        timeout=ClientTimeout(total=seconds),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"user-agent": "incident-gateway", "accept-encoding": "identity"},
    )


class Fetcher:
    """An HTTPS client for small, rare downloads."""

    def __init__(
        self, guard: AddressGuard | None = None, trusted: SSLContext | None = None
    ) -> None:
        """Open the client; must be called inside the running loop.

        `trusted` holds the certificate authorities that are believed; None stands for those of
        the machine.
        """
        self._guard = guard or AddressGuard()
        self._session = open_guarded_session(self._guard, trusted, TIMEOUT_S)

    async def get(self, address: str) -> bytes:
        """Return the content at an address.

        Raises Unavailable when the address is refused or cannot be reached, the status is not
        200, or the content too large.
        """
        try:
            url = self._guard.check_url(address)
            if url.scheme != "https":
                raise Unavailable("only https is called")
            async with self._session.get(url, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise Unavailable(f"{url.host} answered {answer.status}")
                return await read_bounded(answer, LARGEST)
        except AddressRefused as refusal:
            raise Unavailable(f"the address is refused: {refusal}") from refusal
        except (ClientError, OSError) as error:
            raise Unavailable("the sender's own servers cannot be reached") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


async def read_bounded(answer: aiohttp.ClientResponse, largest: int) -> bytes:
    """Return the body of a response; raises Unavailable if it has more than `largest` bytes."""
    body = b""
    async for chunk in answer.content.iter_chunked(16_384):
        body += chunk
        if len(body) > largest:
            raise Unavailable("the answer is too large")
    return body


class FetchCache:
    """A cache of fetched content by address; failures are not cached.

    The least recently used content is dropped. Concurrent requests for the same address share
    one fetch.
    """

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._answers: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[bytes]] = {}

    async def get(self, address: str) -> bytes:
        """Return the content at an address, fetched at most once a day."""
        known = self._answers.get(address)
        if known is not None and self._clock.monotonic() < known[0] + CACHE_SECONDS:
            self._answers.move_to_end(address)
            return known[1]
        if address not in self._asking:
            self._asking[address] = asyncio.create_task(self._ask(address))
            self._asking[address].add_done_callback(partial(self._asked, address))
        return await asyncio.shield(self._asking[address])

    async def newer(self, address: str) -> bytes:
        """Return content at most `REFETCH_SECONDS` old: invented key ids cause few fetches."""
        known = self._answers.get(address)
        if known is not None and self._clock.monotonic() >= known[0] + REFETCH_SECONDS:
            del self._answers[address]
        return await self.get(address)

    async def _ask(self, address: str) -> bytes:
        began = self._clock.monotonic()
        answer = await self._fetch(address)
        self._answers[address] = (began, answer)
        self._answers.move_to_end(address)
        while len(self._answers) > MAX_CACHED:
            self._answers.popitem(last=False)
        return answer

    def _asked(self, address: str, task: "asyncio.Task[bytes]") -> None:
        del self._asking[address]
        if not task.cancelled():
            # The waiting callers get the error; if none waits any more, it is retrieved here.
            task.exception()
