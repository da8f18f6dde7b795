"""Followers of a master that ends, is lowered or hidden, or that they outgrow: they are on their own at once, and told."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from gateway.access.principal import Who
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.errors import Conflict
from gateway.incidents import commands
from gateway.incidents.record import Incident
from gateway.operations.act import act
from gateway.operations.convert import convert
from gateway.operations.create import Report, create
from gateway.operations.edit import edit
from gateway.operations.link import link, unlink
from gateway.operations.rounds.orphans import release
from gateway.vocabulary import Impact, Kind, RequestCategory, Resolution, TimerKind, Urgency
from tests.operations.test_firing import MINUTE, let_fire
from tests.support.clock import NOON, FakeClock
from tests.support.house import HAND, House, a_house
from tests.support.intake import RESOLVED, by_service, settings

URGENT = {"impact": Impact.BUSINESS, "urgency": Urgency.URGENT}
MANAGER = Who(name="mona", parts=frozenset({Role.INCIDENT_MANAGER}))
RULED = "UPDATE incident SET link_reason = 'rule: same service' WHERE number = $1"


@pytest.fixture
async def house(pool: Pool, database_url: str, clock: FakeClock) -> AsyncIterator[House]:
    async with a_house(pool, database_url, clock, by_service(settings())) as furnished:
        yield furnished


async def recorded(house: House, **fields: Any) -> Incident:
    """A record that a system made, which is never placed below another one by itself."""
    report = {"title": "x", "source": "itsm", "impact": Impact.GROUP, "urgency": Urgency.NORMAL} | fields
    return await create(house.desk, Report(**report), HAND)


async def family(house: House, *, by_rule: bool = True, **fields: Any) -> tuple[str, str]:
    """A master of priority 3 and an open record below it."""
    master, follower = await recorded(house), await recorded(house, **fields)
    await link(house.desk, follower.number, master.number, HAND)
    if by_rule:
        await house.pool.execute(RULED, follower.number)
    return master.number, follower.number


async def history(house: House, number: str) -> list[str]:
    return [event for event, _ in await house.facts(number)]


async def why(house: House, number: str) -> Mapping[str, Any]:
    """The facts of the entry by which it was let go."""
    return next(dict(json.loads(facts)) for event, facts in await house.facts(number) if event == "unlinked")


ENDS: dict[str, commands.Command] = {
    "resolve": commands.Resolve(),
    "cancel": commands.Resolve(resolution=Resolution.CANCELLED),
    "reject": commands.Reject(note="no"),
}


@pytest.mark.parametrize("end", list(ENDS))
async def test_an_open_follower_is_on_its_own_and_timed_the_moment_its_master_ends(house: House, end: str) -> None:
    master, follower = await family(house)
    await act(house.desk, master, ENDS[end], HAND)
    row = await house.row(follower)
    assert (row["master_id"], row["link_reason"], row["state"]) == (None, None, "logged")
    assert row["next_due_at"] is not None
    assert (await why(house, follower))["reason"] == "master_over"
    armed = "SELECT armed FROM timer WHERE incident_id = $1 AND kind = 1"
    assert await house.pool.fetchval(armed, row["id"])


async def test_an_urgent_follower_that_is_let_go_is_told_as_an_open_record_is(house: House) -> None:
    master, follower = await recorded(house, **URGENT), await recorded(house, **URGENT)
    await link(house.desk, follower.number, master.number, HAND)
    before = (await history(house, follower.number)).count("management_told")
    await act(house.desk, master.number, commands.Resolve(), HAND)
    assert (await history(house, follower.number)).count("management_told") == before + 1


async def test_what_is_resolved_with_its_master_stays_below_it(house: House) -> None:
    master, follower = await family(house)
    await act(house.desk, master, commands.Resolve(), HAND, related=True)
    row = await house.row(follower)
    assert (row["state"], row["master_id"] is None) == ("resolved", False)
    assert "unlinked" not in await history(house, follower)


async def test_what_is_refused_after_its_master_was_resolved_is_open_work_of_its_own_at_once(house: House) -> None:
    master, follower = await family(house)
    await act(house.desk, master, commands.Resolve(), HAND, related=True)
    await act(house.desk, follower, commands.Refuse(note="still broken"), HAND)
    row = await house.row(follower)
    assert (row["state"], row["master_id"]) == ("in_progress", None)
    assert row["next_due_at"] is not None


async def test_followers_of_an_alerts_record_are_let_go_when_it_clears(house: House) -> None:
    cause = await house.alert("san-1")
    told = await house.say("CRM is down", service="crm")
    await link(house.desk, told.number, cause["number"], HAND)
    await house.alert("san-1", status=RESOLVED)
    assert (await house.row(told.number))["master_id"] is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"priority": 4}, "master_milder"),
        ({"impact": Impact.INDIVIDUAL}, "master_milder"),
        ({"security": True}, "master_hidden"),
    ],
)
@pytest.mark.parametrize("by_rule", [True, False])
async def test_followers_are_let_go_when_somebody_lowers_or_hides_their_master(
    house: House, change: dict[str, Any], reason: str, *, by_rule: bool
) -> None:
    master, follower = await family(house, by_rule=by_rule)
    await edit(house.desk, master, change, HAND, note="checked")
    row = await house.row(follower)
    assert (row["master_id"], (await why(house, follower))["reason"]) == (None, reason)
    assert row["next_due_at"] is not None
    assert (await house.row(master))["priority"] == change.get("priority", 4 if "impact" in change else 3)


async def test_a_follower_that_becomes_more_urgent_than_its_master_is_let_go_and_proposed(house: House) -> None:
    master, follower = await family(house)
    await edit(house.desk, follower, {"priority": 1}, HAND, note="everybody")
    row = await house.row(follower)
    assert (row["master_id"], row["priority"]) == (None, 1)
    assert "link_proposed" in await history(house, follower)
    assert await house.pool.fetchval("SELECT state FROM proposed_link WHERE incident_id = $1", row["id"]) == "open"
    assert (await house.row(master))["priority"] == 3


async def test_a_follower_that_somebody_linked_raises_its_master_with_it(house: House) -> None:
    master, follower = await family(house, by_rule=False)
    await edit(house.desk, follower, {"priority": 2}, HAND, note="a whole floor")
    rows = [await house.row(one) for one in (master, follower)]
    assert [row["priority"] for row in rows] == [2, 2]
    assert rows[1]["master_id"] == rows[0]["id"]
    assert "raised" in await history(house, master)


async def test_linking_by_hand_raises_the_master_to_the_most_urgent_of_what_comes_below_it(house: House) -> None:
    mild, middle, grave = [await recorded(house, **fields) for fields in ({}, {"urgency": Urgency.HIGH}, URGENT)]
    await link(house.desk, middle.number, grave.number, HAND)
    await link(house.desk, grave.number, mild.number, HAND)
    rows = [await house.row(one.number) for one in (mild, middle, grave)]
    assert [row["priority"] for row in rows] == [1, 2, 1]
    assert [row["master_id"] for row in rows] == [None, rows[0]["id"], rows[0]["id"]]
    assert "management_told" in await history(house, mild.number)


async def test_linking_by_hand_raises_even_a_master_that_somebody_had_lowered(house: House) -> None:
    master, follower = await house.alert("san-1", severity="critical"), await recorded(house, urgency=Urgency.HIGH)
    await edit(house.desk, master["number"], {"priority": 4}, HAND, note="a test system")
    await link(house.desk, follower.number, master["number"], HAND)
    assert (await house.row(master["number"]))["priority"] == 2


async def test_nothing_is_linked_by_hand_to_a_master_it_would_wait_for_in_silence(house: House) -> None:
    hidden, planned = await recorded(house, security=True), await recorded(house)
    asked = await recorded(house, kind=Kind.SERVICE_REQUEST, request_category=RequestCategory.INFORMATION)
    await house.pool.execute("UPDATE incident SET suppressed = true WHERE id = $1", planned.id)
    for master in (hidden, planned, asked):
        with pytest.raises(Conflict, match=master.number):
            await link(house.desk, (await recorded(house)).number, master.number, MANAGER)


async def test_unlinking_an_urgent_record_by_hand_tells_of_it(house: House) -> None:
    master, follower = await recorded(house, **URGENT), await house.alert("crm-web1", severity="critical")
    await link(house.desk, follower["number"], master.number, HAND)
    before = await history(house, follower["number"])
    await unlink(house.desk, follower["number"], HAND)
    assert (await history(house, follower["number"]))[len(before) :] == ["unlinked", "management_told"]


async def test_a_request_that_becomes_an_urgent_incident_is_told(house: House) -> None:
    asked = await recorded(house, kind=Kind.SERVICE_REQUEST, request_category=RequestCategory.INFORMATION, **URGENT)
    await convert(house.desk, asked.number, HAND, change=None, note="it is broken")
    assert (await history(house, asked.number))[-2:] == ["converted", "management_told"]


LEFT = (
    "UPDATE incident SET state = 'closed', closed_at = recorded_at WHERE number = $1",
    "UPDATE incident SET priority = 4 WHERE number = $1",
    "UPDATE incident SET security = true WHERE number = $1",
    "UPDATE incident SET suppressed = true WHERE number = $1",
    "UPDATE incident SET kind = 'service_request' WHERE number = $1",
)


@pytest.mark.parametrize("change", LEFT)
async def test_what_an_older_release_left_waiting_in_silence_is_let_go_by_the_next_sweep(house: House, change: str) -> None:
    master, follower = await family(house)
    assert await release(house.desk) == 0
    await house.pool.execute(change, master)
    assert (await release(house.desk), await release(house.desk)) == (1, 0)
    row = await house.row(follower)
    assert (row["master_id"], row["next_due_at"] is None) == (None, False)


async def test_a_report_more_urgent_than_its_kin_stands_alone_and_is_proposed(house: House) -> None:
    master = await house.say("CRM is down")
    told = await house.say("CRM打不开", **URGENT)
    assert told.master_id is None
    assert "link_proposed" in await history(house, told.number)
    assert "management_told" in await history(house, told.number)
    asked = "SELECT master_id, reason FROM proposed_link WHERE incident_id = $1"
    assert [row["master_id"] for row in await house.pool.fetch(asked, told.id)] == [master.id]


async def eased(house: House, number: str) -> list[tuple[int, int]]:
    found = [json.loads(facts) for event, facts in await house.facts(number) if event == "eased"]
    return [(one["old"], one["new"]) for one in found]


async def test_a_master_that_was_raised_by_what_is_unlinked_is_eased_and_keeps_its_priority(house: House) -> None:
    master, follower = await family(house, by_rule=False, **URGENT)
    await unlink(house.desk, follower, HAND)
    assert (await house.row(master))["priority"] == 1
    assert await eased(house, master) == [(1, 3)]


@pytest.mark.parametrize("end", list(ENDS))
async def test_a_master_that_was_raised_by_what_is_over_is_eased(house: House, end: str) -> None:
    master, follower = await family(house, by_rule=False, **URGENT)
    await act(house.desk, follower, ENDS[end], HAND)
    (facts,) = [json.loads(facts) for event, facts in await house.facts(master) if event == "eased"]
    assert facts == {"old": 1, "new": 3, "priority": 1, "reason": "resolved", "incident": follower}
    assert (await house.row(master))["priority"] == 1


async def test_a_master_that_was_raised_by_an_alert_is_eased_once_that_clears(house: House) -> None:
    master, alert = await recorded(house), await house.alert("san-1", severity="critical")
    await link(house.desk, alert["number"], master.number, HAND)
    raised = (await house.row(master.number))["priority"]
    await house.alert("san-1", status=RESOLVED)
    (facts,) = [json.loads(facts) for event, facts in await house.facts(master.number) if event == "eased"]
    assert facts == {"old": raised, "new": 3, "priority": raised, "reason": "cleared", "incident": alert["number"]}
    assert (await house.row(master.number))["priority"] == raised < 3


async def test_a_master_that_was_raised_by_an_alert_is_eased_once_that_lapses(house: House, clock: FakeClock) -> None:
    master, alert = await recorded(house), await house.alert("san-1", severity="critical", ends_at=NOON + MINUTE)
    await link(house.desk, alert["number"], master.number, HAND)
    raised = (await house.row(master.number))["priority"]
    clock.at = NOON + MINUTE
    assert await let_fire(house.intake, TimerKind.ALERT_EXPIRY) == 1
    (facts,) = [json.loads(facts) for event, facts in await house.facts(master.number) if event == "eased"]
    assert facts == {"old": raised, "new": 3, "priority": raised, "reason": "cleared", "incident": alert["number"]}


async def test_of_several_the_next_worst_is_what_a_master_is_eased_to(house: House) -> None:
    master = await recorded(house, impact=Impact.INDIVIDUAL, urgency=Urgency.LOW)
    grades = ({"impact": Impact.GROUP}, {"impact": Impact.COMPANY}, {"impact": Impact.BUSINESS, "urgency": Urgency.URGENT})
    below = [await recorded(house, **grade) for grade in grades]
    for one in below:
        await link(house.desk, one.number, master.number, HAND)
    for one in (below[0], below[2], below[1]):
        await act(house.desk, one.number, commands.Resolve(), HAND)
    assert await eased(house, master.number) == [(1, 2), (2, 4)]


async def test_a_master_that_ends_with_what_raised_it_is_not_eased(house: House) -> None:
    master, _ = await family(house, by_rule=False, **URGENT)
    await act(house.desk, master, commands.Resolve(), HAND, related=True)
    assert await eased(house, master) == []


async def test_a_master_that_something_else_calls_as_urgent_for_is_not_eased(house: House) -> None:
    master, follower = await family(house, by_rule=False, **URGENT)
    other = await recorded(house, **URGENT)
    await link(house.desk, other.number, master, HAND)
    await unlink(house.desk, other.number, HAND)
    assert await eased(house, master) == []
    await unlink(house.desk, follower, HAND)
    assert await eased(house, master) == [(1, 3)]


async def test_a_master_that_nothing_raised_or_that_is_over_is_not_eased(house: House) -> None:
    plain, follower = await family(house)
    await unlink(house.desk, follower, HAND)
    over, urgent = await family(house, by_rule=False, **URGENT)
    await house.pool.execute("UPDATE incident SET state = 'resolved' WHERE number = $1", over)
    await unlink(house.desk, urgent, HAND)
    assert [await eased(house, number) for number in (plain, over)] == [[], []]
