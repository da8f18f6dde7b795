"""A key over its quota is refused with the status that its sender's protocol retries.

All other keys are served.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gateway.settings import Database, load
from tests.support.served import RunningGateway, served

INGEST = "/ingest/generic"
ALERT = {"title": "disk full", "severity": "warning"}


@pytest.fixture
def limits() -> dict[str, int]:
    return {
        "key_per_second": 1,
        "key_burst": 3,
        "ingest_per_second": 1,
        "ingest_burst": 3,
        "address_per_second": 1,
        "address_burst": 3,
    }


@pytest.fixture
async def gateway(database_url: str, limits: dict[str, int]) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    database = Database(url=database_url, pool_min=1, pool_max=8)
    changed = msgspec.structs.replace(plain.limits, **limits)
    async with served(msgspec.structs.replace(plain, database=database, limits=changed)) as running:
        yield running


async def test_key_over_quota_gets_429_and_other_keys_are_served(gateway: RunningGateway) -> None:
    statuses = [(await gateway.get("/api/v1/incidents", "read"))[0] for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    headers = {"Authorization": f"Bearer {gateway.keys['read']}"}
    answer = await gateway.client.get("/api/v1/incidents", headers=headers)
    told = await answer.json()
    assert (answer.content_type, told["type"]) == (
        "application/problem+json",
        "/problems/quota_exceeded",
    )
    assert "limits.key_per_second, 1" in told["detail"]
    assert answer.headers["Retry-After"] == "1"
    assert (
        await gateway.post("/api/v1/incidents", {"title": "mail is down"}, "admin")
    ).status == 201
    metrics = await (await gateway.client.get("/metrics")).text()
    assert 'gateway_quota_refusals_total{quota="requests"} 2.0' in metrics


async def test_sender_over_quota_gets_status_its_protocol_retries(gateway: RunningGateway) -> None:
    answers = [await gateway.post(INGEST, ALERT | {"title": f"disk {at}"}) for at in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 202, 503]
    assert answers[-1].headers["Retry-After"] == "1"
    assert "limits.ingest_per_second" in (await answers[-1].json())["detail"]
    event: dict[str, Any] = {"routing_key": gateway.keys["ingest"], "event_action": "trigger"}
    event |= {"payload": {"summary": "disk", "source": "host", "severity": "warning"}}
    assert (await gateway.post("/v2/enqueue", event, None)).status == 429
    assert (await gateway.post("/api/v2/alerts", [{"labels": {"alertname": "x"}}])).status == 503
    assert (await gateway.post(INGEST, ALERT, "other")).status == 202


async def test_address_over_quota_gets_429_and_keys_from_it_are_served(
    gateway: RunningGateway,
) -> None:
    path = "/api/v1/mine/nothing"
    assert [(await gateway.client.get(path)).status for _ in range(4)] == [404, 404, 404, 429]
    page = await gateway.client.get("/my/nothing")
    assert (page.status, page.content_type) == (429, "text/html")
    assert (await gateway.get("/api/v1/incidents", "read"))[0] == 200
    assert (await gateway.client.get("/healthz")).status == 200


async def test_invalid_keys_count_against_address_and_known_keys_are_served(
    gateway: RunningGateway,
) -> None:
    assert (await gateway.get("/api/v1/incidents", "read"))[0] == 200
    headers = {"Authorization": f"Bearer gwk_{'a' * 12}_{'b' * 43}"}
    made_up = [
        (await gateway.client.get("/api/v1/incidents", headers=headers)).status for _ in range(3)
    ]
    assert made_up == [401, 401, 429]
    assert (await gateway.client.post(INGEST, json=ALERT, headers=headers)).status == 503
    assert (await gateway.get("/api/v1/incidents", "read"))[0] == 200


@pytest.mark.parametrize("limits", [{"file_bytes_per_day": 10}])
async def test_files_beyond_daily_quota_are_refused(gateway: RunningGateway) -> None:
    made = await (
        await gateway.post("/api/v1/incidents", {"title": "mail is down"}, "admin")
    ).json()
    path = f"/api/v1/incidents/{made['number']}/attachments?name=log.txt"
    headers = {"Authorization": f"Bearer {gateway.keys['admin']}"}
    answers = [
        await gateway.client.post(path, data=b"ten bytes!", headers=headers) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [201, 429]
    told = await answers[1].json()
    assert (told["type"], "limits.file_bytes_per_day, 10" in told["detail"]) == (
        "/problems/quota_exceeded",
        True,
    )
    assert answers[1].headers["Retry-After"] == "86400"
    kept = await gateway.get(f"/api/v1/incidents/{made['number']}/attachments", "admin")
    assert len(kept[1]["attachments"]) == 1


@pytest.mark.parametrize("limits", [{"mappings_per_day": 2}])
async def test_mappings_beyond_daily_quota_are_refused(gateway: RunningGateway) -> None:
    headers = {"Authorization": f"Bearer {gateway.keys['admin']}"}

    async def put(to: str) -> tuple[int, str]:
        steps = [{"do": "rename", "from": "/name", "to": to}]
        body = {"steps": steps, "note": "they renamed it"}
        answer = await gateway.client.put(
            "/api/v1/mappings/ours/generic", json=body, headers=headers
        )
        return answer.status, await answer.text()

    assert [(await put(to))[0] for to in ("/title", "/title", "/summary")] == [200, 200, 200], (
        "the same again is none"
    )
    status, told = await put("/text")
    assert (status, "limits.mappings_per_day is 2" in told) == (429, True)
    assert (await put("/summary"))[0] == 200


@pytest.mark.parametrize("limits", [{"key_at_once": 2}])
async def test_concurrent_request_quota_is_released_when_requests_end(
    gateway: RunningGateway,
) -> None:
    waiting = [
        asyncio.ensure_future(gateway.get("/api/v1/changes?wait=1", "read")) for _ in range(2)
    ]
    await asyncio.sleep(0.2)  # noqa: TID251 - until they wait
    status, told = await gateway.get("/api/v1/incidents", "read")
    assert (status, "limits.key_at_once is 2" in told["detail"]) == (429, True)
    await asyncio.gather(*waiting)
    assert (await gateway.get("/api/v1/incidents", "read"))[0] == 200


@pytest.mark.parametrize("limits", [{"key_bytes_per_minute": 6_000}])
async def test_byte_quota_counts_bodies_with_and_without_length(gateway: RunningGateway) -> None:
    headers = {
        "Authorization": f"Bearer {gateway.keys['ingest']}",
        "Content-Type": "application/json",
    }
    body = msgspec.json.encode(ALERT | {"description": "x" * 4_000})

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    assert (await gateway.client.post(INGEST, data=pieces(), headers=headers)).status == 202
    answer = await gateway.client.post(INGEST, data=body, headers=headers)
    assert (
        answer.status,
        "limits.key_bytes_per_minute, 6000" in (await answer.json())["detail"],
    ) == (503, True)
