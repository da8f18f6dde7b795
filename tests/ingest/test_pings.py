"""Pings that are posted to the addresses of monitors, through the whole gateway."""

from collections.abc import AsyncIterator

import pytest

from tests.compat.test_endpoints import settings
from tests.support.served import RunningGateway, served


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    async with served(settings(database_url)) as running:
        yield running


async def test_job_pings_at_every_address_and_failure_opens_incident(
    gateway: RunningGateway,
) -> None:
    address = f"/ping/{gateway.keys['ingest']}/backup"

    async def ping(method: str, what: str, body: bytes | None = None) -> tuple[int, str]:
        answer = await gateway.client.request(method, address + what, data=body)
        return answer.status, await answer.text()

    assert (await ping("GET", ""))[0] == 404
    assert await ping("GET", "?create=1") == (201, "Created")
    assert await ping("HEAD", "?create=1") == (200, "")
    assert await ping("POST", "/start") == (200, "OK")
    assert await ping("POST", "/log", b"half way") == (200, "OK")
    assert await ping("POST", "/137", b"killed\0 \xff" + b"x" * 20_000) == (200, "OK")
    status, listed = await gateway.get("/api/v1/monitors", key="read", integration="ours")
    (one,) = listed["monitors"]
    assert (status, one["state"], one["exit_status"], one["note"][:10], len(one["note"])) == (
        200,
        "down",
        137,
        "killed� �x",
        10_000,
    )
    _, records = await gateway.get("/api/v1/incidents", key="read")
    assert [(record["title"], record["source"]) for record in records["incidents"]] == [
        ("backup failed", "ping")
    ]
    assert await ping("GET", "/0") == (200, "OK")
    assert await ping("POST", "/fail") == (200, "OK")
    assert await ping("POST", "") == (200, "OK")
    _, records = await gateway.get("/api/v1/incidents", key="read")
    assert [(record["title"], record["state"]) for record in records["incidents"]] == [
        ("backup failed", "resolved")
    ]
    assert [(await ping("GET", what))[0] for what in ("/256", "/1000", "/other", "/-1")] == [
        400,
        404,
        404,
        404,
    ]


async def test_ping_with_wrong_key_is_refused_and_foreign_monitor_returns_404(
    gateway: RunningGateway,
) -> None:
    await gateway.client.get(f"/ping/{gateway.keys['ingest']}/backup?create=1")
    answers = [
        (await gateway.client.get(f"/ping/{key}/backup")).status
        for key in (gateway.keys["read"], gateway.keys["other"], "x")
    ]
    assert answers == [403, 404, 401]
