"""The API client calls vendors only at addresses that the guard allows.

The response is read if it is JSON.
"""

from collections.abc import AsyncIterator

import pytest

from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.notify.message import Retry, Undeliverable
from tests.support.clock import FakeClock
from tests.support.vendor import FakeVendor, fake_vendor


@pytest.fixture
async def fake() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as vendor:
        yield vendor


@pytest.fixture
async def call(fake: FakeVendor, clock: FakeClock) -> AsyncIterator[JsonApiClient]:
    opened = JsonApiClient.open(fake.url, clock, allow_private=True)
    yield opened
    await opened.close()


async def test_private_address_is_refused_unless_allowed(
    fake: FakeVendor, clock: FakeClock
) -> None:
    guarded = JsonApiClient.open(fake.url, clock, allow_private=False)
    assert isinstance(await guarded("GET", "/x", None), Undeliverable)
    assert fake.asked == []
    await guarded.close()


async def test_query_body_and_headers_are_sent_and_status_is_returned(
    call: JsonApiClient, fake: FakeVendor
) -> None:
    fake.answer("/x", (403, {"code": "no"}))
    assert await call(
        "PUT", "/x?a=%E5%95%8A", {"b": 1}, headers={"x-token": "t"}
    ) == VendorResponse(403, {"code": "no"})
    (asked,) = fake.asked
    assert (asked.query, asked.body, asked.headers["x-token"]) == ({"a": "啊"}, {"b": 1}, "t")


async def test_request_without_body_sends_none(call: JsonApiClient, fake: FakeVendor) -> None:
    fake.answer("/x", {})
    assert await call("GET", "/x", None) == VendorResponse(200, {})
    assert "content-length" not in {name.lower() for name in fake.asked[0].headers}


@pytest.mark.parametrize(
    ("status", "said"),
    [(302, ""), (200, "<html>"), (200, ""), (200, []), (500, {}), (503, {}), (429, {})],
)
async def test_unusable_answer_is_retried_and_redirect_is_not_followed(
    call: JsonApiClient, fake: FakeVendor, status: int, said: object
) -> None:
    fake.answer("/x", (status, said))
    assert isinstance(await call("POST", "/x", {}), Retry)
    assert len(fake.asked) == 1


async def test_unreachable_vendor_counts_as_down(clock: FakeClock, unused_tcp_port: int) -> None:
    away = JsonApiClient.open(f"http://127.0.0.1:{unused_tcp_port}", clock, allow_private=True)
    answer = await away("GET", "/", None)
    assert isinstance(answer, Retry)
    assert answer.down
    await away.close()


async def test_failure_and_empty_success_are_given_to_vendors_that_ask_for_them(
    fake: FakeVendor, clock: FakeClock
) -> None:
    fake.answer("/x", (429, {"wait": 3}), (500, {"why": "x"}), (500, "<html>"), (202, ""), "")
    call = JsonApiClient.open(
        fake.url, clock, allow_private=True, judges_failures=True, may_be_empty=True
    )
    assert await call("GET", "/x", None) == VendorResponse(429, {"wait": 3})
    assert await call("GET", "/x", None) == VendorResponse(500, {"why": "x"})
    broken = await call("GET", "/x", None)
    assert isinstance(broken, Retry)
    assert broken.down
    assert await call("GET", "/x", None) == VendorResponse(202, {})
    assert await call("GET", "/x", None) == VendorResponse(200, {})
    await call.close()
