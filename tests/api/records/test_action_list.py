"""The list of actions agrees with what happens when they are taken."""

import random
from typing import Any

import msgspec
import pytest

from gateway.access.principal import Principal, principal_of_person
from gateway.api.wire import ACTIONS, command_of
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.errors import Conflict, Forbidden, IllegalTransition
from gateway.operations.actions.act import execute_command
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.vocabulary import State, Tier
from tests.support.api import Api

INCIDENTS = "/api/v1/incidents"
ROLES = tuple(role for role in Role if role is not Role.ADMINISTRATOR)
VALUES = {"group": "sre", "vendor": "ACME", "satisfaction": 3, "until_event": "reply"}

SHAPE = """
UPDATE incident SET state = $2, tier = $3, handler = $4, assignee = $5, assignee_group = $6,
  kind = $7, security = $8, contact = $9, claimed_urgency = $10, claimed_impact = $11,
  resolved_at = CASE WHEN $2 IN ('resolved', 'closed') THEN recorded_at END,
  held_state = CASE WHEN $2 = 'on_hold' THEN 'assigned' END,
  hold_reason = CASE WHEN $2 = 'on_hold' THEN 'awaiting_user' END
WHERE number = $1
"""
MESSAGE = """
INSERT INTO outbox (id, incident_id, channel, recipient, template, facts, created_at,
  next_attempt_at)
SELECT gen_random_uuid(), id, 'person', $2, 'assigned', '{}', now(), now()
FROM incident WHERE number = $1
"""


class NotKept(Exception):
    """Roll a trial back."""


async def outcome(uow: UnitOfWork, number: str, who: Principal, action: dict[str, Any]) -> bool:
    """Return whether taking the action succeeds; nothing of it is kept."""
    values = {name: VALUES.get(name, "because") for name in action["needs"]}
    if action["name"] == "hold":
        values["reason"] = "awaiting_user"
    command = command_of(msgspec.convert({**values, **action["body"]}, ACTIONS[action["name"]]))

    async def work(tx: Transaction) -> None:
        await execute_command(tx, number, command, who)
        raise NotKept

    try:
        await uow.within(work)
    except NotKept:
        return True
    except (Forbidden, IllegalTransition, Conflict):
        return False
    raise AssertionError("unreachable")


@pytest.mark.parametrize("seed", range(6))
async def test_action_is_allowed_exactly_if_taking_it_succeeds(
    api: Api, pool: Pool, seed: int
) -> None:
    chance = random.Random(seed)
    await api.hire("sre", "tess", "ann")
    number = (await api.incident())["number"]
    people = {}
    for role in ROLES:
        name = f"a-{role}".replace("_", "-")
        await api.person(name, role, email=f"{name}@example.com")
        people[name] = principal_of_person(name, f"{name}@example.com", "", [role])
    for _ in range(12):
        name = chance.choice(sorted(people))
        somebody = ("", name, "tess")
        claim = chance.choice(("", "claimed"))
        tier, state = chance.choice(list(Tier)), chance.choice(list(State))
        await pool.execute(
            SHAPE, number, state, tier, chance.choice(somebody), chance.choice(somebody),
            chance.choice(("", "sre")), chance.choice(("incident", "service_request")),
            chance.random() < 0.2, chance.choice(("", name)), claim and "urgent",
            claim and "business",
        )  # fmt: skip
        if chance.random() < 0.3:
            await pool.execute(MESSAGE, number, name)
        status, listed = await api.call("GET", f"{INCIDENTS}/{number}/actions", scope=name)
        if status in (403, 404):
            continue
        assert status == 200
        for action in listed["actions"]:
            came = await outcome(api.uow, number, people[name], action)
            assert (action["name"], state, came) == (action["name"], state, action["allowed"])
            assert (action["reason"] is None) == action["allowed"]


async def test_refusal_is_told_in_the_language_of_the_reader(api: Api) -> None:
    await api.person("lea", Role.LEADER)
    number = (await api.incident())["number"]
    path = f"{INCIDENTS}/{number}/actions"
    for language, words in (("en", "Your roles (leader)"), ("zh-CN", "你的角色（分管领导）")):
        answer = await api.raw("GET", path, scope="lea", headers={"Accept-Language": language})
        assert answer.headers["Vary"] == "Accept-Language"
        listed = {one["name"]: one for one in (await answer.json())["actions"]}
        assert listed["resolve"]["reason"]["code"] == "roles"
        assert words in listed["resolve"]["reason"]["text"]
        assert listed["resolve"]["path"] == f"{INCIDENTS}/{number}/resolve"


async def test_action_names_the_fields_it_needs(api: Api) -> None:
    await api.person("mona", Role.INCIDENT_MANAGER)
    number = (await api.incident())["number"]
    _, listed = await api.call("GET", f"{INCIDENTS}/{number}/actions", scope="mona")
    needs = {(one["name"], one["body"].get("to")): one["needs"] for one in listed["actions"]}
    assert needs["resolve", None] == ["solution"]
    assert needs["escalate", "tier3"] == ["note"]
    assert needs["escalate", "vendor"] == ["note", "vendor"]
    assert needs["hold", None] == ["reason"]
    assert needs["declare_major", None] == ["reason"]
    assert needs["accept", None] == []


async def test_key_that_may_only_read_may_take_no_action(api: Api) -> None:
    number = (await api.incident())["number"]
    _, listed = await api.call("GET", f"{INCIDENTS}/{number}/actions", scope="read")
    assert {one["allowed"] for one in listed["actions"]} == {False}


async def test_record_without_the_right_to_see_it_has_no_actions(api: Api, pool: Pool) -> None:
    await api.person("tess", Role.TIER2)
    number = (await api.incident())["number"]
    await pool.execute("UPDATE incident SET security = true")
    status, _ = await api.call("GET", f"{INCIDENTS}/{number}/actions", scope="tess")
    assert status == 404
