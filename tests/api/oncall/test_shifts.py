"""Tests of who is on call over the API."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

PATH = "/api/v1/schedules"
DAILY: dict[str, Any] = {
    "slug": "web",
    "name": "Web",
    "layers": [
        {
            "name": "days",
            "starts_on": "2026-03-02",
            "unit": "days",
            "hand_over": "08:00",
            "turns": [["ann"], ["bob"]],
            "ends_on": "2026-03-05",
        }
    ],
}


@pytest.fixture
async def staffed(api: Api) -> Api:
    for login in ("ann", "bob"):
        await api.person(login, Role.TIER2)
    assert (await api.call("POST", PATH, DAILY))[0] == 201
    return api


async def test_shifts_and_gaps_of_a_period_are_listed(staffed: Api) -> None:
    asked = "?from=2026-03-03T00:00:00Z&to=2026-03-06T00:00:00Z"
    status, told = await staffed.call("GET", f"{PATH}/web/shifts{asked}", scope="read")
    assert status == 200
    assert [(one["from"], one["people"], one["why"]) for one in told["shifts"]] == [
        ("2026-03-02T08:00:00Z", ["ann"], "layer"),
        ("2026-03-03T08:00:00Z", ["bob"], "layer"),
        ("2026-03-04T08:00:00Z", ["ann"], "layer"),
    ]
    assert told["gaps"] == [{"from": "2026-03-05T08:00:00Z", "to": "2026-03-06T00:00:00Z"}]


async def test_person_on_call_is_told_for_any_moment(staffed: Api) -> None:
    for at, people in (("03T09:00:00Z", ["bob"]), ("04T09:00:00Z", ["ann"]), ("06T09:00:00Z", [])):
        asked = f"on-call?at=2026-03-{at}"
        _, one = await staffed.call("GET", f"{PATH}/web/{asked}", scope="read")
        _, every = await staffed.call("GET", f"/api/v1/{asked}", scope="read")
        assert (one["people"], every["schedules"]) == (people, [one])


async def test_next_turn_stands_in_for_somebody_who_has_left(staffed: Api) -> None:
    await staffed.call("DELETE", "/api/v1/people/ann")
    _, told = await staffed.call("GET", f"{PATH}/web/on-call?at=2026-03-02T09:00:00Z")
    assert (told["people"], told["shifts"][0]["why"]) == (["bob"], "stand_in")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("shifts?from=2026-03-03T00:00:00Z&to=2026-03-03T00:00:00Z", 422),
        ("shifts?from=2026-03-03T00:00:00Z&to=2027-03-03T00:00:00Z", 422),
        ("shifts?from=2026-03-03", 400),
        ("shifts?from=9999-12-31T00:00:00Z", 422),
        ("on-call?at=yesterday", 400),
        ("on-call?when=now", 400),
    ],
)
async def test_unusable_period_is_refused(staffed: Api, asked: str, status: int) -> None:
    assert (await staffed.call("GET", f"{PATH}/web/{asked}"))[0] == status
