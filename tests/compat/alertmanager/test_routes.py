"""amtool and Grafana read the alerts that Prometheus posted, through the whole gateway."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.access import keys
from gateway.access.keys import Scope
from gateway.settings import Database, Settings, load
from tests.support.served import RunningGateway, served

ALERTS = "/api/v2/alerts"
STARTED = "2026-11-21T04:00:00.000Z"


def settings(database_url: str) -> Settings:
    return msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    async with served(settings(database_url)) as running:
        yield running


def alert(name: str, **more: str) -> dict[str, Any]:
    labels = {"alertname": name, "service": "crm"} | more
    return {
        "labels": labels,
        "annotations": {"summary": f"{name}!"},
        "startsAt": STARTED,
        "generatorURL": "http://prom/graph",
    }


async def names(gateway: RunningGateway, *filters: str, **more: str) -> list[str]:
    query: dict[str, Any] = {"filter": filters} if filters else {}
    status, found = await gateway.get(ALERTS, **query, **more)
    assert status == 200, found
    return sorted(one["labels"]["alertname"] for one in found)


async def test_posted_alerts_are_listed_in_alertmanager_format(gateway: RunningGateway) -> None:
    answer = await gateway.post(ALERTS, [alert("DiskFull")])
    assert (answer.status, await answer.read()) == (200, b"")
    status, [listed] = await gateway.get(ALERTS)
    times = {name: listed.pop(name) for name in ("endsAt", "updatedAt")}
    assert status == 200
    assert listed == {
        "labels": {"alertname": "DiskFull", "service": "crm"},
        "annotations": {"summary": "DiskFull!"},
        "startsAt": STARTED,
        "fingerprint": "dee28eed30c44165",
        "generatorURL": "http://prom/graph",
        "receivers": [{"name": "gateway"}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []},
    }
    ends, updated = (datetime.fromisoformat(text) for text in times.values())
    assert timedelta(minutes=4) < ends - updated <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ("2020-02-03T04:05:06.789Z", "2020-02-03T04:05:06.789Z"),
        ("2020-02-03T04:05:06.789123456+08:00", "2020-02-02T20:05:06.789Z"),
        ("1812-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
    ],
)
async def test_alert_start_is_returned_as_posted(
    gateway: RunningGateway, said: str, listed: str
) -> None:
    await gateway.post(ALERTS, [alert("DiskFull") | {"startsAt": said}])
    await gateway.post(ALERTS, [alert("DiskFull") | {"startsAt": said}])
    assert [one["startsAt"] for one in (await gateway.get(ALERTS))[1]] == [listed]


async def test_alert_without_start_starts_on_receipt(gateway: RunningGateway) -> None:
    await gateway.post(ALERTS, [{"labels": {"alertname": "DiskFull"}}])
    (one,) = (await gateway.get(ALERTS))[1]
    starts, updated = (datetime.fromisoformat(one[name]) for name in ("startsAt", "updatedAt"))
    assert abs(updated - starts) < timedelta(minutes=1)


async def test_ended_alert_is_not_listed(gateway: RunningGateway) -> None:
    await gateway.post(ALERTS, [alert("DiskFull"), alert("DiskSlow")])
    await gateway.post(ALERTS, [alert("DiskFull") | {"endsAt": datetime.now(UTC).isoformat()}])  # noqa: TID251 - a sender's clock
    assert await names(gateway) == ["DiskSlow"]


async def test_matchers_filter_alerts(gateway: RunningGateway) -> None:
    await gateway.post(
        ALERTS,
        [alert("DiskFull", host="a1"), alert("DiskSlow", host="b1"), alert("Down", service="web")],
    )
    assert await names(gateway, 'alertname="Down"') == ["Down"]
    assert await names(gateway, 'alertname=~"Disk.*"', 'host!~"b."') == ["DiskFull"]
    assert await names(gateway, 'alertname=~"Disk"') == []
    assert await names(gateway, 'alertname=~"(?i)disk(full|none)"') == ["DiskFull"]
    assert await names(gateway, 'host=""') == ["Down"]
    assert await names(gateway, 'host!=""', 'alertname!="DiskFull"') == ["DiskSlow"]


async def test_states_and_receivers_filter_alerts(gateway: RunningGateway) -> None:
    await gateway.post(ALERTS, [alert("DiskFull")])
    assert await names(gateway, active="false") == []
    assert await names(
        gateway, active="true", silenced="false", inhibited="false", unprocessed="false"
    ) == ["DiskFull"]
    assert await names(gateway, receiver="gate.*") == ["DiskFull"]
    assert await names(gateway, receiver="gate") == []


@pytest.mark.parametrize(
    "query", [{"filter": "x"}, {"filter": 'a=~"("'}, {"active": "perhaps"}, {"receiver": "["}]
)
async def test_invalid_query_returns_400_with_one_sentence(
    gateway: RunningGateway, query: dict[str, str]
) -> None:
    status, told = await gateway.get(ALERTS, **query)
    assert status == 400
    assert isinstance(told, str)


async def test_expensive_pattern_does_not_block(gateway: RunningGateway) -> None:
    await gateway.post(ALERTS, [alert("a" * 250)])
    assert await names(gateway, 'alertname=~"(a*)*(a|a)*a*a*a*a*a*a*a*a*a*b"') == []


async def test_alert_groups_are_formed_by_incident(gateway: RunningGateway) -> None:
    sick = [alert("DiskFull", instance="db1"), alert("DiskSlow", instance="db1")]
    await gateway.post(ALERTS, [*sick, alert("Down", service="web", instance="web1")])
    status, groups = await gateway.get(ALERTS + "/groups")
    assert status == 200
    assert sorted(
        sorted(one["labels"]["alertname"] for one in group["alerts"]) for group in groups
    ) == [
        ["DiskFull", "DiskSlow"],
        ["Down"],
    ]
    assert all(
        group["labels"]["incident"].startswith("INC-") and group["receiver"] == {"name": "gateway"}
        for group in groups
    )


async def test_valid_alerts_are_stored_beside_invalid_one(gateway: RunningGateway) -> None:
    answer = await gateway.post(ALERTS, [alert("DiskFull"), {"labels": {}}])
    assert answer.status == 400
    assert (await answer.json()).startswith("/1")
    assert await names(gateway) == ["DiskFull"]


@pytest.mark.parametrize("body", [{}, "x", [1], None])
async def test_body_without_alert_list_returns_400_with_one_sentence(
    gateway: RunningGateway, body: object
) -> None:
    answer = await gateway.post(ALERTS, body)
    assert answer.status == 400
    assert isinstance(await answer.json(), str)


async def test_full_queue_returns_503_with_retry_after(database_url: str) -> None:
    ordinary = settings(database_url)
    full = msgspec.structs.replace(
        ordinary, server=msgspec.structs.replace(ordinary.server, queue_items=1)
    )
    async with served(full) as gateway:
        posts = (gateway.post(ALERTS, [alert(f"Disk{n}")]) for n in range(30))
        answers = await asyncio.gather(*posts)
        assert {answer.status for answer in answers} == {200, 503}
        assert all(
            int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status == 503
        )


async def test_key_in_path_is_accepted_on_every_route(gateway: RunningGateway) -> None:
    root = f"/ingest/alertmanager/{gateway.keys['ingest']}"
    assert (await gateway.post(root + ALERTS, [alert("DiskFull")], key=None)).status == 200
    for path in (ALERTS, ALERTS + "/groups", "/api/v2/receivers"):
        status, found = await gateway.get(root + path, key=None)
        assert (status, len(found)) == (200, 1)


async def test_key_reads_only_its_own_integration(gateway: RunningGateway) -> None:
    await gateway.post(ALERTS, [alert("DiskFull")])
    for key, seen in (("read", 1), ("other", 0)):
        status, found = await gateway.get(ALERTS, key=key)
        assert (status, len(found)) == (200, seen)
    assert (await gateway.get(ALERTS, key=None))[0] == 401
    assert (await gateway.get(ALERTS, key="write"))[0] == 403
    assert (await gateway.post(ALERTS, [alert("DiskFull")], key="read")).status == 403


async def test_status_describes_alertmanager_without_cluster(gateway: RunningGateway) -> None:
    status, told = await gateway.get("/api/v2/status")
    assert status == 200
    assert told["cluster"] == {"status": "disabled", "peers": []}
    assert set(told["versionInfo"]) == {
        "version",
        "revision",
        "branch",
        "buildUser",
        "buildDate",
        "goVersion",
    }
    assert datetime.fromisoformat(told["uptime"]).tzinfo
    assert "receiver: gateway" in told["config"]["original"]
    assert await gateway.get("/api/v2/silences") == (200, [])
    assert await gateway.get("/api/v2/receivers") == (200, [{"name": "gateway"}])


async def test_health_needs_no_key(gateway: RunningGateway) -> None:
    for path in ("/-/healthy", "/-/ready"):
        answer = await gateway.client.get(path)
        assert (answer.status, await answer.text()) == (200, "OK")


async def test_alerts_of_security_incidents_are_not_listed(gateway: RunningGateway) -> None:
    await gateway.post(ALERTS, [alert("DiskFull")])
    await gateway.post(ALERTS, [alert("DiskSlow")])
    await gateway.pool.execute("UPDATE incident SET security = true WHERE title LIKE '%Full%'")
    assert await names(gateway) == ["DiskSlow"]
    hidden = await gateway.pool.fetchval("SELECT number FROM incident WHERE security")
    _, groups = await gateway.get(f"{ALERTS}/groups")
    assert len(groups) == 1
    assert hidden not in str(groups)


async def test_only_people_with_permission_read_alerts(gateway: RunningGateway) -> None:
    for login, role in (("rep", "reporter"), ("lea", "leader")):
        person = await gateway.pool.fetchval(PERSON, login, [role])
        async with gateway.pool.acquire() as conn:
            gateway.keys[login], _ = await keys.create(
                conn, login, frozenset({Scope.READ}), None, person_id=person
            )
    assert [(await gateway.get(ALERTS, key=who))[0] for who in ("rep", "lea")] == [403, 200]


PERSON = (
    "INSERT INTO person (login, name, roles, created_at, updated_at) "
    "VALUES ($1, $1, $2, now(), now()) RETURNING id"
)
