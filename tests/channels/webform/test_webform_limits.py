"""Forms sent by programs or in floods are held back, and no others."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256

from tests.channels.webform.forms import counted, opened
from tests.support.clock import FakeClock
from tests.support.forms import Page, send
from tests.support.served import RunningGateway

MINUTE = timedelta(minutes=1)


async def test_suspected_spam_form_is_quarantined_and_replayed_once(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields = await opened(gateway, clock)
    page = await send(
        gateway.client, "/report/mail", fields | {"website": "http://x"}, ("a.txt", b"kept")
    )
    assert (page.status, page.heading) == (202, "Thank you. Somebody will look at your report")
    assert await counted(gateway) == {
        "incident": 0,
        "receipt": 1,
        "alert_event": 1,
        "quarantine": 1,
        "attachment": 0,
    }
    _, listed = await gateway.get("/api/v1/quarantine", "admin")
    (kept,) = listed["quarantine"]
    assert (kept["source"], kept["problem"], kept["receipt"]) == (
        "web",
        "a field that people do not see was filled in",
        page.one(r'class="address">([0-9a-f-]+)<'),
    )
    released = await gateway.post(f"/api/v1/quarantine/{kept['id']}/replay", {}, "admin")
    assert (released.status, [one["outcome"] for one in (await released.json())["results"]]) == (
        202,
        ["opened"],
    )
    assert (await counted(gateway))["incident"] == (await counted(gateway))["attachment"] == 1
    assert (
        await gateway.post(f"/api/v1/quarantine/{kept['id']}/replay", {}, "admin")
    ).status == 409
    again = await send(gateway.client, "/report/mail", fields)
    assert (again.status, (await counted(gateway))["incident"]) == (200, 1)


async def test_reports_per_address_are_rate_limited(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    for _ in range(5):
        assert (
            await send(gateway.client, "/report/mail", await opened(gateway, clock))
        ).status == 201
    fields = await opened(gateway, clock)
    page = await send(gateway.client, "/report/mail", fields)
    assert (page.status, page.heading, page.answer.headers["Retry-After"]) == (
        429,
        "Too many reports",
        "120",
    )
    assert "call 400" in page.text
    assert (await counted(gateway))["incident"] == 5
    clock.advance(2 * MINUTE)
    assert (await send(gateway.client, "/report/mail", fields)).status == 201
    assert (await send(gateway.client, "/report/mail", await opened(gateway, clock))).status == 429


async def test_reports_per_service_are_rate_limited_without_charging_address(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields = await opened(gateway, clock)
    service, tokens = (
        sha256(b"service\0mail").digest(),
        "SELECT tokens FROM form_bucket WHERE subject = $1",
    )
    await gateway.pool.execute("INSERT INTO form_bucket VALUES ($1, 0.5, $2)", service, clock.at)
    page = await send(gateway.client, "/report/mail", fields)
    assert (page.status, page.answer.headers["Retry-After"]) == (429, "10")
    assert await gateway.pool.fetchval(tokens, sha256(b"address\x00127.0.0.1").digest()) is None
    clock.advance(timedelta(seconds=5))
    assert (await send(gateway.client, "/report/mail", fields)).status == 201
    assert await gateway.pool.fetchval(tokens, service) == 0
    fields |= {"title": ""}
    statuses = [(await send(gateway.client, "/report/mail", fields)).status for _ in range(49)]
    assert statuses == [422] * 48 + [429], "what is never right ends too"


async def test_too_large_or_malformed_form_is_refused_with_page(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields = await opened(gateway, clock)
    page = await send(gateway.client, "/report/mail", fields, ("big", bytes(300_001)))
    assert (page.status, page.heading) == (413, "This is too large")
    many = await send(
        gateway.client, "/report/mail", fields, *[(f"{place}.txt", b"1") for place in range(6)]
    )
    assert (many.status, many.flaws) == (422, {"files": "At most 5 files can be sent."})
    for kind, body in (
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=a", b"--a\r\n\xff"),
        ("application/json", b"{}"),
        ("", b"\0"),
    ):
        answer = await gateway.client.post(
            "/report/mail", data=body, headers={"Content-Type": kind}
        )
        assert answer.status in {400, 422}, kind
        assert answer.content_type == "text/html"
    assert (await counted(gateway))["incident"] == 0


async def test_form_beyond_concurrent_capacity_returns_503(
    gateway: RunningGateway, clock: FakeClock
) -> None:
    fields, held, go_on = await opened(gateway, clock), asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield bytes(290_000)
        held.set()
        await go_on.wait()
        yield b"1"

    async def slow_one() -> Page:
        answer = await gateway.client.post("/report/mail", data=slowly())
        return Page(answer, await answer.text())

    slow, flawed = asyncio.create_task(slow_one()), fields | {"title": ""}
    await held.wait()
    page = await send(gateway.client, "/report/mail", flawed, ("a", bytes(50_000)))
    while page.status == 422 and not slow.done():  # the gateway has not read the slow form yet
        page = await send(gateway.client, "/report/mail", flawed, ("a", bytes(50_000)))
    told = slow.result() if slow.done() else page
    assert (told.status, told.heading, told.answer.headers["Retry-After"].isdecimal()) == (
        503,
        "Too busy just now",
        True,
    )
    go_on.set()
    assert (await slow).status in {400, 422, 503}
    text = await (await gateway.client.get("/metrics")).text()
    assert 'gateway_intake_requests_total{outcome="overloaded",source="web"} 1.0' in text
    assert "gateway_intake_overload_refusals_total 1.0" in text
    assert (await send(gateway.client, "/report/mail", fields, ("a", bytes(50_000)))).status == 201
