"""Tests of Alertmanager's silences over HTTP.

The requests are those of amtool, Grafana and karma.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.access import keys
from gateway.access.login import grantable_scopes
from gateway.directory.roles import Role
from gateway.settings import Database, load
from tests.support.served import RunningGateway, served

ALERTS, SILENCES = "/api/v2/alerts", "/api/v2/silences"


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    settings = msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings) as running:
        yield running


def silence(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)  # noqa: TID251
    matcher = {"name": "service", "value": "crm", "isRegex": False, "isEqual": True}
    told = {"matchers": [matcher], "createdBy": "ann", "comment": "deploy"}
    return (
        told
        | {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=2)).isoformat()}
        | more
    )


async def silenced(gateway: RunningGateway, key: str = "ingest", **more: Any) -> str:
    answer = await gateway.post(SILENCES, silence(**more), key)
    told = await answer.json()
    assert answer.status == 200, told
    return str(told["silenceID"])


async def test_silence_is_created_shown_listed_and_expired(gateway: RunningGateway) -> None:
    made = await silenced(gateway)
    status, shown = await gateway.get(f"/api/v2/silence/{made}")
    assert status == 200
    assert {name: shown.pop(name) for name in ("startsAt", "endsAt", "updatedAt")}.keys()
    assert shown == {
        "id": made,
        "status": {"state": "active"},
        "comment": "deploy",
        "createdBy": "ann",
        "matchers": [{"name": "service", "value": "crm", "isRegex": False, "isEqual": True}],
    }
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()  # noqa: TID251
    pending = await silenced(
        gateway, startsAt=later, matchers=[{"name": "team", "value": "d.*", "isRegex": True}]
    )
    for filters, found in (
        (['service="crm"'], {made}),
        (['team=~".+"'], {pending}),
        ([], {made, pending}),
        (['a="b"'], set()),
    ):
        query: dict[str, Any] = {"filter": filters} if filters else {}
        _, listed = await gateway.get(SILENCES, **query)
        assert {one["id"] for one in listed} == found
    headers = {"Authorization": f"Bearer {gateway.keys['ingest']}"}
    for _ in range(2):
        answer = await gateway.client.delete(f"/api/v2/silence/{made}", headers=headers)
        assert (answer.status, await answer.read()) == (200, b"")
    _, listed = await gateway.get(SILENCES)
    assert {one["id"]: one["status"]["state"] for one in listed} == {
        made: "expired",
        pending: "pending",
    }


async def test_silenced_alert_is_suppressed_and_opens_no_incident(gateway: RunningGateway) -> None:
    made = await silenced(gateway)
    alerts = [
        {"labels": {"alertname": "DiskFull", "service": "crm"}},
        {"labels": {"alertname": "Slow", "service": "shop"}},
    ]
    assert (await gateway.post(ALERTS, alerts)).status == 200
    _, listed = await gateway.get(ALERTS)
    assert {one["labels"]["alertname"]: one["status"] for one in listed} == {
        "DiskFull": {"state": "suppressed", "silencedBy": [made], "inhibitedBy": [], "mutedBy": []},
        "Slow": {"state": "active", "silencedBy": [], "inhibitedBy": [], "mutedBy": []},
    }
    for query, found in (
        ({"silenced": "false"}, ["Slow"]),
        ({"active": "false"}, ["DiskFull"]),
        ({"filter": "service=crm"}, ["DiskFull"]),
    ):
        _, listed = await gateway.get(ALERTS, **query)
        assert [one["labels"]["alertname"] for one in listed] == found
    _, incidents = await gateway.get("/api/v1/incidents", key="read")
    assert [one["title"] for one in incidents["incidents"]] == ["Slow"]


async def test_invalid_silence_returns_400_with_one_sentence(gateway: RunningGateway) -> None:
    regex = {"name": "a", "isRegex": True}
    wrong: list[dict[str, Any]] = [
        {"matchers": []},
        {"matchers": [{"name": "a", "value": "", "isRegex": False}]},
        {"matchers": [regex | {"value": "("}]},
        {"matchers": [regex | {"value": "(a)\\1"}]},
        {"endsAt": "2020-01-01T00:00:00Z"},
        {"comment": None},
    ]
    for more in wrong:
        answer = await gateway.post(SILENCES, silence(**more))
        assert (answer.status, type(await answer.json())) == (400, str), more
    for path in ("/api/v2/silence/nothing", f"/api/v2/silence/{'0' * 32}"):
        assert (await gateway.get(path))[0] == 404


async def test_silence_belongs_to_integration_and_needs_permission_to_change(
    gateway: RunningGateway,
) -> None:
    made = await silenced(gateway)
    assert (await gateway.get(SILENCES, key="other"))[1] == []
    assert (await gateway.get(f"/api/v2/silence/{made}", key="other"))[0] == 404
    assert (await gateway.post(SILENCES, silence(id=made), "other")).status == 404
    assert (await gateway.post(SILENCES, silence(), "read")).status == 403
    for key, status in (("read", 403), ("other", 404)):
        headers = {"Authorization": f"Bearer {gateway.keys[key]}"}
        assert (
            await gateway.client.delete(f"/api/v2/silence/{made}", headers=headers)
        ).status == status
    assert (await gateway.post(SILENCES, silence(), None)).status == 401
    assert (await gateway.get(SILENCES, key="read"))[0] == 200
    path = f"/ingest/alertmanager/{gateway.keys['ingest']}{SILENCES}"
    assert (await gateway.post(path, silence(), None)).status == 200


async def person(gateway: RunningGateway, login: str, role: Role) -> None:
    """Create a person, and a key of theirs that is kept in `keys` under their login."""
    answer = await gateway.post(
        "/api/v1/people", {"login": login, "name": login, "roles": [role]}, key="admin"
    )
    assert answer.status == 201
    async with gateway.pool.acquire() as conn:
        person_id = await conn.fetchval("SELECT id FROM person WHERE login = $1", login)
        scopes = grantable_scopes(frozenset({role}))
        gateway.keys[login], _ = await keys.create(conn, login, scopes, None, person_id=person_id)


async def test_service_desk_silences_alerts_of_all_integrations(gateway: RunningGateway) -> None:
    await person(gateway, "dora", Role.SERVICE_DESK)
    await person(gateway, "tina", Role.TIER2)
    assert (await gateway.post(SILENCES, silence(), "tina")).status == 403
    made = await silenced(gateway, "dora")
    for key in ("tina", "other", "ingest"):
        assert (await gateway.get(f"/api/v2/silence/{made}", key=key))[0] == 200
    assert (await gateway.post(SILENCES, silence(id=made), "ingest")).status == 404
    assert (await gateway.post(SILENCES, silence(id=made), "dora")).status == 200


async def test_contradictory_silence_is_refused(gateway: RunningGateway) -> None:
    told = [
        {"name": "ci", "value": value, "isRegex": False, "isEqual": True}
        for value in ("db1", "db2")
    ]
    answer = await gateway.post(SILENCES, silence(matchers=told), "ingest")
    assert (answer.status, "no alert can match it" in await answer.json()) == (400, True)


def asks(name: str, value: str, *, regex: bool = False) -> list[dict[str, Any]]:
    return [{"name": name, "value": value, "isRegex": regex, "isEqual": True}]


async def catalogued(gateway: RunningGateway) -> None:
    """Create the services crm and payroll and the configuration item db-1."""
    for slug in ("crm", "payroll"):
        body = {"slug": slug, "name": slug.upper(), "aliases": [f"the {slug}"]}
        assert (await gateway.post("/api/v1/services", body, "admin")).status == 201
    item = {"name": "db-1", "kind": "host", "service": "crm"}
    assert (await gateway.post("/api/v1/cis", item, "admin")).status == 201


async def test_silence_on_unknown_service_or_ci_is_refused_with_suggestion(
    gateway: RunningGateway,
) -> None:
    await catalogued(gateway)
    for matchers, nearest in (
        (asks("service", "payrol"), "payroll"),
        (asks("service", "Payroll"), "payroll"),
        (asks("service", "payrol|payrool", regex=True), "payroll"),
        (asks("ci", "db-l"), "db-1"),
        (asks("ci", "(db-2|db-3)", regex=True), "db-1"),
    ):
        answer = await gateway.post(SILENCES, silence(matchers=matchers), "ingest")
        words = await answer.json()
        assert (answer.status, f"did you mean {nearest}" in words) == (400, True), words
    assert (await gateway.get(SILENCES))[1] == []


async def test_silence_without_known_match_is_accepted_with_warning(
    gateway: RunningGateway,
) -> None:
    await catalogued(gateway)
    alert = {"title": "slow", "service": "legacy", "ci": "old-7", "labels": {"team": "storage"}}
    assert (await gateway.post("/ingest/generic", alert, "ingest")).status == 202
    for matchers, warned in (
        (asks("service", "legacy"), ""),
        (asks("ci", "old-7"), ""),
        (asks("team", "storage"), ""),
        (asks("service", "crm"), "it matches no alert seen so far"),
        (asks("service", "the crm"), "it matches no alert seen so far"),
        (asks("service", "pay.*", regex=True), "it matches no alert seen so far"),
        (
            asks("service", "crm|payrol", regex=True),
            "nothing seen so far is called payrol: did you mean payroll?",
        ),
        (asks("team", "storrage"), "nothing seen so far is called storrage: did you mean storage?"),
        (asks("rack", "7"), 'rack="7": nothing seen so far is called 7'),
    ):
        told = await (await gateway.post(SILENCES, silence(matchers=matchers), "ingest")).json()
        assert ("silenceID" in told, len(told.get("warnings", []))) == (True, bool(warned)), told
        assert warned in "".join(told.get("warnings", []))


async def test_suggestions_exclude_other_integrations_and_security_incidents(
    gateway: RunningGateway,
) -> None:
    for service, key in (("mailbox", "other"), ("mailhost", "ingest")):
        assert (
            await gateway.post("/ingest/generic", {"title": service, "service": service}, key)
        ).status == 202
    await gateway.pool.execute("UPDATE incident SET security = true WHERE service = 'mailhost'")
    told = await (
        await gateway.post(SILENCES, silence(matchers=asks("service", "mailhos")), "ingest")
    ).json()
    assert told["warnings"] == ['service="mailhos": nothing seen so far is called mailhos']


async def test_unknown_name_is_accepted_with_warning_without_catalogue(
    gateway: RunningGateway,
) -> None:
    assert (
        await gateway.post("/ingest/generic", {"title": "slow", "service": "crm"}, "ingest")
    ).status == 202
    for name, value in (("service", "crn"), ("ci", "db-1")):
        told = await (
            await gateway.post(SILENCES, silence(matchers=asks(name, value)), "ingest")
        ).json()
        assert len(told["warnings"]) == 1
    assert await silenced(gateway)


async def test_existing_silence_on_unknown_service_is_updated(gateway: RunningGateway) -> None:
    made = await silenced(gateway, matchers=asks("service", "payrol"))
    await catalogued(gateway)
    assert await silenced(gateway, id=made, matchers=asks("service", "payrol")) == made


async def test_silence_beyond_limit_is_refused(gateway: RunningGateway) -> None:
    async with gateway.pool.acquire() as conn:
        await conn.execute(
            "INSERT INTO silence (id, integration_id, matchers, starts_at, ends_at, created_by, "
            "comment, updated_at)"
            " SELECT gen_random_uuid(), (SELECT min(integration_id) "
            "FROM api_key), '[]', now(), now() + interval '1 hour',"
            " 'ann', '', now() FROM generate_series(1, 500)"
        )
    answer = await gateway.post(SILENCES, silence())
    assert answer.status == 400
    assert "limits.silences is 500" in await answer.json()
