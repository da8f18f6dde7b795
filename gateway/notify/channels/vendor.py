"""How channels speak with the API of a vendor: JSON there and back, and a token that lasts for hours and may end before."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import msgspec
from aiohttp import ClientConnectorDNSError, ClientError, ClientSession, ClientTimeout, TCPConnector

from gateway.clock import Clock
from gateway.notify.address_guard import AddressGuard, AddressRefused, PinnedResolver
from gateway.notify.channels.webhook import FEW_TRIES, judge
from gateway.notify.message import Dead, Delivered, Result, Retry

TIMEOUT_S = 4.0
"""For one exchange: a send may need a token first, and ends within the runner's time all the same."""

MAX_ANSWER = 65_536
"""Bytes of an answer that are read."""

EARLY = timedelta(minutes=5)
"""How long before its end a token is not used any more."""

Answer = Mapping[str, object]
"""What a vendor says in a body of 200."""

NOTHING = b"null"


@dataclass(frozen=True, slots=True)
class Vendor:
    """Exchanges JSON with addresses that the settings name: no redirects, no proxies, only where the guard allows."""

    session: ClientSession
    guard: AddressGuard
    clock: Clock

    @classmethod
    def open(cls, clock: Clock, *, allow_private: bool, guard: AddressGuard | None = None) -> "Vendor":
        """With its own connections, to be closed; must be called inside the running loop."""
        guard = guard or (AddressGuard(private=True, ports=None) if allow_private else AddressGuard())
        connector = TCPConnector(resolver=PinnedResolver(guard), use_dns_cache=False, limit=16)
        timeout = ClientTimeout(total=TIMEOUT_S)
        return cls(
            ClientSession(
                connector=connector,
                timeout=timeout,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": "incident-gateway"},
            ),
            guard,
            clock,
        )

    async def ask(
        self, method: str, url: str, body: object = None, *, query: Mapping[str, str] = {}, headers: Mapping[str, str] = {}
    ) -> tuple[int, Answer] | Retry | Dead:
        """The status and what the body says, an empty answer where it is no JSON object; or why there is none."""
        told = None if body is None else msgspec.json.encode(body)
        head = {"content-type": "application/json", **headers}
        try:
            address = self.guard.check_url(url).update_query(query)
            async with self.session.request(method, address, data=told, headers=head, allow_redirects=False) as answer:
                return answer.status, _object(await answer.content.read(MAX_ANSWER))
        except AddressRefused as refusal:
            return Dead(f"refused: {refusal}")
        except ClientConnectorDNSError as error:
            refused = isinstance(error.os_error, AddressRefused)
            return Retry(f"name look-up failed: {error.os_error}", at_most=FEW_TRIES if refused else None, down=not refused)
        except (ClientError, OSError) as error:
            return Retry(f"{type(error).__name__}: {error}", down=True)

    def judged(self, status: int) -> Result:
        """What a status means that no answer explains; 2xx without one is no delivery."""
        result = judge(status, None, self.clock.now())
        return Retry(f"answered {status} without a result", at_most=FEW_TRIES) if isinstance(result, Delivered) else result

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()


def number(answer: Answer, name: str) -> int | None:
    """A whole number of the answer."""
    found = answer.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def word(answer: Answer, name: str) -> str:
    """A text of the answer, at most 200 characters of it."""
    found = answer.get(name)
    return found[:200] if isinstance(found, str) else ""


def _object(body: bytes) -> Answer:
    try:
        found = msgspec.json.decode(body or NOTHING)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A token and how long the vendor says it lasts."""

    token: str
    lasts: timedelta


Fetch = Callable[[], Awaitable[Fetched | Retry | Dead]]


class AccessToken:
    """A token that is fetched when it is needed, by one sender for all, and again before it ends or once it is refused."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._token, self._good_until = "", 0.0
        self._turn = asyncio.Lock()

    async def get(self) -> str | Retry | Dead:
        """The token, or why there is none."""
        async with self._turn:
            if self._token and self._clock.monotonic() < self._good_until:
                return self._token
            fetched = await self._fetch()
            if not isinstance(fetched, Fetched):
                return fetched
            self._good_until = self._clock.monotonic() + max(fetched.lasts - EARLY, timedelta(0)).total_seconds()
            self._token = fetched.token
            return self._token

    def forget(self, refused: str) -> None:
        """The vendor takes this one no longer; one that was fetched since stays."""
        if self._token == refused:
            self._token = ""
