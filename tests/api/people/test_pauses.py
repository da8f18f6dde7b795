"""Quiet hours and do-not-disturb are set over the API and always have an end."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock

QUIET, DISTURB = "/api/v1/me/quiet-hours", "/api/v1/me/do-not-disturb"
NIGHT = {"from": "22:00", "to": "07:00", "days": ["mon", "tue"]}
NONE = {"until": None, "reason": "", "absolute": False}


@pytest.fixture(autouse=True)
async def ann(api: Api) -> None:
    await api.person("ann", Role.TIER2, email="ann@example.com")
    await api.person("bob", Role.TIER2)


async def test_person_sets_own_quiet_hours(api: Api) -> None:
    nothing = {"hours": [], "passes": 1, "silent_methods": []}
    assert await api.call("GET", QUIET, scope="ann") == (200, nothing)
    made = await api.call("POST", "/api/v1/me/contact-methods", {"channel": "mail"}, scope="ann")
    chosen = {"hours": [NIGHT], "passes": 2, "silent_methods": [made[1]["id"]]}
    assert await api.call("PUT", QUIET, chosen, scope="ann") == (200, chosen)
    assert await api.call("GET", "/api/v1/people/ann/quiet-hours") == (200, chosen)
    assert await api.call("PUT", "/api/v1/people/ann/quiet-hours", {"hours": []}) == (200, nothing)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"hours": [{"from": "22:00", "to": "22:00"}]}, ["/hours/0/to"]),
        ({"hours": [{"from": "24:00", "to": "7:00"}]}, ["/hours/0/from", "/hours/0/to"]),
        ({"hours": [{"from": "00:00", "to": "24:00"}]}, ["/hours"]),
        ({"hours": [], "silent_methods": [12345]}, ["/silent_methods"]),
    ],
)
async def test_quiet_hours_that_cannot_hold_are_refused(
    api: Api, body: dict[str, Any], pointers: list[str]
) -> None:
    status, problem = await api.call("PUT", QUIET, body, scope="ann")
    assert (status, [flaw["pointer"] for flaw in problem["errors"]]) == (422, pointers)


@pytest.mark.parametrize(
    "body",
    [
        {"hours": [{"from": "22:00", "to": "07:00", "days": []}]},
        {"hours": [{"from": "22:00", "to": "07:00", "days": ["someday"]}]},
        {"hours": [], "passes": 3},
        {},
    ],
)
async def test_quiet_hours_of_another_form_are_malformed(api: Api, body: dict[str, Any]) -> None:
    assert (await api.call("PUT", QUIET, body, scope="ann"))[0] == 400


async def test_do_not_disturb_has_an_end(api: Api, clock: FakeClock) -> None:
    assert await api.call("GET", DISTURB, scope="ann") == (200, NONE)
    until = (NOON + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    asked = {"until": until, "reason": "in a meeting", "absolute": True}
    assert await api.call("PUT", DISTURB, asked, scope="ann") == (200, asked)
    clock.advance(timedelta(hours=2))
    assert await api.call("GET", DISTURB, scope="ann") == (200, NONE)
    for wrong in (NOON, NOON + timedelta(days=365)):
        body = {"until": wrong.isoformat()}
        status, problem = await api.call("PUT", DISTURB, body, scope="ann")
        assert (status, problem["errors"][0]["pointer"]) == (422, "/until")
    assert (await api.call("PUT", DISTURB, {"reason": "for ever"}, scope="ann"))[0] == 400


async def test_do_not_disturb_is_ended(api: Api) -> None:
    body = {"until": (NOON + timedelta(days=1)).isoformat()}
    await api.call("PUT", DISTURB, body, scope="ann")
    assert await api.call("DELETE", DISTURB, scope="ann") == (200, NONE)
    assert await api.call("GET", "/api/v1/people/ann/do-not-disturb") == (200, NONE)


async def test_pauses_of_others_are_set_by_administrators_alone(api: Api) -> None:
    body = {"until": (NOON + timedelta(days=1)).isoformat(), "absolute": True}
    there = "/api/v1/people/ann/"
    for verb, path, asked in (
        ("PUT", "do-not-disturb", body),
        ("DELETE", "do-not-disturb", None),
        ("PUT", "quiet-hours", {"hours": []}),
    ):
        assert (await api.call(verb, there + path, asked, scope="bob"))[0] == 403
        nobody = f"/api/v1/people/nobody/{path}"
        assert (await api.call(verb, nobody, asked))[0] == 404
    assert (await api.call("PUT", DISTURB, body))[0] == 403
