"""Tests of PagerDuty's clients with only the host changed, through the whole gateway."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gateway.ingest.sources import SOURCES
from gateway.settings import Database, Settings, load
from tests.support.served import RunningGateway, served

ENQUEUE = "/v2/enqueue"


def settings(database_url: str) -> Settings:
    return msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    async with served(settings(database_url)) as running:
        yield running


def event(gateway: RunningGateway, **more: Any) -> dict[str, Any]:
    payload = {"summary": "Disk full", "source": "db-1", "severity": "critical", "component": "crm"}
    return {
        "routing_key": gateway.keys["ingest"],
        "event_action": "trigger",
        "dedup_key": "disk",
        "payload": payload,
    } | more


async def test_trigger_opens_incident_and_resolve_clears_it(gateway: RunningGateway) -> None:
    for action in ("trigger", "acknowledge", "resolve"):
        answer = await gateway.post(ENQUEUE, event(gateway, event_action=action), key=None)
        assert answer.status == 202
        assert await answer.json() == {
            "status": "success",
            "message": "Event processed",
            "dedup_key": "disk",
        }
    status, listed = await gateway.get("/api/v1/incidents", key="read")
    assert status == 200
    assert [(one["title"], one["state"], one["source"]) for one in listed["incidents"]] == [
        ("Disk full", "resolved", "pagerduty")
    ]


async def test_trigger_without_dedup_key_gets_generated_one(gateway: RunningGateway) -> None:
    answer = await gateway.post(ENQUEUE, event(gateway, dedup_key=None), key=None)
    assert answer.status == 202
    assert len((await answer.json())["dedup_key"]) == 32


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"event_action": "explode"}, "/event_action"),
        ({"payload": {"severity": "critical"}}, "/payload/summary"),
        ({"event_action": "resolve", "dedup_key": None}, "/dedup_key"),
        ({"routing_key": "R0000000000000000000000000000000"}, "routing_key"),
        ({"routing_key": None}, "routing_key"),
    ],
)
async def test_invalid_event_is_refused_in_pagerduty_format(
    gateway: RunningGateway, more: dict[str, Any], place: str
) -> None:
    answer = await gateway.post(ENQUEUE, event(gateway, **more), key=None)
    told = await answer.json()
    assert (answer.status, told["status"], told["message"]) == (
        400,
        "invalid event",
        "Event object is invalid",
    )
    assert [error for error in told["errors"] if error.startswith(place)]


async def test_routing_key_without_ingest_scope_returns_400(gateway: RunningGateway) -> None:
    answer = await gateway.post(ENQUEUE, event(gateway, routing_key=gateway.keys["read"]), key=None)
    assert answer.status == 400


async def test_full_queue_returns_429_with_retry_after(database_url: str) -> None:
    ordinary = settings(database_url)
    full = msgspec.structs.replace(
        ordinary, server=msgspec.structs.replace(ordinary.server, queue_items=1)
    )
    async with served(full) as gateway:
        posts = (
            gateway.post(ENQUEUE, event(gateway, dedup_key=f"disk {n}"), key=None)
            for n in range(30)
        )
        answers = await asyncio.gather(*posts)
        assert {answer.status for answer in answers} == {202, 429}
        assert all(
            int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status == 429
        )


DOORS: list[tuple[str, str, tuple[int, int]]] = [
    *(("POST", f"/ingest/{source.slug}", (401, 403)) for source in SOURCES),
    ("POST", "/ingest/generic/gwk_nobody", (401, 401)),
    ("POST", "/api/v2/alerts", (401, 403)),
    ("POST", ENQUEUE, (400, 400)),
    ("GET", "/api/v2/alerts", (401, 200)),
    ("GET", "/api/v2/alerts/groups", (401, 200)),
    ("GET", "/api/v2/silences", (401, 200)),
]
"""Endpoints, with their statuses for a missing or wrong key and for a key that may only read."""


async def test_every_endpoint_refuses_missing_wrong_or_insufficient_key(
    gateway: RunningGateway,
) -> None:
    for method, path, (unknown, reader) in DOORS:
        for key, status in ((None, unknown), ("nonsense", unknown), (gateway.keys["read"], reader)):
            sent = {"Authorization": f"Bearer {key}"} if key else {}
            body = {"title": "x"} if method == "POST" else None
            answer = await gateway.client.request(method, path, json=body, headers=sent)
            assert answer.status == status, (method, path, key)
    assert await gateway.pool.fetchval("SELECT count(*) FROM receipt") == 0
