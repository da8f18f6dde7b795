"""Reports are linked to a master, also while other changes happen to it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from gateway.correlation.identifiers import MIN_INCIDENTS_FOR_RARITY
from gateway.correlation.scoring import MOST_PROPOSED
from gateway.db.pool import Pool
from gateway.incidents import commands
from gateway.incidents.record import Incident
from gateway.operations.actions.act import act
from gateway.operations.link import link, unlink
from gateway.operations.placement import correlate_again
from gateway.operations.unit_of_work import Transaction
from gateway.settings import Settings, load
from gateway.vocabulary import Resolution
from tests.support.clock import FakeClock
from tests.support.gateway_harness import HAND, GatewayHarness, gateway_harness


def configured(**correlation: object) -> Settings:
    given = load(None, {})
    return replace(
        given,
        dedup=replace(given.dedup, correlation=replace(given.dedup.correlation, **correlation)),
    )


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(pool, database_url, clock, configured(raise_at=3)) as furnished:
        yield furnished


MEANWHILE = (
    "UPDATE incident SET state = 'resolved' WHERE id = $1",
    "UPDATE incident SET master_id = 999 WHERE id = $1",
    "UPDATE incident SET security = true WHERE id = $1",
)


async def master_of(harness: GatewayHarness, number: str) -> str | None:
    asked = (
        "SELECT m.number FROM incident r JOIN incident m ON m.id = r.master_id WHERE r.number = $1"
    )
    found: str | None = await harness.pool.fetchval(asked, number)
    return found


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_master_changed_while_locked_is_not_used(
    harness: GatewayHarness, meanwhile: str
) -> None:
    master = await harness.say("CRM is down")
    async with harness.pool.acquire() as conn:
        async with conn.transaction():
            await conn.execute(meanwhile, master.id)
            waiting = asyncio.create_task(harness.say("cannot open CRM"))
            waits = (
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            while not (waiting.done() or await harness.pool.fetchval(waits)):
                continue
        told = await waiting
    assert told.master_id is None


async def test_report_of_other_service_stays_alone_and_notifies_management(
    harness: GatewayHarness,
) -> None:
    master = await harness.say("CRM is down", impact="business", urgency="urgent")
    related = await harness.say("CRM打不开", impact="business", urgency="urgent")
    other = await harness.say("ERP is slow", impact="business", urgency="urgent")
    events = {
        one.number: [event for event, _ in await harness.facts(one.number)]
        for one in (master, related, other)
    }
    assert events[related.number] == ["opened", "linked"]
    assert "management_told" in events[master.number]
    assert "management_told" in events[other.number]
    assert (related.next_due_at, other.master_id) == (None, None)


async def test_enough_distinct_reporters_raise_master_once(harness: GatewayHarness) -> None:
    master = await harness.say("CRM is down", "ann@example.com")
    for sender in (
        "bob@example.com",
        "BOB@example.com",
        "eve@example.com",
        "bob@example.com",
        "zoe@example.com",
    ):
        await harness.say("cannot open CRM", sender)
    facts = [text for event, text in await harness.facts(master.number) if event == "changed"]
    assert len(facts) == 1
    assert '"3 reporters"' in facts[0]
    assert (await harness.row(master.number))["priority"] == master.priority - 1


async def test_report_unlinked_by_hand_is_not_linked_to_that_master_again(
    harness: GatewayHarness,
) -> None:
    master = await harness.alert("crm-db1")
    told = await harness.say("CRM is down", "ann@example.com")
    assert told.master_id == master["id"]
    await unlink(harness.uow, told.number, HAND)
    await act(harness.uow, told.number, commands.Resolve(resolution=Resolution.SOLVED), HAND)
    same_words, same_sender = (
        await harness.say("crm is DOWN!"),
        await harness.say("cannot open CRM", "Ann@example.com"),
    )
    assert [one.master_id for one in (same_words, same_sender)] == [None, same_words.id]
    await link(harness.uow, told.number, master["number"], HAND)
    await link(harness.uow, same_words.number, master["number"], HAND)
    assert (await harness.say("CRM is down", "ann@example.com")).master_id == master["id"]


async def test_security_incidents_are_never_correlated(harness: GatewayHarness) -> None:
    master = await harness.say("CRM is down")
    assert (await harness.say("CRM is down", security=True)).master_id is None
    assert (await harness.say("CRM is down")).master_id == master.id
    await harness.pool.execute("UPDATE incident SET security = true WHERE id = $1", master.id)
    assert await master_of(harness, (await harness.say("cannot open CRM")).number) != master.number


async def test_correlation_of_reports_can_be_switched_off(
    pool: Pool, database_url: str, clock: FakeClock
) -> None:
    async with gateway_harness(pool, database_url, clock, configured(people=False)) as harness:
        assert [(await harness.say("CRM is down")).master_id for _ in range(2)] == [None, None]


async def test_too_old_incident_is_not_master(
    pool: Pool, database_url: str, clock: FakeClock
) -> None:
    given = configured()
    async with gateway_harness(pool, database_url, clock, given) as harness:
        await harness.say("CRM is down")
        clock.advance(given.dedup.correlation.within)
        assert (await harness.say("CRM is down")).master_id is None


BADGE = "the badge reader Kestrel at gate four beeps red and stays locked, not working"

PROPOSED = """
SELECT m.number, p.reason FROM proposed_link p JOIN incident i ON i.id = p.incident_id
JOIN incident m ON m.id = p.master_id WHERE i.number = $1 AND p.state = 'open' ORDER BY p.score DESC
"""

MANY = """
INSERT INTO incident
SELECT (jsonb_populate_record(i, jsonb_build_object('id', 1000000 + n, 'number', 'INC-X' || n,
  'title', 'the printer is broken ' || n, 'state', 'closed'))).*
FROM incident i, generate_series(1, $2::int) n
WHERE i.id = $1
"""


async def proposed(harness: GatewayHarness, number: str) -> list[tuple[str, str]]:
    return [tuple(row) for row in await harness.pool.fetch(PROPOSED, number)]


async def test_report_with_same_words_is_proposed_and_not_linked(harness: GatewayHarness) -> None:
    master = await harness.say("the printer prints nothing, please help me quickly")
    told = await harness.say("the printer prints nothing, please help me quickly")
    assert told.master_id is None
    assert await proposed(harness, told.number) == [(master.number, "correlation: words")]
    assert [event for event, _ in await harness.facts(told.number)].count("link_proposed") == 1


async def test_report_with_rare_name_is_linked(harness: GatewayHarness) -> None:
    master = await harness.say(BADGE)
    await harness.pool.execute(MANY, master.id, MIN_INCIDENTS_FOR_RARITY)
    told = await harness.say(f"{BADGE}!")
    assert (told.master_id, told.link_reason) == (master.id, "correlation: rare name kestrel")


async def test_no_name_is_rare_before_enough_reports(harness: GatewayHarness) -> None:
    master = await harness.say(BADGE)
    await harness.pool.execute(MANY, master.id, MIN_INCIDENTS_FOR_RARITY - 2)
    told = await harness.say(f"{BADGE}!")
    assert (told.master_id, await proposed(harness, told.number)) == (
        None,
        [(master.number, "correlation: words")],
    )


async def test_proposed_links_are_limited(harness: GatewayHarness) -> None:
    for number in range(MOST_PROPOSED + 1):
        await harness.say(
            "the printer prints nothing, please help me quickly", f"u{number}@example.com"
        )
    told = await harness.say("the printer prints nothing, please help me quickly")
    assert len(await proposed(harness, told.number)) == MOST_PROPOSED


async def test_existing_proposal_is_not_recorded_again(harness: GatewayHarness) -> None:
    title = "the printer prints nothing, please help me quickly"
    await harness.say(title)
    told = await harness.say(title)

    async def again(tx: Transaction) -> Incident:
        return await correlate_again(tx, await tx.lock(told.number, HAND))

    await harness.uow.within(again)
    assert [event for event, _ in await harness.facts(told.number)].count("link_proposed") == 1
