"""A raised master keeps its priority when the record that raised it ends, and notes the end."""

import json

import pytest

from gateway.incidents import commands
from gateway.operations.actions.act import act
from gateway.operations.link import link, unlink
from gateway.vocabulary import Impact, TimerKind, Urgency
from tests.operations.linked_records import ENDS, URGENT, linked_pair, recorded
from tests.operations.test_firing import MINUTE, let_fire
from tests.support.clock import NOON, FakeClock
from tests.support.gateway_harness import HAND, GatewayHarness
from tests.support.intake import RESOLVED


async def eased(harness: GatewayHarness, number: str) -> list[tuple[int, int]]:
    found = [json.loads(facts) for event, facts in await harness.facts(number) if event == "eased"]
    return [(one["old"], one["new"]) for one in found]


async def test_unlinking_eases_raised_master_but_keeps_its_priority(
    harness: GatewayHarness,
) -> None:
    master, follower = await linked_pair(harness, by_rule=False, **URGENT)
    await unlink(harness.uow, follower, HAND)
    assert (await harness.row(master))["priority"] == 1
    assert await eased(harness, master) == [(1, 3)]


@pytest.mark.parametrize("end", list(ENDS))
async def test_ended_related_incident_eases_raised_master(
    harness: GatewayHarness, end: str
) -> None:
    master, follower = await linked_pair(harness, by_rule=False, **URGENT)
    await act(harness.uow, follower, ENDS[end], HAND)
    (facts,) = [
        json.loads(facts) for event, facts in await harness.facts(master) if event == "eased"
    ]
    assert facts == {"old": 1, "new": 3, "priority": 1, "reason": "resolved", "incident": follower}
    assert (await harness.row(master))["priority"] == 1


async def test_cleared_alert_eases_raised_master(harness: GatewayHarness) -> None:
    master, alert = await recorded(harness), await harness.alert("san-1", severity="critical")
    await link(harness.uow, alert["number"], master.number, HAND)
    raised = (await harness.row(master.number))["priority"]
    await harness.alert("san-1", status=RESOLVED)
    (facts,) = [
        json.loads(facts) for event, facts in await harness.facts(master.number) if event == "eased"
    ]
    assert facts == {
        "old": raised,
        "new": 3,
        "priority": raised,
        "reason": "cleared",
        "incident": alert["number"],
    }
    assert (await harness.row(master.number))["priority"] == raised < 3


async def test_expired_alert_eases_raised_master(harness: GatewayHarness, clock: FakeClock) -> None:
    master, alert = (
        await recorded(harness),
        await harness.alert("san-1", severity="critical", ends_at=NOON + MINUTE),
    )
    await link(harness.uow, alert["number"], master.number, HAND)
    raised = (await harness.row(master.number))["priority"]
    clock.at = NOON + MINUTE
    assert await let_fire(harness.intake, TimerKind.ALERT_EXPIRY) == 1
    (facts,) = [
        json.loads(facts) for event, facts in await harness.facts(master.number) if event == "eased"
    ]
    assert facts == {
        "old": raised,
        "new": 3,
        "priority": raised,
        "reason": "cleared",
        "incident": alert["number"],
    }


async def test_master_is_eased_to_next_worst_related_priority(harness: GatewayHarness) -> None:
    master = await recorded(harness, impact=Impact.INDIVIDUAL, urgency=Urgency.LOW)
    grades = (
        {"impact": Impact.GROUP},
        {"impact": Impact.COMPANY},
        {"impact": Impact.BUSINESS, "urgency": Urgency.URGENT},
    )
    below = [await recorded(harness, **grade) for grade in grades]
    for one in below:
        await link(harness.uow, one.number, master.number, HAND)
    for one in (below[0], below[2], below[1]):
        await act(harness.uow, one.number, commands.Resolve(), HAND)
    assert await eased(harness, master.number) == [(1, 2), (2, 4)]


async def test_master_resolved_with_related_incidents_is_not_eased(harness: GatewayHarness) -> None:
    master, _ = await linked_pair(harness, by_rule=False, **URGENT)
    await act(harness.uow, master, commands.Resolve(related=True), HAND)
    assert await eased(harness, master) == []


async def test_master_with_other_equally_urgent_related_incident_is_not_eased(
    harness: GatewayHarness,
) -> None:
    master, follower = await linked_pair(harness, by_rule=False, **URGENT)
    other = await recorded(harness, **URGENT)
    await link(harness.uow, other.number, master, HAND)
    await unlink(harness.uow, other.number, HAND)
    assert await eased(harness, master) == []
    await unlink(harness.uow, follower, HAND)
    assert await eased(harness, master) == [(1, 3)]


async def test_unraised_or_resolved_master_is_not_eased(harness: GatewayHarness) -> None:
    plain, follower = await linked_pair(harness)
    await unlink(harness.uow, follower, HAND)
    over, urgent = await linked_pair(harness, by_rule=False, **URGENT)
    await harness.pool.execute("UPDATE incident SET state = 'resolved' WHERE number = $1", over)
    await unlink(harness.uow, urgent, HAND)
    assert [await eased(harness, number) for number in (plain, over)] == [[], []]
