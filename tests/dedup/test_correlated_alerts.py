"""Alerts of items that depend on each other: the cause is the master, whatever comes first, and never a chain."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.db.pool import Pool
from gateway.errors import Conflict, IllegalTransition, NotFound, Unavailable
from gateway.incidents import commands
from gateway.operations.act import act
from gateway.operations.link import link, unlink
from gateway.settings import Settings, load
from gateway.vocabulary import AlertStatus, Resolution
from tests.support.clock import FakeClock
from tests.support.house import HAND, House, a_house
from tests.support.intake import a_submission, an_alert


def configured(*, alerts: bool = True) -> Settings:
    """No relate rules: what is related is kin."""
    given = load(None, {})
    kinship = replace(given.dedup.kinship, alerts=alerts)
    return replace(given, dedup=replace(given.dedup, relate=(), kinship=kinship))


@pytest.fixture
async def house(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[House]:
    async with a_house(pool, database_url, clock, configured()) as furnished:
        yield furnished


async def test_what_depends_on_an_open_cause_at_any_depth_is_related_to_it_and_says_why(house: House) -> None:
    cause = await house.alert("san-1")
    effect = await house.alert("crm-web1")
    assert (effect["master_id"], effect["link_reason"], round(effect["link_score"], 2), effect["next_due_at"]) == (
        cause["id"], "kin: crm-web1 depends on san-1", 0.84, None,
    )  # fmt: skip
    assert [event for event, _ in await house.facts(effect["number"])] == ["opened", "linked"]
    assert (await house.alert("wiki-1"))["master_id"] is None


async def test_the_nearest_cause_is_taken(house: House) -> None:
    first, nearest = await house.alert("sso-1"), await house.alert("oa-db1")
    assert (await house.alert("oa-web1"))["master_id"] == first["id"]
    await act(house.desk, first["number"], commands.Resolve(resolution=Resolution.SOLVED), HAND)
    assert (await house.alert("oa-web1", "slow"))["master_id"] == nearest["id"]


async def test_a_cause_that_comes_after_its_symptoms_becomes_their_master_with_all_that_follows_them(house: House) -> None:
    web = await house.alert("crm-web1")
    call = await house.say("CRM打不开")
    assert call.master_id == web["id"]
    other = await house.alert("erp-web1")
    cause = await house.alert("san-1")
    rows = [await house.row(number) for number in (web["number"], call.number, other["number"])]
    assert [(row["master_id"], row["next_due_at"]) for row in rows] == [(cause["id"], None)] * 3
    event, facts = (await house.facts(web["number"]))[-1]
    assert (event, json.loads(facts)) == (
        "linked", {"master": cause["number"], "reason": "kin: crm-web1 depends on san-1", "score": 0.84},
    )  # fmt: skip
    assert (cause["master_id"], await house.chains()) == (None, 0)


async def test_a_cause_takes_over_what_people_reported_of_it_and_not_what_they_say_of_something_else(house: House) -> None:
    down, wrong, asked = [await house.say(said) for said in ("CRM进不去", "CRM里的金额不对", "please grant me access to CRM")]
    cause = await house.alert("crm-db1")
    assert [(await house.row(one.number))["master_id"] for one in (down, wrong, asked)] == [cause["id"], None, None]


async def test_a_vague_report_of_long_before_is_not_taken_over(house: House, clock: FakeClock) -> None:
    told = await house.say("there is a problem with CRM")
    clock.advance(timedelta(hours=9))
    await house.alert("crm-db1")
    assert (await house.row(told.number))["master_id"] is None
    soon = await house.say("there is some problem in erp")
    cause = await house.alert("erp-db1")
    assert (await house.row(soon.number))["master_id"] == cause["id"]


async def test_symptom_and_cause_of_one_request_find_each_other_in_any_order(house: House) -> None:
    for order in (("crm-web1", "erp-db1", "san-1"), ("san-1", "erp-db1", "crm-web1"), ("erp-db1", "san-1", "crm-web1")):
        await house.pool.execute("TRUNCATE incident, alert")
        await house.intake.take(a_submission(*(an_alert(f"{ci}{order}", ci=ci) for ci in order)))
        rows = await house.intake.rows("SELECT m.ci AS above, r.ci FROM incident r LEFT JOIN incident m ON m.id = r.master_id")
        assert {row["ci"]: row["above"] for row in rows} == {"san-1": None, "erp-db1": "san-1", "crm-web1": "san-1"}
    assert await house.chains() == 0


async def test_three_layers_that_come_from_below_are_one_level(house: House) -> None:
    await house.intake.take(a_submission(*(an_alert(ci, ci=ci) for ci in ("crm-web1", "crm-app1", "crm-db1"))))
    for ci in ("crm-web2", "san-1"):
        await house.alert(ci)
    assert await house.pool.fetchval("SELECT count(*) FROM incident WHERE master_id IS NULL") == 1
    assert await house.chains() == 0


async def test_security_records_and_planned_work_are_nobody_s_master(house: House) -> None:
    cause = await house.alert("san-1")
    await house.pool.execute("UPDATE incident SET security = true")
    assert (await house.alert("crm-web1"))["master_id"] is None
    assert (await house.say("san-1 is down")).master_id != cause["id"]


async def test_what_was_undone_does_not_come_back_by_itself_and_by_hand_it_may(house: House, clock: FakeClock) -> None:
    cause, effect = await house.alert("san-1"), await house.alert("crm-web1")
    await unlink(house.desk, effect["number"], HAND)

    async def again() -> Any:
        await house.alert("crm-web1", status=AlertStatus.RESOLVED)
        clock.advance(timedelta(minutes=11))
        return await house.alert("crm-web1")

    later = await again()
    assert (later["master_id"], later["id"] != effect["id"]) == (None, True)
    await link(house.desk, later["number"], cause["number"], HAND)
    assert (await again())["master_id"] == cause["id"]


async def test_where_it_is_switched_off_alerts_of_items_are_left_alone(pool: Pool, database_url: str, clock: FakeClock) -> None:
    async with a_house(pool, database_url, clock, configured(alerts=False)) as house:
        assert [(await house.alert(ci))["master_id"] for ci in ("san-1", "crm-web1")] == [None, None]


async def test_two_reports_at_once_are_one_master(house: House) -> None:
    for _ in range(3):
        await house.pool.execute("TRUNCATE incident")
        told = await asyncio.gather(*(house.say(said) for said in ("CRM打不开", "cannot open CRM", "CRM is down", "CRM无法访问")))
        assert sorted(one.master_id is None for one in told) == [False, False, False, True]


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_at_once_there_is_never_a_chain_nor_a_circle(house: House, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(4):
        numbers = [row["number"] for row in await house.pool.fetch("SELECT number FROM incident ORDER BY id")]
        steps = [chance.choice(STEPS)(house, chance, numbers) for _ in range(7)]
        alerts = _alerts(house, chance)
        await asyncio.gather(alerts, *(_allowed(step) for step in steps))
        assert await house.chains() == 0
    assert await house.pool.fetchval("SELECT count(*) FROM incident WHERE master_id IS NOT NULL") > 0


async def _allowed(step: Awaitable[Any]) -> None:
    """What people ask for may be refused, because it has just become impossible."""
    with suppress(NotFound, Conflict, IllegalTransition, Unavailable):
        await step


async def _alerts(house: House, chance: random.Random) -> None:
    for _ in range(4):
        await house.alert(
            chance.choice(("san-1", "crm-db1", "crm-app1", "crm-web1", "erp-db1", "erp-web1")), f"n{chance.random()}"
        )


async def _say(house: House, chance: random.Random, _: list[str]) -> None:
    await house.say(chance.choice(("CRM打不开", "cannot open ERP", "CRM is down", "ERP无法访问")))


async def _link(house: House, chance: random.Random, numbers: list[str]) -> None:
    if len(numbers) > 1:
        number, master = chance.sample(numbers, 2)
        await link(house.desk, number, master, HAND)


async def _unlink(house: House, chance: random.Random, numbers: list[str]) -> None:
    if numbers:
        await unlink(house.desk, chance.choice(numbers), HAND)


async def _resolve(house: House, chance: random.Random, numbers: list[str]) -> None:
    if numbers:
        await act(house.desk, chance.choice(numbers), commands.Resolve(resolution=Resolution.SOLVED), HAND, related=True)


STEPS: tuple[Callable[[House, random.Random, list[str]], Awaitable[None]], ...] = (_say, _say, _link, _unlink, _resolve)


async def test_what_was_reported_is_taken_over_once_by_the_causes_of_one_request(house: House) -> None:
    down = await house.say("CRM进不去")
    await house.intake.take(a_submission(*(an_alert(ci, ci=ci) for ci in ("crm-app1", "crm-db1", "san-1"))))
    assert (await house.row(down.number))["master_id"] is not None
    assert await house.chains() == 0
