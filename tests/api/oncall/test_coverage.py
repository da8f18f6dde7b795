"""Warnings about schedules, and figures about how their shifts are shared, over the API."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

DBA = "/api/v1/schedules/dba"


def layer(*turns: list[str], **fields: Any) -> dict[str, Any]:
    whole = {"name": "weeks", "starts_on": "2026-01-05", "turns": turns, "weekday": "mon"}
    return whole | {"hand_over": "00:00"} | fields


async def schedule(api: Api, slug: str, *layers: dict[str, Any], zone: str = "UTC") -> None:
    asked = {"slug": slug, "name": slug.upper(), "zone": zone, "layers": layers}
    status, made = await api.call("POST", "/api/v1/schedules", asked)
    assert status == 201, made


@pytest.fixture(autouse=True)
async def people(api: Api) -> None:
    for login in ("ann", "bob"):
        await api.person(login, Role.TIER2)


async def test_coverage_has_gaps_double_bookings_and_turns_of_absent(api: Api) -> None:
    await schedule(api, "dba", layer(["ann"], ends_on="2026-03-12"))
    await schedule(api, "net", layer(["ann"], ["bob"]))
    leave = {"from": "2026-03-03T00:00:00Z", "to": "2026-03-04T00:00:00Z"}
    await api.call("POST", "/api/v1/people/ann/absences", leave)
    status, found = await api.call("GET", f"{DBA}/coverage", scope="bob")
    assert (status, found) == (
        200,
        {
            "schedule": "dba",
            "from": "2026-03-02T12:00:00Z",
            "to": "2026-04-01T12:00:00Z",
            "gaps": [
                {"from": "2026-03-03T00:00:00Z", "to": "2026-03-04T00:00:00Z"},
                {"from": "2026-03-12T00:00:00Z", "to": "2026-04-01T12:00:00Z"},
            ],
            "double_bookings": [
                {
                    "person": "ann",
                    "schedules": ["dba", "net"],
                    "from": "2026-03-02T12:00:00Z",
                    "to": "2026-03-03T00:00:00Z",
                },
                {
                    "person": "ann",
                    "schedules": ["dba", "net"],
                    "from": "2026-03-04T00:00:00Z",
                    "to": "2026-03-09T00:00:00Z",
                },
            ],
            "absences": [
                {"person": "ann", "from": "2026-03-03T00:00:00Z", "to": "2026-03-04T00:00:00Z"}
            ],
        },
    )


async def test_coverage_of_inactive_schedule_is_empty_and_of_none_not_found(api: Api) -> None:
    await schedule(api, "dba", layer(["ann"], ends_on="2026-03-12"))
    assert (await api.call("DELETE", DBA))[0] == 204
    _, found = await api.call("GET", f"{DBA}/coverage")
    assert (found["gaps"], found["double_bookings"], found["absences"]) == ([], [], [])
    for name in ("coverage", "fairness"):
        assert (await api.call("GET", f"/api/v1/schedules/none/{name}"))[0] == 404


async def test_fairness_counts_hours_nights_and_days_off_of_each(api: Api) -> None:
    await schedule(api, "dba", layer(["ann"], ["bob"]), zone="Asia/Shanghai")
    for login in ("ann", "bob"):
        await api.call("PATCH", f"/api/v1/people/{login}", {"zone": "Asia/Shanghai"})
    # Two weeks: Monday 9 February to Monday 23 February, the spring festival of 2026.
    period = "?from=2026-02-08T16:00:00Z&to=2026-02-22T16:00:00Z&calendar=cn-office"
    status, found = await api.call("GET", f"{DBA}/fairness{period}", scope="ann")
    assert (status, found["calendar"], found["unpublished"]) == (200, "cn-office", [])
    shared = {one["person"]: one for one in found["people"]}
    assert {login: one["hours"] for login, one in shared.items()} == {"ann": 168.0, "bob": 168.0}
    assert sum(one["nights"] for one in shared.values()) == 14
    assert shared["bob"]["name"] == "Bob"
    # Saturday the 14th is worked; Monday the 16th to Friday the 20th are holidays.
    assert {login: one["weekend_days"] for login, one in shared.items()} == {"ann": 2, "bob": 1}
    assert {login: one["holidays"] for login, one in shared.items()} == {"ann": 5, "bob": 0}


async def test_calendar_is_chosen_by_zone_of_schedule(api: Api) -> None:
    await schedule(api, "dba", layer(["ann"]), zone="Asia/Shanghai")
    await schedule(api, "net", layer(["ann"]))
    assert (await api.call("GET", f"{DBA}/fairness"))[1]["calendar"] == "cn-office"
    _, found = await api.call("GET", "/api/v1/schedules/net/fairness")
    assert (found["calendar"], found["people"][0]["holidays"]) == (None, 0)


async def test_person_who_left_schedule_counts_for_what_they_do(api: Api) -> None:
    await schedule(api, "dba", layer(["ann"]))
    override = {"from": "2026-03-03T00:00:00Z", "to": "2026-03-04T00:00:00Z", "people": ["bob"]}
    assert (await api.call("POST", f"{DBA}/overrides", override))[0] == 201
    _, found = await api.call("GET", f"{DBA}/fairness?to=2026-03-05T12:00:00Z")
    assert {one["person"]: one["hours"] for one in found["people"]} == {"ann": 48.0, "bob": 24.0}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?from=2026-03-05T00:00:00Z&to=2026-03-05T00:00:00Z", "/to"),
        ("?from=2026-03-05T00:00:00Z&to=2028-03-05T00:00:00Z", "/to"),
        ("?calendar=moon", "/calendar"),
    ],
)
async def test_unusable_question_is_refused_with_pointer(
    api: Api, query: str, pointer: str
) -> None:
    await schedule(api, "dba", layer(["ann"]))
    status, problem = await api.call("GET", f"{DBA}/fairness{query}")
    assert (status, [flaw["pointer"] for flaw in problem["errors"]]) == (422, [pointer])
