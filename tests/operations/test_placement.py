"""Reports that look for their master while other things happen to it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from gateway.correlation.identifiers import ENOUGH
from gateway.correlation.scoring import MOST_PROPOSED
from gateway.db.pool import Pool
from gateway.incidents import commands
from gateway.incidents.record import Incident
from gateway.operations.act import act
from gateway.operations.link import link, unlink
from gateway.operations.placement import correlate_again
from gateway.operations.unit_of_work import Transaction
from gateway.settings import Settings, load
from gateway.vocabulary import Resolution
from tests.support.clock import FakeClock
from tests.support.gateway_harness import HAND, GatewayHarness, gateway_harness


def configured(**correlation: object) -> Settings:
    given = load(None, {})
    return replace(given, dedup=replace(given.dedup, correlation=replace(given.dedup.correlation, **correlation)))


@pytest.fixture
async def harness(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[GatewayHarness]:
    async with gateway_harness(pool, database_url, clock, configured(raise_at=3)) as furnished:
        yield furnished


MEANWHILE = (
    "UPDATE incident SET state = 'resolved' WHERE id = $1",
    "UPDATE incident SET master_id = 999 WHERE id = $1",
    "UPDATE incident SET security = true WHERE id = $1",
)


async def above(harness: GatewayHarness, number: str) -> str | None:
    asked = "SELECT m.number FROM incident r JOIN incident m ON m.id = r.master_id WHERE r.number = $1"
    found: str | None = await harness.pool.fetchval(asked, number)
    return found


@pytest.mark.parametrize("meanwhile", MEANWHILE)
async def test_a_master_that_is_no_longer_fit_once_its_lock_is_free_is_not_taken(harness: GatewayHarness, meanwhile: str) -> None:
    master = await harness.say("CRM is down")
    async with harness.pool.acquire() as conn:
        async with conn.transaction():
            await conn.execute(meanwhile, master.id)
            waiting = asyncio.create_task(harness.say("cannot open CRM"))
            waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            while not (waiting.done() or await harness.pool.fetchval(waits)):
                continue
        told = await waiting
    assert told.master_id is None


async def test_a_second_trouble_of_another_service_is_on_its_own_and_pages_and_a_related_one_does_not(
    harness: GatewayHarness,
) -> None:
    master = await harness.say("CRM is down", impact="business", urgency="urgent")
    related = await harness.say("CRM打不开", impact="business", urgency="urgent")
    other = await harness.say("ERP is slow", impact="business", urgency="urgent")
    events = {one.number: [event for event, _ in await harness.facts(one.number)] for one in (master, related, other)}
    assert events[related.number] == ["opened", "linked"]
    assert "management_told" in events[master.number]
    assert "management_told" in events[other.number]
    assert (related.next_due_at, other.master_id) == (None, None)


async def test_at_so_many_reporters_the_master_weighs_more_once(harness: GatewayHarness) -> None:
    master = await harness.say("CRM is down", "ann@example.com")
    for sender in ("bob@example.com", "BOB@example.com", "eve@example.com", "bob@example.com", "zoe@example.com"):
        await harness.say("cannot open CRM", sender)
    facts = [text for event, text in await harness.facts(master.number) if event == "changed"]
    assert len(facts) == 1
    assert '"3 reporters"' in facts[0]
    assert (await harness.row(master.number))["priority"] == master.priority - 1


async def test_the_same_words_and_the_same_sender_stay_away_from_a_master_they_were_taken_from(harness: GatewayHarness) -> None:
    master = await harness.alert("crm-db1")
    told = await harness.say("CRM is down", "ann@example.com")
    assert told.master_id == master["id"]
    await unlink(harness.uow, told.number, HAND)
    await act(harness.uow, told.number, commands.Resolve(resolution=Resolution.SOLVED), HAND)
    same_words, same_sender = await harness.say("crm is DOWN!"), await harness.say("cannot open CRM", "Ann@example.com")
    assert [one.master_id for one in (same_words, same_sender)] == [None, same_words.id]
    await link(harness.uow, told.number, master["number"], HAND)
    await link(harness.uow, same_words.number, master["number"], HAND)
    assert (await harness.say("CRM is down", "ann@example.com")).master_id == master["id"]


async def test_service_requests_other_systems_and_security_records_are_left_alone(harness: GatewayHarness) -> None:
    master = await harness.say("CRM is down")
    assert (await harness.say("CRM is down", security=True)).master_id is None
    assert (await harness.say("CRM is down")).master_id == master.id
    await harness.pool.execute("UPDATE incident SET security = true WHERE id = $1", master.id)
    assert await above(harness, (await harness.say("cannot open CRM")).number) != master.number


async def test_where_it_is_switched_off_every_report_is_on_its_own(pool: Pool, database_url: str, clock: FakeClock) -> None:
    async with gateway_harness(pool, database_url, clock, configured(people=False)) as harness:
        assert [(await harness.say("CRM is down")).master_id for _ in range(2)] == [None, None]


async def test_what_was_opened_too_long_ago_is_no_master(pool: Pool, database_url: str, clock: FakeClock) -> None:
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
INSERT INTO incident SELECT (jsonb_populate_record(i, jsonb_build_object('id', 1000000 + n, 'number', 'INC-X' || n,
  'title', 'the printer is broken ' || n, 'state', 'closed'))).* FROM incident i, generate_series(1, $2::int) n
WHERE i.id = $1
"""


async def proposed(harness: GatewayHarness, number: str) -> list[tuple[str, str]]:
    return [tuple(row) for row in await harness.pool.fetch(PROPOSED, number)]


async def test_a_report_in_the_same_words_is_proposed_and_not_linked(harness: GatewayHarness) -> None:
    master = await harness.say("the printer prints nothing, please help me quickly")
    told = await harness.say("the printer prints nothing, please help me quickly")
    assert told.master_id is None
    assert await proposed(harness, told.number) == [(master.number, "correlation: words")]
    assert [event for event, _ in await harness.facts(told.number)].count("link_proposed") == 1


async def test_a_report_with_a_name_that_few_of_many_reports_have_is_linked(harness: GatewayHarness) -> None:
    master = await harness.say(BADGE)
    await harness.pool.execute(MANY, master.id, ENOUGH)
    told = await harness.say(f"{BADGE}!")
    assert (told.master_id, told.link_reason) == (master.id, "correlation: rare name kestrel")


async def test_before_many_reports_are_known_no_name_is_rare(harness: GatewayHarness) -> None:
    master = await harness.say(BADGE)
    await harness.pool.execute(MANY, master.id, ENOUGH - 2)
    told = await harness.say(f"{BADGE}!")
    assert (told.master_id, await proposed(harness, told.number)) == (None, [(master.number, "correlation: words")])


async def test_at_most_so_many_links_are_proposed(harness: GatewayHarness) -> None:
    for number in range(MOST_PROPOSED + 1):
        await harness.say("the printer prints nothing, please help me quickly", f"u{number}@example.com")
    told = await harness.say("the printer prints nothing, please help me quickly")
    assert len(await proposed(harness, told.number)) == MOST_PROPOSED


async def test_what_is_proposed_already_is_not_told_again(harness: GatewayHarness) -> None:
    title = "the printer prints nothing, please help me quickly"
    await harness.say(title)
    told = await harness.say(title)

    async def again(tx: Transaction) -> Incident:
        return await correlate_again(tx, await tx.lock(told.number, HAND))

    await harness.uow.within(again)
    assert [event for event, _ in await harness.facts(told.number)].count("link_proposed") == 1
