"""Senders of Grafana OnCall with only the host and the key changed, through the whole gateway."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gateway.compat.oncall import choose_source
from gateway.ingest.sources import SOURCES
from gateway.settings import Database, load
from tests.support.served import RunningGateway, served

BY_SLUG = {source.slug: source for source in SOURCES}


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    settings = msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings) as running:
        yield running


async def send(
    gateway: RunningGateway, kind: str, body: Any, key: str = "ingest", slash: str = "/"
) -> tuple[int, Any]:
    answer = await gateway.client.post(
        f"/integrations/v1/{kind}/{gateway.keys.get(key, key)}{slash}", json=body
    )
    return answer.status, await answer.json()


async def records(gateway: RunningGateway) -> list[tuple[str, str, str]]:
    _, found = await gateway.get("/api/v1/incidents", key="read")
    return sorted((one["source"], one["title"], one["state"]) for one in found["incidents"])


async def test_formatted_webhook_opens_incident_and_ok_state_clears_it(
    gateway: RunningGateway,
) -> None:
    body = {
        "alert_uid": "u1",
        "title": "Checkout is down",
        "state": "alerting",
        "message": "no answer",
    }
    assert await send(gateway, "formatted_webhook", body) == (200, "Ok.")
    assert await records(gateway) == [("oncall", "Checkout is down", "logged")]
    assert await send(gateway, "formatted_webhook", body | {"state": "ok"}, slash="") == (
        200,
        "Ok.",
    )
    assert await records(gateway) == [("oncall", "Checkout is down", "resolved")]


async def test_alertmanager_and_grafana_bodies_are_read_by_their_sources(
    gateway: RunningGateway,
) -> None:
    grouped = {
        "version": "4",
        "alerts": [{"status": "firing", "labels": {"alertname": "DiskFull"}}],
    }
    rule = {"ruleId": 1, "ruleName": "CPU", "state": "alerting", "title": "[Alerting] CPU"}
    for kind, body in (
        ("alertmanager", grouped),
        ("grafana", rule),
        ("zabbix", {"title": "Zabbix says", "state": "alerting"}),
    ):
        assert await send(gateway, kind, body) == (200, "Ok.")
    assert await records(gateway) == [
        ("alertmanager", "DiskFull", "logged"),
        ("grafana_legacy", "CPU", "logged"),
        ("oncall", "Zabbix says", "logged"),
    ]


async def test_maintenance_integration_is_answered_and_ignored(gateway: RunningGateway) -> None:
    assert await send(gateway, "maintenance", {"title": "planned"}) == (200, "Ok.")
    rows = await gateway.pool.fetch("SELECT outcome, reason FROM alert_event")
    assert [tuple(row) for row in rows] == [
        ("ignored", "an integration that takes nothing from outside")
    ]
    assert await records(gateway) == []


async def test_wrong_key_returns_403_and_wrong_body_returns_400(gateway: RunningGateway) -> None:
    for key in ("nonsense", "read"):
        status, told = await send(gateway, "webhook", {"title": "x"}, key)
        assert (status, told["detail"]) == (
            403,
            "Integration key was not found. Permission denied.",
        )
    for kind, body in (
        ("webhook", ["x"]),
        ("alertmanager", {"alerts": [{"status": "firing"}]}),
        ("grafana", {}),
    ):
        status, told = await send(gateway, kind, body)
        assert (status, bool(told["detail"])) == (400, True), kind
    assert await gateway.pool.fetchval("SELECT count(*) FROM quarantine") == 3
    unsigned = {
        "Type": "Notification",
        "MessageId": "m",
        "TopicArn": "t",
        "Message": "{}",
        "Timestamp": "2026-11-21T04:00:00Z",
    }
    status, told = await send(
        gateway,
        "amazon_sns",
        unsigned | {"SigningCertURL": "https://sns.us-east-1.amazonaws.com.evil/x"},
    )
    assert (status, bool(told["detail"])) == (403, True)


@pytest.mark.parametrize(
    ("kind", "body", "slug"),
    [
        ("legacy_alertmanager", b"{}", "alertmanager"),
        (
            "grafana_alerting",
            b'{"alerts":[]}',
            BY_SLUG.get("grafana", BY_SLUG["alertmanager"]).slug,
        ),
        ("legacy_grafana_alerting", b'{"state":"ok"}', "grafana_legacy"),
        ("grafana", b"no json", "grafana_legacy"),
        ("inbound_email", b"{}", "oncall"),
        ("webhook", b"{}", "oncall"),
    ],
)
def test_integration_type_maps_to_source(kind: str, body: bytes, slug: str) -> None:
    assert choose_source(BY_SLUG, kind, body).slug == slug


@pytest.mark.parametrize(
    "left_out", [{"title": None}, {"title": "", "alert_uid": None, "image_url": ""}, {}]
)
async def test_null_empty_or_missing_fields_identify_same_alert(
    gateway: RunningGateway, left_out: dict[str, Any]
) -> None:
    body = {"state": "alerting", "message": "no answer", "disk": "/var"}
    assert await send(gateway, "formatted_webhook", body) == (200, "Ok.")
    assert await send(gateway, "formatted_webhook", body | left_out | {"state": "ok"}) == (
        200,
        "Ok.",
    )
    assert [state for _, _, state in await records(gateway)] == ["resolved"]
