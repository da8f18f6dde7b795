"""Senders of GoAlert with only the host and the token changed, through the whole gateway."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse

from gateway.ingest.sources.goalert import form
from gateway.settings import Database, load
from tests.support.served import RunningGateway, served

GENERIC, GRAFANA = "/api/v2/generic/incoming", "/api/v2/grafana/incoming"
PROMETHEUS = "/api/v2/prometheusalertmanager/incoming"


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    settings = msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings) as running:
        yield running


async def call(
    gateway: RunningGateway, path: str, method: str = "POST", key: str = "ingest", **more: Any
) -> ClientResponse:
    query = {"token": gateway.keys.get(key, key)} | more.pop("query", {})
    return await gateway.client.request(method, path, params=query, **more)


async def records(gateway: RunningGateway) -> list[tuple[str, str, str]]:
    _, found = await gateway.get("/api/v1/incidents", key="read")
    return sorted((one["source"], one["title"], one["state"]) for one in found["incidents"])


async def test_alert_by_query_form_or_json_is_deduplicated(gateway: RunningGateway) -> None:
    told = {"summary": "Disk full", "dedup": "d1"}
    for more in (
        {"method": "GET", "query": told},
        {"query": told},
        {"data": told},
        {"json": told | {"details": None}},
    ):
        answer = await call(gateway, GENERIC, **more)
        assert (answer.status, await answer.read()) == (204, b""), more
    assert await records(gateway) == [("goalert", "Disk full", "logged")]
    assert (await call(gateway, GENERIC, json={"action": "close", "dedup": "d1"})).status == 204
    assert await records(gateway) == [("goalert", "Disk full", "resolved")]


async def test_json_accept_header_returns_alert(gateway: RunningGateway) -> None:
    answer = await call(
        gateway, GENERIC, data={"summary": "Disk full"}, headers={"Accept": "application/json"}
    )
    told = await answer.json()
    assert (answer.status, told["Status"], told["Dedup"][:5]) == (200, "triggered", "auto:")


async def test_token_is_accepted_in_form_header_or_integration_key(gateway: RunningGateway) -> None:
    key = gateway.keys["ingest"]
    in_form = await gateway.client.post(GENERIC, data={"summary": "a", "token": key})
    in_header = await gateway.client.post(
        GENERIC, json={"summary": "b"}, headers={"Authorization": f"Bearer {key}"}
    )
    older = await gateway.client.post(GENERIC, params={"integrationKey": key, "summary": "c"})
    assert [answer.status for answer in (in_form, in_header, older)] == [204, 204, 204]


async def test_alertmanager_and_old_or_new_grafana_bodies_are_read(gateway: RunningGateway) -> None:
    grouped = {
        "version": "1",
        "status": "firing",
        "alerts": [{"status": "firing", "labels": {"alertname": "DiskFull"}}],
    }
    rule = {"ruleId": 1, "ruleName": "CPU", "state": "alerting"}
    for path, body in ((PROMETHEUS, grouped), (GRAFANA, grouped), (GRAFANA, rule)):
        answer = await call(gateway, path, json=body)
        assert (answer.status, await answer.read()) == (200, b"")
    assert {title for _, title, _ in await records(gateway)} == {"DiskFull", "CPU"}


async def test_wrong_token_returns_401_and_wrong_body_returns_400(gateway: RunningGateway) -> None:
    for path in (GENERIC, GRAFANA, PROMETHEUS):
        for key in ("nonsense", "read"):
            answer = await call(gateway, path, key=key, json={"summary": "x"})
            assert (answer.status, await answer.text()) == (401, "unauthorized\n")
    for path, body in (
        (GENERIC, {"details": "x"}),
        (GENERIC, {"summary": " "}),
        (GENERIC, []),
        (GRAFANA, {}),
        (PROMETHEUS, {}),
    ):
        assert (await call(gateway, path, json=body)).status == 400, (path, body)


async def test_second_key_in_query_returns_400(gateway: RunningGateway) -> None:
    answer = await call(gateway, GENERIC, query={"summary": "x", "other": gateway.keys["read"]})
    assert answer.status == 400


@pytest.mark.parametrize(
    "body", [b"--b\r\n" * 1_000, b"--b\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n--b--\r\n"]
)
def test_oversized_multipart_form_is_read_as_empty(body: bytes) -> None:
    assert form({"content-type": "multipart/form-data; boundary=b"}, body) == {}
