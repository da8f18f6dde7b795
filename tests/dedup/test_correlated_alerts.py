"""Alerts of items that depend on each other are related.

The cause is the master, whatever comes first, and a master never has a master.
"""

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
from gateway.operations.actions.act import act
from gateway.operations.link import link, unlink
from gateway.settings import Settings, load
from gateway.vocabulary import AlertStatus, Resolution
from tests.support.clock import FakeClock
from tests.support.gateway_harness import HAND, GatewayHarness, gateway_harness
from tests.support.intake import make_alert, make_submission


def configured(*, alerts: bool = True) -> Settings:
    """Return settings without relate rules, so that only dependencies relate alerts."""
    given = load(None, {})
    correlation = replace(given.dedup.correlation, alerts=alerts)
    return replace(given, dedup=replace(given.dedup, relate=(), correlation=correlation))


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(pool, database_url, clock, configured()) as furnished:
        yield furnished


async def test_dependent_alert_at_any_depth_is_linked_to_open_cause(
    harness: GatewayHarness,
) -> None:
    cause = await harness.alert("san-1")
    effect = await harness.alert("crm-web1")
    assert (
        effect["master_id"],
        effect["link_reason"],
        round(effect["link_score"], 2),
        effect["next_due_at"],
    ) == (
        cause["id"],
        "correlation: crm-web1 depends on san-1",
        0.84,
        None,
    )
    assert [event for event, _ in await harness.facts(effect["number"])] == ["opened", "linked"]
    assert (await harness.alert("wiki-1"))["master_id"] is None


async def test_alert_is_linked_to_nearest_cause(harness: GatewayHarness) -> None:
    first, nearest = await harness.alert("sso-1"), await harness.alert("oa-db1")
    assert (await harness.alert("oa-web1"))["master_id"] == first["id"]
    await act(harness.uow, first["number"], commands.Resolve(resolution=Resolution.SOLVED), HAND)
    assert (await harness.alert("oa-web1", "slow"))["master_id"] == nearest["id"]


async def test_later_cause_becomes_master_of_symptoms_and_their_children(
    harness: GatewayHarness,
) -> None:
    web = await harness.alert("crm-web1")
    call = await harness.say("CRM打不开")
    assert call.master_id == web["id"]
    other = await harness.alert("erp-web1")
    cause = await harness.alert("san-1")
    rows = [await harness.row(number) for number in (web["number"], call.number, other["number"])]
    assert [(row["master_id"], row["next_due_at"]) for row in rows] == [(cause["id"], None)] * 3
    event, facts = (await harness.facts(web["number"]))[-1]
    assert (event, json.loads(facts)) == (
        "linked",
        {
            "master": cause["number"],
            "reason": "correlation: crm-web1 depends on san-1",
            "score": 0.84,
        },
    )
    assert (cause["master_id"], await harness.chains()) == (None, 0)


async def test_cause_takes_over_only_matching_reports(
    harness: GatewayHarness,
) -> None:
    down, wrong, asked = [
        await harness.say(said)
        for said in ("CRM进不去", "CRM里的金额不对", "please grant me access to CRM")
    ]
    cause = await harness.alert("crm-db1")
    assert [(await harness.row(one.number))["master_id"] for one in (down, wrong, asked)] == [
        cause["id"],
        None,
        None,
    ]


async def test_old_vague_report_is_not_linked_to_cause(
    harness: GatewayHarness, clock: FakeClock
) -> None:
    told = await harness.say("there is a problem with CRM")
    clock.advance(timedelta(hours=9))
    await harness.alert("crm-db1")
    assert (await harness.row(told.number))["master_id"] is None
    soon = await harness.say("there is some problem in erp")
    cause = await harness.alert("erp-db1")
    assert (await harness.row(soon.number))["master_id"] == cause["id"]


async def test_symptoms_and_cause_of_one_request_are_linked_in_any_order(
    harness: GatewayHarness,
) -> None:
    for order in (
        ("crm-web1", "erp-db1", "san-1"),
        ("san-1", "erp-db1", "crm-web1"),
        ("erp-db1", "san-1", "crm-web1"),
    ):
        await harness.pool.execute("TRUNCATE incident, alert")
        await harness.intake.take(
            make_submission(*(make_alert(f"{ci}{order}", ci=ci) for ci in order))
        )
        rows = await harness.intake.rows(
            "SELECT m.ci AS above, r.ci FROM incident r LEFT JOIN incident m ON m.id = r.master_id"
        )
        assert {row["ci"]: row["above"] for row in rows} == {
            "san-1": None,
            "erp-db1": "san-1",
            "crm-web1": "san-1",
        }
    assert await harness.chains() == 0


async def test_chain_of_dependent_alerts_has_one_master_level(harness: GatewayHarness) -> None:
    await harness.intake.take(
        make_submission(*(make_alert(ci, ci=ci) for ci in ("crm-web1", "crm-app1", "crm-db1")))
    )
    for ci in ("crm-web2", "san-1"):
        await harness.alert(ci)
    assert await harness.pool.fetchval("SELECT count(*) FROM incident WHERE master_id IS NULL") == 1
    assert await harness.chains() == 0


async def test_security_incident_is_never_master(harness: GatewayHarness) -> None:
    cause = await harness.alert("san-1")
    await harness.pool.execute("UPDATE incident SET security = true")
    assert (await harness.alert("crm-web1"))["master_id"] is None
    assert (await harness.say("san-1 is down")).master_id != cause["id"]


async def test_removed_link_is_restored_only_by_hand(
    harness: GatewayHarness, clock: FakeClock
) -> None:
    cause, effect = await harness.alert("san-1"), await harness.alert("crm-web1")
    await unlink(harness.uow, effect["number"], HAND)

    async def again() -> Any:
        await harness.alert("crm-web1", status=AlertStatus.RESOLVED)
        clock.advance(timedelta(minutes=11))
        return await harness.alert("crm-web1")

    later = await again()
    assert (later["master_id"], later["id"] != effect["id"]) == (None, True)
    await link(harness.uow, later["number"], cause["number"], HAND)
    assert (await again())["master_id"] == cause["id"]


async def test_disabled_correlation_links_no_alerts(
    pool: Pool, database_url: str, clock: FakeClock
) -> None:
    async with gateway_harness(pool, database_url, clock, configured(alerts=False)) as harness:
        assert [(await harness.alert(ci))["master_id"] for ci in ("san-1", "crm-web1")] == [
            None,
            None,
        ]


async def test_simultaneous_reports_have_one_master(harness: GatewayHarness) -> None:
    for _ in range(3):
        await harness.pool.execute("TRUNCATE incident")
        told = await asyncio.gather(
            *(
                harness.say(said)
                for said in ("CRM打不开", "cannot open CRM", "CRM is down", "CRM无法访问")
            )
        )
        assert sorted(one.master_id is None for one in told) == [False, False, False, True]


@pytest.mark.parametrize("seed", range(2))
async def test_concurrent_changes_never_create_master_chain(
    harness: GatewayHarness, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(4):
        numbers = [
            row["number"]
            for row in await harness.pool.fetch("SELECT number FROM incident ORDER BY id")
        ]
        steps = [chance.choice(STEPS)(harness, chance, numbers) for _ in range(7)]
        alerts = _alerts(harness, chance)
        await asyncio.gather(alerts, *(_allowed(step) for step in steps))
        assert await harness.chains() == 0
    assert (
        await harness.pool.fetchval("SELECT count(*) FROM incident WHERE master_id IS NOT NULL") > 0
    )


async def _allowed(step: Awaitable[Any]) -> None:
    """Await an act of a person; it may be refused as it has just become impossible."""
    with suppress(NotFound, Conflict, IllegalTransition, Unavailable):
        await step


async def _alerts(harness: GatewayHarness, chance: random.Random) -> None:
    for _ in range(4):
        await harness.alert(
            chance.choice(("san-1", "crm-db1", "crm-app1", "crm-web1", "erp-db1", "erp-web1")),
            f"n{chance.random()}",
        )


async def _say(harness: GatewayHarness, chance: random.Random, _: list[str]) -> None:
    await harness.say(chance.choice(("CRM打不开", "cannot open ERP", "CRM is down", "ERP无法访问")))


async def _link(harness: GatewayHarness, chance: random.Random, numbers: list[str]) -> None:
    if len(numbers) > 1:
        number, master = chance.sample(numbers, 2)
        await link(harness.uow, number, master, HAND)


async def _unlink(harness: GatewayHarness, chance: random.Random, numbers: list[str]) -> None:
    if numbers:
        await unlink(harness.uow, chance.choice(numbers), HAND)


async def _resolve(harness: GatewayHarness, chance: random.Random, numbers: list[str]) -> None:
    if numbers:
        await act(
            harness.uow,
            chance.choice(numbers),
            commands.Resolve(resolution=Resolution.SOLVED, related=True),
            HAND,
        )


STEPS: tuple[Callable[[GatewayHarness, random.Random, list[str]], Awaitable[None]], ...] = (
    _say,
    _say,
    _link,
    _unlink,
    _resolve,
)


async def test_report_is_linked_once_to_causes_of_one_request(harness: GatewayHarness) -> None:
    down = await harness.say("CRM进不去")
    await harness.intake.take(
        make_submission(*(make_alert(ci, ci=ci) for ci in ("crm-app1", "crm-db1", "san-1")))
    )
    assert (await harness.row(down.number))["master_id"] is not None
    assert await harness.chains() == 0
