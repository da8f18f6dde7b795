"""Tests of on-call schedules over the API."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

PATH = "/api/v1/schedules"
WEB: dict[str, Any] = {
    "slug": "web",
    "name": "Web 值班",
    "zone": "Europe/Berlin",
    "owner": "ann",
    "layers": [
        {
            "name": "nights",
            "starts_on": "2026-01-05",
            "unit": "days",
            "hand_over": "08:30",
            "turns": [["ann"], ["bob"]],
            "restrictions": [{"weekdays": ["mon", "tue"], "from": "22:00", "to": "06:00"}],
        },
        {
            "name": "weeks",
            "starts_on": "2026-01-05",
            "weekday": "mon",
            "zone": "Asia/Shanghai",
            "turns": [["ann", "bob"], ["bob"]],
        },
    ],
}


@pytest.fixture
async def staffed(api: Api) -> Api:
    await api.person("ann", Role.TIER2, email="ann@example.com")
    await api.person("bob", Role.TIER2, email="bob@example.com")
    await api.person("mia", Role.INCIDENT_MANAGER, email="mia@example.com")
    return api


async def test_schedule_is_created_and_read_back(staffed: Api) -> None:
    status, made = await staffed.call("POST", PATH, WEB)
    assert (status, made["version"], made["owner"]) == (201, 1, "ann")
    assert made["layers"][0] == {
        "name": "nights",
        "starts_on": "2026-01-05",
        "turns": [["ann"], ["bob"]],
        "unit": "days",
        "length": 1,
        "hand_over": "08:30",
        "weekday": None,
        "counted_from": None,
        "ends_on": None,
        "zone": None,
        "restrictions": [{"weekdays": ["mon", "tue"], "from": "22:00", "to": "06:00"}],
    }
    assert await staffed.call("GET", f"{PATH}/web", scope="read") == (200, made)
    _, listed = await staffed.call("GET", PATH, scope="read")
    assert [one["slug"] for one in listed["schedules"]] == ["web"]
    assert (await staffed.call("GET", f"{PATH}/db"))[0] == 404


async def test_every_flaw_is_told_at_once(staffed: Api) -> None:
    layers = [{**WEB["layers"][0], "turns": [["zoe"], []], "zone": "Mars"}]
    status, problem = await staffed.call(
        "POST", PATH, WEB | {"layers": layers, "owner": "zoe", "zone": "Moon"}
    )
    assert status == 422
    assert [one["pointer"] for one in problem["errors"]] == [
        "/zone",
        "/layers/0/zone",
        "/layers/0/turns/0/0",
        "/layers/0/turns/1",
        "/owner",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"hand_over": "24:00"},
        {"weekday": "monday"},
        {"unit": "months"},
        {"starts_on": "2026-02-30"},
        {"turns": ["ann"]},
        {"hours": 3},
    ],
)
async def test_unreadable_layer_is_malformed(staffed: Api, wrong: dict[str, Any]) -> None:
    layers = [WEB["layers"][1] | wrong]
    assert (await staffed.call("POST", PATH, WEB | {"layers": layers}))[0] == 400


async def test_slug_is_taken_once(staffed: Api) -> None:
    await staffed.call("POST", PATH, WEB)
    assert (await staffed.call("POST", PATH, WEB))[0] == 409


async def test_change_needs_the_present_version(staffed: Api) -> None:
    await staffed.call("POST", PATH, WEB)
    old = {"If-Match": '"1"'}
    status, changed = await staffed.call("PATCH", f"{PATH}/web", {"name": "W"}, headers=old)
    assert (status, changed["name"], changed["version"]) == (200, "W", 2)
    assert (await staffed.call("PATCH", f"{PATH}/web", {"name": "X"}, headers=old))[0] == 412
    _, same = await staffed.call("PATCH", f"{PATH}/web", {"name": "W", "layers": WEB["layers"]})
    assert same["version"] == 2


async def test_change_is_in_force_at_once(staffed: Api) -> None:
    await staffed.call("POST", PATH, WEB)
    layers = [{"name": "one", "starts_on": "2026-01-05", "turns": [["bob"]]}]
    await staffed.call("PATCH", f"{PATH}/web", {"layers": layers})
    _, now = await staffed.call("GET", f"{PATH}/web/on-call", scope="read")
    assert now["people"] == ["bob"]


async def test_owner_and_managers_change_a_schedule_and_others_do_not(staffed: Api) -> None:
    await staffed.call("POST", PATH, WEB)
    for scope, status in (("bob", 403), ("read", 403), ("write", 403), ("ann", 200), ("mia", 200)):
        change = {"name": f"by {scope}"}
        assert (await staffed.call("PATCH", f"{PATH}/web", change, scope))[0] == status, scope
    assert (await staffed.call("POST", PATH, WEB | {"slug": "a"}, "ann"))[0] == 403
    assert (await staffed.call("POST", PATH, WEB | {"slug": "a"}, "mia"))[0] == 201


async def test_machine_named_like_the_owner_is_not_the_owner(staffed: Api) -> None:
    await staffed.call("POST", PATH, WEB)
    _, key = await staffed.call("POST", "/api/v1/keys", {"name": "ann", "scopes": ["write"]})
    staffed.keys["machine"] = key["key"]
    assert (await staffed.call("PATCH", f"{PATH}/web", {"name": "x"}, "machine"))[0] == 403


async def test_nobody_is_on_call_in_a_deactivated_schedule(staffed: Api) -> None:
    await staffed.call("POST", PATH, WEB)
    assert (await staffed.call("DELETE", f"{PATH}/web"))[0] == 204
    _, now = await staffed.call("GET", f"{PATH}/web/on-call", scope="read")
    assert (now["people"], now["shifts"]) == ([], [])
    _, every = await staffed.call("GET", "/api/v1/on-call", scope="read")
    assert every["schedules"] == []
