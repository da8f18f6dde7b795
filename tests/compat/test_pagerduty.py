"""PagerDuty's Events API v1 and its change events, with only the host and the key changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gateway.settings import Database, Settings, load
from tests.support.served import RunningGateway, served

CREATE, CHANGE = "/generic/2010-04-15/create_event.json", "/v2/change/enqueue"


def settings(database_url: str) -> Settings:
    return msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    async with served(settings(database_url)) as running:
        yield running


def event(gateway: RunningGateway, **more: Any) -> dict[str, Any]:
    told = {
        "event_type": "trigger",
        "incident_key": "disk",
        "description": "Disk full",
        "details": {"host": "db-1"},
    }
    return {"service_key": gateway.keys["ingest"]} | told | more


async def test_v1_event_opens_and_v2_event_clears_same_alert(gateway: RunningGateway) -> None:
    for kind in ("trigger", "acknowledge"):
        answer = await gateway.post(CREATE, event(gateway, event_type=kind), key=None)
        told = {"status": "success", "message": "Event processed", "incident_key": "disk"}
        assert (answer.status, await answer.json()) == (200, told)
    newer = {"routing_key": gateway.keys["ingest"], "event_action": "resolve", "dedup_key": "disk"}
    assert (await gateway.post("/v2/enqueue", newer, key=None)).status == 202
    _, listed = await gateway.get("/api/v1/incidents", key="read")
    assert [(one["title"], one["state"], one["ci"]) for one in listed["incidents"]] == [
        ("Disk full", "resolved", "db-1")
    ]


async def test_invalid_v1_event_returns_400_with_flaws(gateway: RunningGateway) -> None:
    for more, place in (
        ({"event_type": "explode"}, "/event_type"),
        ({"description": ""}, "/description"),
        ({"event_type": "resolve", "incident_key": None}, "/incident_key"),
        ({"service_key": "x"}, "service_key"),
        ({"service_key": gateway.keys["read"]}, "service_key"),
    ):
        answer = await gateway.post(CREATE, event(gateway, **more), key=None)
        told = await answer.json()
        assert (answer.status, told["status"]) == (400, "invalid event")
        assert told["errors"][0].startswith(place), told


async def test_change_event_is_recorded_and_opens_no_incident(gateway: RunningGateway) -> None:
    change = {
        "routing_key": gateway.keys["ingest"],
        "payload": {"summary": "Deployed 4.2", "source": "ci"},
    }
    answer = await gateway.post(CHANGE, change, key=None)
    assert (answer.status, await answer.json()) == (
        202,
        {"status": "success", "message": "Change event processed"},
    )
    rows = await gateway.pool.fetch("SELECT outcome, reason FROM alert_event")
    assert [tuple(row) for row in rows] == [("ignored", "change_event")]
    assert (await gateway.post(CHANGE, change | {"payload": {}}, key=None)).status == 400
    assert (await gateway.post(CHANGE, change | {"routing_key": "x"}, key=None)).status == 400


async def test_full_queue_returns_403_for_v1_events(database_url: str) -> None:
    ordinary = settings(database_url)
    full = msgspec.structs.replace(
        ordinary, server=msgspec.structs.replace(ordinary.server, queue_items=1)
    )
    async with served(full) as gateway:
        posts = (
            gateway.post(CREATE, event(gateway, incident_key=f"disk {n}"), key=None)
            for n in range(30)
        )
        answers = await asyncio.gather(*posts)
        assert {answer.status for answer in answers} == {200, 403}
        assert all(
            int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status == 403
        )
