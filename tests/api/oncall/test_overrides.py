"""Tests of overrides over the API."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock

PATH = "/api/v1/schedules/web"
HOUR = timedelta(hours=1)


def moment(hours: float) -> str:
    return (NOON + hours * HOUR).isoformat().replace("+00:00", "Z")


def an_override(since: float, until: float, *people: str, **more: Any) -> dict[str, Any]:
    return {"from": moment(since), "to": moment(until), "people": people} | more


@pytest.fixture
async def staffed(api: Api) -> Api:
    for login in ("ann", "bob", "cec"):
        await api.person(login, Role.TIER2, email=f"{login}@example.com")
    await api.person("mia", Role.INCIDENT_MANAGER, email="mia@example.com")
    layer = {"name": "all", "starts_on": "2020-01-01", "turns": [["ann", "bob"]]}
    made = {"slug": "web", "name": "Web", "layers": [layer]}
    assert (await api.call("POST", "/api/v1/schedules", made))[0] == 201
    return api


async def on_call(api: Api, hours: float) -> list[str]:
    _, told = await api.call("GET", f"{PATH}/on-call?at={moment(hours)}", scope="read")
    return list(told["people"])


async def told_of(api: Api, template: str) -> list[str]:
    async with api.uow.pool.acquire() as conn:
        rows = await conn.fetch(
            "SELECT recipient FROM outbox WHERE template = $1 ORDER BY recipient", template
        )
    return [row["recipient"] for row in rows]


async def test_override_is_in_force_at_once_and_those_concerned_are_told(staffed: Api) -> None:
    body = an_override(1, 3, "cec", replaces="ann", reason="dentist")
    status, made = await staffed.call("POST", f"{PATH}/overrides", body, "ann")
    assert (status, made["made_by"], made["replaces"]) == (201, "ann", "ann")
    assert [await on_call(staffed, at) for at in (0, 2, 3)] == [
        ["ann", "bob"],
        ["cec", "bob"],
        ["ann", "bob"],
    ]
    assert await told_of(staffed, "on_call_changed") == ["cec"]
    _, listed = await staffed.call("GET", f"{PATH}/overrides", scope="read")
    assert listed["overrides"] == [made]


async def test_override_of_everybody_tells_all_who_were_on_call(staffed: Api) -> None:
    body = {"to": moment(3), "people": ["cec"]}
    assert (await staffed.call("POST", f"{PATH}/overrides", body, "mia"))[0] == 201
    assert await on_call(staffed, 1) == ["cec"]
    assert await told_of(staffed, "on_call_changed") == ["ann", "bob", "cec"]


async def test_person_gives_away_or_takes_over_and_nothing_else(staffed: Api) -> None:
    for scope, body, status in (
        ("cec", an_override(1, 2, "cec", replaces="ann"), 201),
        ("cec", an_override(1, 2, "cec"), 403),
        ("cec", an_override(1, 2, "mia", replaces="bob"), 403),
        ("write", an_override(1, 2, "mia", replaces="bob"), 403),
        ("read", an_override(1, 2, "mia", replaces="bob"), 403),
        ("mia", an_override(1, 2, "mia", replaces="bob"), 201),
    ):
        answered, told = await staffed.call("POST", f"{PATH}/overrides", body, scope)
        assert answered == status, told


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (an_override(-1, 2, "cec"), ["/from"]),
        (an_override(3, 2, "cec"), ["/to"]),
        (an_override(1, 24 * 93, "cec"), ["/to"]),
        (an_override(1, 2), ["/people"]),
        (an_override(1, 2, "cec", "zoe", "cec"), ["/people/2", "/people/1"]),
        (an_override(1, 2, "ann", replaces="cec"), ["/replaces"]),
        (an_override(-2, -1, "zoe"), ["/from", "/to", "/people/0"]),
    ],
)
async def test_unusable_override_is_refused_with_every_flaw(
    staffed: Api, body: dict[str, Any], pointers: list[str]
) -> None:
    status, problem = await staffed.call("POST", f"{PATH}/overrides", body)
    assert (status, [one["pointer"] for one in problem["errors"]]) == (422, pointers)
    assert await told_of(staffed, "on_call_changed") == []


async def test_withdrawn_override_counts_no_more_and_those_concerned_are_told(
    staffed: Api,
) -> None:
    body = an_override(1, 3, "cec", replaces="ann")
    _, made = await staffed.call("POST", f"{PATH}/overrides", body, "ann")
    one = f"{PATH}/overrides/{made['id']}"
    assert (await staffed.call("DELETE", one, scope="cec"))[0] == 403
    assert (await staffed.call("DELETE", one, scope="ann"))[0] == 204
    assert await on_call(staffed, 2) == ["ann", "bob"]
    assert await told_of(staffed, "on_call_restored") == ["cec"]
    assert (await staffed.call("DELETE", one, scope="ann"))[0] == 404


async def test_begun_override_ends_now_and_its_past_stays(staffed: Api, clock: FakeClock) -> None:
    body = an_override(1, 9, "cec", replaces="ann")
    _, made = await staffed.call("POST", f"{PATH}/overrides", body)
    clock.advance(3 * HOUR)
    assert (await staffed.call("DELETE", f"{PATH}/overrides/{made['id']}"))[0] == 204
    assert [await on_call(staffed, at) for at in (2, 4)] == [["cec", "bob"], ["ann", "bob"]]
    clock.advance(HOUR)
    assert (await staffed.call("DELETE", f"{PATH}/overrides/{made['id']}"))[0] == 409


async def test_repeated_request_makes_one_override(staffed: Api, pool: Pool) -> None:
    key = {"Idempotency-Key": "k1"}
    body = an_override(1, 3, "cec", replaces="ann")
    answers = [await staffed.call("POST", f"{PATH}/overrides", body, "ann", key) for _ in range(2)]
    assert answers[0] == answers[1]
    async with pool.acquire() as conn:
        assert await conn.fetchval("SELECT count(*) FROM schedule_override") == 1


async def test_override_of_inactive_schedule_conflicts(staffed: Api) -> None:
    await staffed.call("DELETE", PATH)
    assert (await staffed.call("POST", f"{PATH}/overrides", an_override(1, 2, "cec")))[0] == 409
