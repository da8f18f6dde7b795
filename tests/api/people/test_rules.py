"""Rules of a person are set over the API, and refused with every flaw."""

from typing import Any

import pytest

from gateway.directory.roles import Role
from tests.support.api import Api

OWN = "/api/v1/me/notification-rules"
METHODS = "/api/v1/me/contact-methods"


@pytest.fixture
async def ids(api: Api) -> list[int]:
    """Return the ids of Ann's two methods."""
    await api.person("ann", Role.TIER2, email="ann@example.com")
    await api.person("bob", Role.TIER2)
    made = [
        await api.call("POST", METHODS, {"channel": one}, scope="ann") for one in ("sms", "mail")
    ]
    return [int(one[1]["id"]) for one in made]


async def test_person_sets_own_rules(api: Api, ids: list[int]) -> None:
    assert await api.call("GET", OWN, scope="ann") == (200, {"urgent": [], "normal": []})
    chosen: dict[str, Any] = {
        "urgent": [{"method": ids[1], "after_s": 0}, {"method": ids[0], "after_s": 300}],
        "normal": [{"method": ids[0], "after_s": 0}],
    }
    assert await api.call("PUT", OWN, chosen, scope="ann") == (200, chosen)
    there = "/api/v1/people/ann/notification-rules"
    assert await api.call("GET", there) == (200, chosen)
    assert (await api.call("PUT", there, {}))[1] == {"urgent": [], "normal": []}


async def test_rule_goes_with_its_method(api: Api, ids: list[int]) -> None:
    chosen = {"urgent": [{"method": ids[1]}, {"method": ids[0], "after_s": 60}]}
    await api.call("PUT", OWN, chosen, scope="ann")
    await api.call("DELETE", f"{METHODS}/{ids[1]}", scope="ann")
    assert (await api.call("GET", OWN, scope="ann"))[1]["urgent"] == [
        {"method": ids[0], "after_s": 60}
    ]


async def test_rule_is_refused_with_every_flaw(api: Api, ids: list[int]) -> None:
    chosen = {
        "urgent": [{"method": ids[0], "after_s": 5}, {"method": ids[0], "after_s": 9}],
        "normal": [{"method": 2**40}],
    }
    status, problem = await api.call("PUT", OWN, chosen, scope="ann")
    assert (status, [flaw["pointer"] for flaw in problem["errors"]]) == (
        422,
        ["/urgent/0/after_s", "/urgent/1/method", "/normal/0/method"],
    )
    foreign = {"urgent": [{"method": ids[0]}]}
    assert (await api.call("PUT", OWN, foreign, scope="bob"))[0] == 422
    early: dict[str, Any] = {"urgent": [{"method": ids[0], "after_s": -1}]}
    unknown: dict[str, Any] = {"loud": []}
    for wrong in (early, unknown):
        assert (await api.call("PUT", OWN, wrong, scope="ann"))[0] == 400


@pytest.mark.usefixtures("ids")
async def test_rules_of_others_are_set_by_administrators_alone(api: Api) -> None:
    path = "/api/v1/people/ann/notification-rules"
    assert (await api.call("PUT", path, {}, scope="bob"))[0] == 403
    assert (await api.call("PUT", OWN, {}))[0] == 403
    for verb, body in (("GET", None), ("PUT", {})):
        there = "/api/v1/people/nobody/notification-rules"
        assert (await api.call(verb, there, body))[0] == 404
