"""Tests of swaps of shifts over the API."""

import asyncio
from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.api.oncall.test_overrides import HOUR, moment, told_of
from tests.support.api import Api
from tests.support.clock import FakeClock

PATH = "/api/v1/schedules/web"
SWAPS = f"{PATH}/swaps"


def hours(since: float, until: float) -> dict[str, str]:
    return {"from": moment(since), "to": moment(until)}


SWAP: dict[str, Any] = {"asked": "bob", "gives": hours(2, 10), "takes": hours(26, 34)}


@pytest.fixture
async def staffed(api: Api) -> Api:
    """Ann is on call from noon, Bob from the noon after."""
    for login in ("ann", "bob", "cec"):
        await api.person(login, Role.TIER2, email=f"{login}@example.com")
    await api.person("mia", Role.INCIDENT_MANAGER, email="mia@example.com")
    layer = {
        "name": "all",
        "starts_on": "2026-03-02",
        "unit": "days",
        "hand_over": "12:00",
        "turns": [["ann"], ["bob"]],
    }
    made = {"slug": "web", "name": "Web", "layers": [layer]}
    assert (await api.call("POST", "/api/v1/schedules", made))[0] == 201
    return api


async def on_call(api: Api, at: float) -> list[str]:
    _, told = await api.call("GET", f"{PATH}/on-call?at={moment(at)}", scope="read")
    return list(told["people"])


async def proposed(api: Api, **changes: Any) -> str:
    status, made = await api.call("POST", SWAPS, SWAP | changes, "ann")
    assert (status, made["state"]) == (201, "proposed"), made
    return f"{SWAPS}/{made['id']}"


async def test_accepted_swap_puts_each_in_place_of_the_other(staffed: Api) -> None:
    one = await proposed(staffed)
    assert await told_of(staffed, "swap_proposed") == ["bob"]
    assert [await on_call(staffed, at) for at in (5, 30)] == [["ann"], ["bob"]]
    status, swap = await staffed.call("POST", f"{one}/accept", scope="bob")
    assert (status, swap["state"], swap["decided_by"]) == (200, "accepted", "bob")
    assert [await on_call(staffed, at) for at in (1, 5, 11, 25, 30, 35)] == [
        ["ann"],
        ["bob"],
        ["ann"],
        ["bob"],
        ["ann"],
        ["bob"],
    ]
    assert await told_of(staffed, "swap_accepted") == ["ann"]
    _, listed = await staffed.call("GET", f"{SWAPS}?state=accepted", scope="read")
    assert listed["swaps"] == [swap]


async def test_shift_is_given_away(staffed: Api) -> None:
    one = await proposed(staffed, asked="cec", takes=None)
    assert (await staffed.call("POST", f"{one}/accept", scope="cec"))[0] == 200
    assert [await on_call(staffed, at) for at in (5, 30)] == [["cec"], ["bob"]]


async def test_only_who_was_asked_accepts_or_refuses(staffed: Api) -> None:
    one = await proposed(staffed)
    for scope in ("ann", "cec", "mia", "admin", "write"):
        assert (await staffed.call("POST", f"{one}/accept", scope=scope))[0] == 403
        assert (await staffed.call("POST", f"{one}/refuse", scope=scope))[0] == 403
    for scope in ("bob", "cec", "write"):
        assert (await staffed.call("POST", f"{one}/withdraw", scope=scope))[0] == 403
    assert await on_call(staffed, 5) == ["ann"]


@pytest.mark.parametrize(
    ("end", "scope", "told"),
    [("refuse", "bob", "ann"), ("withdraw", "ann", "bob"), ("withdraw", "mia", "bob")],
)
async def test_ended_proposal_changes_nothing_and_is_told(
    staffed: Api, end: str, scope: str, told: str
) -> None:
    one = await proposed(staffed)
    status, swap = await staffed.call("POST", f"{one}/{end}", scope=scope)
    assert (status, swap["decided_by"]) == (200, scope)
    assert await told_of(staffed, f"swap_{swap['state']}") == [told]
    assert (await staffed.call("POST", f"{one}/accept", scope="bob"))[0] == 409
    assert await on_call(staffed, 5) == ["ann"]


async def test_expired_proposal_is_not_accepted(staffed: Api, clock: FakeClock) -> None:
    one = await proposed(staffed)
    clock.advance(2 * HOUR)
    assert (await staffed.call("POST", f"{one}/accept", scope="bob"))[0] == 409
    assert await on_call(staffed, 5) == ["ann"]


async def test_proposal_that_fits_no_more_is_not_accepted(staffed: Api) -> None:
    one = await proposed(staffed)
    override = hours(3, 4) | {"people": ["cec"], "replaces": "ann"}
    await staffed.call("POST", f"{PATH}/overrides", override)
    status, problem = await staffed.call("POST", f"{one}/accept", scope="bob")
    assert (status, "ann is not on call in all of that time" in problem["detail"]) == (409, True)
    await staffed.call("DELETE", PATH)
    assert (await staffed.call("POST", f"{one}/accept", scope="bob"))[0] == 409


async def test_two_acceptances_at_once_write_the_overrides_once(staffed: Api) -> None:
    one = await proposed(staffed)
    answers = await asyncio.gather(
        *(staffed.call("POST", f"{one}/accept", scope="bob") for _ in range(3))
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    _, listed = await staffed.call("GET", f"{PATH}/overrides", scope="read")
    assert [(one["people"], one["replaces"]) for one in listed["overrides"]] == [
        (["bob"], "ann"),
        (["ann"], "bob"),
    ]


async def test_override_of_a_swap_is_withdrawn_by_a_planner_only(staffed: Api) -> None:
    await staffed.call("POST", f"{await proposed(staffed)}/accept", scope="bob")
    _, listed = await staffed.call("GET", f"{PATH}/overrides", scope="read")
    one = f"{PATH}/overrides/{listed['overrides'][0]['id']}"
    assert (await staffed.call("DELETE", one, scope="ann"))[0] == 403
    assert (await staffed.call("DELETE", one, scope="mia"))[0] == 204


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"gives": hours(-2, 3)}, ["/gives/from"]),
        ({"gives": hours(3, 3), "takes": hours(30, 24 * 99)}, ["/gives/to", "/takes/to"]),
        ({"asked": "ann"}, ["/asked"]),
        ({"asked": "zoe"}, ["/asked"]),
        ({"gives": hours(2, 26)}, ["/gives", "/gives"]),
        ({"takes": hours(3, 5)}, ["/takes", "/takes"]),
        ({"takes": hours(50, 55)}, ["/takes", "/takes"]),
    ],
)
async def test_unusable_swap_is_refused_with_every_flaw(
    staffed: Api, changes: dict[str, Any], pointers: list[str]
) -> None:
    status, problem = await staffed.call("POST", SWAPS, SWAP | changes, "ann")
    assert (status, [one["pointer"] for one in problem["errors"]]) == (422, pointers)


async def test_machines_and_inactive_schedules_have_no_swaps(staffed: Api) -> None:
    assert (await staffed.call("POST", SWAPS, SWAP, "admin"))[0] == 403
    assert (await staffed.call("POST", f"{SWAPS}/99/accept", scope="bob"))[0] == 404
    await staffed.call("DELETE", PATH)
    assert (await staffed.call("POST", SWAPS, SWAP, "ann"))[0] == 409
