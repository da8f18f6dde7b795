"""Tokens are fetched once for all and again in time; nothing is called that the guard refuses."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.notify.channels.vendor import EARLY, AccessToken, Fetched, Vendor
from gateway.notify.message import Dead, Retry
from tests.support.clock import FakeClock
from tests.support.vendor import fake_vendor

LASTS = timedelta(hours=2)


@pytest.fixture
async def vendor(clock: FakeClock) -> AsyncIterator[Vendor]:
    opened = Vendor.open(clock, allow_private=True)
    yield opened
    await opened.close()


class Issuer:
    """Gives out one token after the other, or says why not."""

    def __init__(self) -> None:
        self.given = 0
        self.trouble: Retry | None = None

    async def __call__(self) -> Fetched | Retry | Dead:
        await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
        self.given += 1
        return self.trouble or Fetched(f"token-{self.given}", LASTS)


async def test_many_senders_fetch_one_token(clock: FakeClock) -> None:
    token = AccessToken(issuer := Issuer(), clock)
    assert set(await asyncio.gather(*(token.get() for _ in range(20)))) == {"token-1"}
    assert issuer.given == 1


async def test_a_token_is_fetched_again_before_it_ends_or_once_it_is_refused(clock: FakeClock) -> None:
    token = AccessToken(Issuer(), clock)
    assert await token.get() == "token-1"
    clock.advance(LASTS - EARLY - timedelta(seconds=1))
    assert await token.get() == "token-1"
    clock.advance(timedelta(seconds=1))
    assert await token.get() == "token-2"
    token.forget("token-1")
    assert await token.get() == "token-2"
    token.forget("token-2")
    assert await token.get() == "token-3"


async def test_without_a_token_it_is_said_why_and_asked_again(clock: FakeClock) -> None:
    token = AccessToken(issuer := Issuer(), clock)
    issuer.trouble = Retry("busy")
    assert await token.get() == Retry("busy")
    issuer.trouble = None
    assert await token.get() == "token-2"


async def test_a_private_address_is_refused_unless_it_is_allowed(clock: FakeClock) -> None:
    async with fake_vendor() as fake:
        guarded = Vendor.open(clock, allow_private=False)
        assert isinstance(await guarded.ask("GET", f"{fake.url}/x"), Dead)
        assert fake.asked == []
        await guarded.close()


@pytest.mark.parametrize(("status", "said"), [(302, ""), (200, "<html>"), (200, ""), (200, []), (200, "\xff"), (500, "{")])
async def test_an_answer_that_is_none_is_an_empty_one_and_no_redirect_is_followed(
    vendor: Vendor, status: int, said: object
) -> None:
    async with fake_vendor() as fake:
        fake.answer("/x", (status, said))
        assert await vendor.ask("POST", f"{fake.url}/x", {}) == (status, {})
        assert len(fake.asked) == 1
    assert isinstance(vendor.judged(status), Retry)


async def test_a_vendor_that_is_away_counts_as_down(vendor: Vendor, unused_tcp_port: int) -> None:
    answer = await vendor.ask("GET", f"http://127.0.0.1:{unused_tcp_port}/")
    assert isinstance(answer, Retry)
    assert answer.down
