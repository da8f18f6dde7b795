"""Tests of escalation policies over the API."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

POLICIES = "/api/v1/policies"
SRE = {
    "slug": "sre",
    "name": "SRE",
    "steps": [
        {"targets": ["person:ann", "role:incident_manager"]},
        {"targets": ["group:sre"], "after_seconds": 300, "turn": "next"},
    ],
    "uses": [{"priorities": [1, 2], "groups": ["sre"]}],
    "repeat": 2,
    "acknowledged_for_seconds": 1800,
}


@pytest.fixture(autouse=True)
async def people(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    await api.hire("sre", "bob")


async def test_policy_is_created_read_changed_and_deactivated(api: Api) -> None:
    status, made = await api.call("POST", POLICIES, SRE)
    assert (status, made["version"], made["active"]) == (201, 1, True)
    assert {name: made[name] for name in SRE if name not in {"steps", "uses"}} == {
        name: value for name, value in SRE.items() if name not in {"steps", "uses"}
    }
    assert made["steps"][1] == {
        "targets": ["group:sre"], "after_seconds": 300, "turn": "next", "hours": "always",
    }  # fmt: skip
    assert (await api.call("POST", POLICIES, SRE))[0] == 409
    one = f"{POLICIES}/sre"
    answer = await api.raw("GET", one, scope="read")
    assert (answer.headers["ETag"], await answer.json()) == ('"1"', made)
    patch = {"acknowledged_for_seconds": None, "rank": 5}
    status, other = await api.call("PATCH", one, patch, headers={"If-Match": '"1"'})
    assert (status, other["version"], other["rank"]) == (200, 2, 5)
    assert (other["acknowledged_for_seconds"], other["steps"]) == (None, made["steps"])
    assert (await api.call("PATCH", one, {"rank": 6}, headers={"If-Match": '"1"'}))[0] == 412
    assert (await api.call("PATCH", one, {"rank": 5}))[1]["version"] == 2
    assert (await api.call("DELETE", one))[0] == 204
    assert (await api.call("GET", one))[1]["active"] is False
    assert (await api.call("PATCH", one, {"active": True}))[1]["version"] == 4
    assert (await api.call("GET", f"{POLICIES}/none"))[0] == 404


async def test_policies_are_listed_page_by_page(api: Api) -> None:
    for number in range(3):
        assert (await api.call("POST", POLICIES, SRE | {"slug": f"p{number}"}))[0] == 201
    _, first = await api.call("GET", f"{POLICIES}?limit=2", scope="read")
    _, second = await api.call("GET", f"{POLICIES}?limit=2&after={first['next']}", scope="read")
    assert [one["slug"] for one in first["policies"] + second["policies"]] == ["p0", "p1", "p2"]
    assert second["next"] is None


def _steps(*targets: str, **more: Any) -> list[dict[str, Any]]:
    return [{"targets": list(targets), **more}]


@pytest.mark.parametrize(
    ("fields", "status", "pointer"),
    [
        ({"steps": _steps("person:nobody")}, 422, "/steps/0/targets/0"),
        ({"steps": _steps("group:none")}, 422, "/steps/0/targets/0"),
        ({"steps": _steps("role:none")}, 422, "/steps/0/targets/0"),
        ({"steps": _steps("pager:ann")}, 422, "/steps/0/targets/0"),
        ({"steps": _steps("webhook:http://127.0.0.1/x")}, 422, "/steps/0/targets/0"),
        ({"steps": _steps("person:ann", hours="within")}, 422, "/steps"),
        ({"steps": []}, 400, "/steps"),
        ({"steps": _steps("person:ann", after_seconds=-1)}, 400, "/steps/0/after_seconds"),
        ({"calendar": "moon"}, 422, "/calendar"),
        ({"uses": [{"services": ["none"]}]}, 422, "/uses/0/services/0"),
        ({"uses": [{"groups": ["none"]}]}, 422, "/uses/0/groups/0"),
        ({"repeat_after_seconds": 5}, 422, "/repeat_after_seconds"),
        ({"acknowledged_for_seconds": 5}, 422, "/acknowledged_for_seconds"),
        ({"uses": [{"priorities": [5]}]}, 400, "/uses/0/priorities/0"),
    ],
)
async def test_unusable_policy_is_refused_with_its_place(
    api: Api, fields: dict[str, Any], status: int, pointer: str
) -> None:
    code, problem = await api.call("POST", POLICIES, SRE | fields)
    assert (code, [flaw["pointer"] for flaw in problem["errors"]]) == (status, [pointer])
    assert (await api.call("GET", POLICIES))[1]["policies"] == []


async def test_all_flaws_of_a_policy_are_told_at_once(api: Api) -> None:
    steps = [*_steps("person:nobody", "group:none"), *_steps("person:ann", after_seconds=1)]
    _, problem = await api.call("POST", POLICIES, SRE | {"steps": steps, "calendar": "moon"})
    assert [flaw["pointer"] for flaw in problem["errors"]] == [
        "/calendar",
        "/steps/0/targets/0",
        "/steps/0/targets/1",
    ]


async def test_only_administrators_change_policies(api: Api) -> None:
    assert (await api.call("POST", POLICIES, SRE, scope="write"))[0] == 403
    assert (await api.call("POST", POLICIES, SRE))[0] == 201
    for method in ("PATCH", "DELETE"):
        assert (await api.call(method, f"{POLICIES}/sre", {}, scope="write"))[0] == 403


async def test_times_at_which_a_policy_reaches_nobody_are_told(api: Api) -> None:
    await api.person("eve", Role.TIER2, email="")
    steps = [*_steps("person:eve"), *_steps("group:sre", after_seconds=60)]
    await api.call("POST", POLICIES, SRE | {"steps": steps})
    _, reach = await api.call("GET", f"{POLICIES}/sre/reach?ahead=2", scope="read")
    month = [{"from": reach["at"], "to": reach["until"]}]
    assert [one["nobody"] for one in reach["steps"]] == [month, month]
    assert reach["nobody"] == month
    assert [one["login"] for one in reach["unreached"]] == ["bob", "eve"]
    assert {why["code"] for one in reach["unreached"] for why in one["why_not"]}
