"""An access token is fetched once for all senders, and again before it expires."""

import asyncio
from datetime import timedelta

from gateway.egress.access_token import EXPIRY_MARGIN, AccessToken, FetchedToken
from gateway.notify.message import Retry, Undeliverable
from tests.support.clock import FakeClock

LASTS = timedelta(hours=2)


class Issuer:
    """An issuer that returns a new token at each call, or the set failure."""

    def __init__(self) -> None:
        self.given = 0
        self.trouble: Retry | None = None

    async def __call__(self) -> FetchedToken | Retry | Undeliverable:
        await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
        self.given += 1
        return self.trouble or FetchedToken(f"token-{self.given}", LASTS)


async def test_concurrent_senders_fetch_one_token(clock: FakeClock) -> None:
    token = AccessToken(issuer := Issuer(), clock)
    assert set(await asyncio.gather(*(token.get() for _ in range(20)))) == {"token-1"}
    assert issuer.given == 1


async def test_token_is_refetched_before_expiry_or_after_refusal(clock: FakeClock) -> None:
    token = AccessToken(Issuer(), clock)
    assert await token.get() == "token-1"
    clock.advance(LASTS - EXPIRY_MARGIN - timedelta(seconds=1))
    assert await token.get() == "token-1"
    clock.advance(timedelta(seconds=1))
    assert await token.get() == "token-2"
    token.forget("token-1")
    assert await token.get() == "token-2"
    token.forget("token-2")
    assert await token.get() == "token-3"


async def test_failed_fetch_returns_reason_and_is_retried(clock: FakeClock) -> None:
    token = AccessToken(issuer := Issuer(), clock)
    issuer.trouble = Retry("busy")
    assert await token.get() == Retry("busy")
    issuer.trouble = None
    assert await token.get() == "token-2"
