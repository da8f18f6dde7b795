"""Related incidents are detached when their master is unfit for them.

The master has ended, was lowered or hidden, or is less urgent than they are. They have clocks of
their own at once, and their people are notified.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.access.principal import Principal
from gateway.directory.roles import Role
from gateway.errors import Conflict
from gateway.incidents import commands
from gateway.operations.actions.act import act
from gateway.operations.convert import convert
from gateway.operations.edit import edit
from gateway.operations.link import link, unlink
from gateway.operations.rounds.orphans import detach_orphans
from gateway.vocabulary import Impact, Kind, RequestCategory, Urgency
from tests.operations.linked_records import ENDS, URGENT, linked_pair, recorded
from tests.support.gateway_harness import HAND, GatewayHarness
from tests.support.intake import RESOLVED

MANAGER = Principal(name="mona", parts=frozenset({Role.INCIDENT_MANAGER}))


async def history(harness: GatewayHarness, number: str) -> list[str]:
    return [event for event, _ in await harness.facts(number)]


async def why(harness: GatewayHarness, number: str) -> Mapping[str, Any]:
    """Return the facts of the timeline entry about the detachment of an incident."""
    return next(
        dict(json.loads(facts))
        for event, facts in await harness.facts(number)
        if event == "unlinked"
    )


@pytest.mark.parametrize("end", list(ENDS))
async def test_open_related_incident_is_detached_and_timed_when_master_ends(
    harness: GatewayHarness, end: str
) -> None:
    master, follower = await linked_pair(harness)
    await act(harness.uow, master, ENDS[end], HAND)
    row = await harness.row(follower)
    assert (row["master_id"], row["link_reason"], row["state"]) == (None, None, "logged")
    assert row["next_due_at"] is not None
    assert (await why(harness, follower))["reason"] == "master_over"
    armed = "SELECT armed FROM timer WHERE incident_id = $1 AND kind = 1"
    assert await harness.pool.fetchval(armed, row["id"])


async def test_detached_urgent_incident_notifies_management_again(harness: GatewayHarness) -> None:
    master, follower = await recorded(harness, **URGENT), await recorded(harness, **URGENT)
    await link(harness.uow, follower.number, master.number, HAND)
    before = (await history(harness, follower.number)).count("management_told")
    await act(harness.uow, master.number, commands.Resolve(), HAND)
    assert (await history(harness, follower.number)).count("management_told") == before + 1


async def test_incident_resolved_with_master_stays_related(harness: GatewayHarness) -> None:
    master, follower = await linked_pair(harness)
    await act(harness.uow, master, commands.Resolve(related=True), HAND)
    row = await harness.row(follower)
    assert (row["state"], row["master_id"] is None) == ("resolved", False)
    assert "unlinked" not in await history(harness, follower)


async def test_refused_resolution_below_resolved_master_detaches_incident(
    harness: GatewayHarness,
) -> None:
    master, follower = await linked_pair(harness)
    await act(harness.uow, master, commands.Resolve(related=True), HAND)
    await act(harness.uow, follower, commands.Refuse(note="still broken"), HAND)
    row = await harness.row(follower)
    assert (row["state"], row["master_id"]) == ("in_progress", None)
    assert row["next_due_at"] is not None


async def test_related_incident_is_detached_when_master_alert_clears(
    harness: GatewayHarness,
) -> None:
    cause = await harness.alert("san-1")
    told = await harness.say("CRM is down", service="crm")
    await link(harness.uow, told.number, cause["number"], HAND)
    await harness.alert("san-1", status=RESOLVED)
    assert (await harness.row(told.number))["master_id"] is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"priority": 4}, "master_milder"),
        ({"impact": Impact.INDIVIDUAL}, "master_milder"),
        ({"security": True}, "master_hidden"),
    ],
)
@pytest.mark.parametrize("by_rule", [True, False])
async def test_related_incident_is_detached_when_master_is_lowered_or_hidden(
    harness: GatewayHarness, change: dict[str, Any], reason: str, *, by_rule: bool
) -> None:
    master, follower = await linked_pair(harness, by_rule=by_rule)
    await edit(harness.uow, master, change, HAND, note="checked")
    row = await harness.row(follower)
    assert (row["master_id"], (await why(harness, follower))["reason"]) == (None, reason)
    assert row["next_due_at"] is not None
    assert (await harness.row(master))["priority"] == change.get(
        "priority", 4 if "impact" in change else 3
    )


async def test_incident_more_urgent_than_rule_linked_master_is_detached_and_proposed(
    harness: GatewayHarness,
) -> None:
    master, follower = await linked_pair(harness)
    await edit(harness.uow, follower, {"priority": 1}, HAND, note="everybody")
    row = await harness.row(follower)
    assert (row["master_id"], row["priority"]) == (None, 1)
    assert "link_proposed" in await history(harness, follower)
    assert (
        await harness.pool.fetchval(
            "SELECT state FROM proposed_link WHERE incident_id = $1", row["id"]
        )
        == "open"
    )
    assert (await harness.row(master))["priority"] == 3


async def test_incident_linked_by_hand_raises_its_master(harness: GatewayHarness) -> None:
    master, follower = await linked_pair(harness, by_rule=False)
    await edit(harness.uow, follower, {"priority": 2}, HAND, note="a whole floor")
    rows = [await harness.row(one) for one in (master, follower)]
    assert [row["priority"] for row in rows] == [2, 2]
    assert rows[1]["master_id"] == rows[0]["id"]
    assert "raised" in await history(harness, master)


async def test_manual_link_raises_master_to_most_urgent_priority_below_it(
    harness: GatewayHarness,
) -> None:
    mild, middle, grave = [
        await recorded(harness, **fields) for fields in ({}, {"urgency": Urgency.HIGH}, URGENT)
    ]
    await link(harness.uow, middle.number, grave.number, HAND)
    await link(harness.uow, grave.number, mild.number, HAND)
    rows = [await harness.row(one.number) for one in (mild, middle, grave)]
    assert [row["priority"] for row in rows] == [1, 2, 1]
    assert [row["master_id"] for row in rows] == [None, rows[0]["id"], rows[0]["id"]]
    assert "management_told" in await history(harness, mild.number)


async def test_manual_link_raises_even_manually_lowered_master(harness: GatewayHarness) -> None:
    master, follower = (
        await harness.alert("san-1", severity="critical"),
        await recorded(harness, urgency=Urgency.HIGH),
    )
    await edit(harness.uow, master["number"], {"priority": 4}, HAND, note="a test system")
    await link(harness.uow, follower.number, master["number"], HAND)
    assert (await harness.row(master["number"]))["priority"] == 2


async def test_manual_link_to_hidden_suppressed_or_request_master_is_refused(
    harness: GatewayHarness,
) -> None:
    hidden, planned = await recorded(harness, security=True), await recorded(harness)
    asked = await recorded(
        harness, kind=Kind.SERVICE_REQUEST, request_category=RequestCategory.INFORMATION
    )
    await harness.pool.execute("UPDATE incident SET suppressed = true WHERE id = $1", planned.id)
    for master in (hidden, planned, asked):
        with pytest.raises(Conflict, match=master.number):
            await link(harness.uow, (await recorded(harness)).number, master.number, MANAGER)


async def test_unlinked_urgent_incident_notifies_management(harness: GatewayHarness) -> None:
    master, follower = (
        await recorded(harness, **URGENT),
        await harness.alert("crm-web1", severity="critical"),
    )
    await link(harness.uow, follower["number"], master.number, HAND)
    before = await history(harness, follower["number"])
    await unlink(harness.uow, follower["number"], HAND)
    assert (await history(harness, follower["number"]))[len(before) :] == [
        "unlinked",
        "management_told",
    ]


async def test_request_converted_to_urgent_incident_notifies_management(
    harness: GatewayHarness,
) -> None:
    asked = await recorded(
        harness, kind=Kind.SERVICE_REQUEST, request_category=RequestCategory.INFORMATION, **URGENT
    )
    await convert(harness.uow, asked.number, HAND, change=None, note="it is broken")
    assert (await history(harness, asked.number))[-2:] == ["converted", "management_told"]


LEFT = (
    "UPDATE incident SET state = 'closed', closed_at = recorded_at WHERE number = $1",
    "UPDATE incident SET priority = 4 WHERE number = $1",
    "UPDATE incident SET security = true WHERE number = $1",
    "UPDATE incident SET suppressed = true WHERE number = $1",
    "UPDATE incident SET kind = 'service_request' WHERE number = $1",
)


@pytest.mark.parametrize("change", LEFT)
async def test_sweep_detaches_incidents_left_below_unfit_master(
    harness: GatewayHarness, change: str
) -> None:
    master, follower = await linked_pair(harness)
    assert await detach_orphans(harness.uow) == 0
    await harness.pool.execute(change, master)
    assert (await detach_orphans(harness.uow), await detach_orphans(harness.uow)) == (1, 0)
    row = await harness.row(follower)
    assert (row["master_id"], row["next_due_at"] is None) == (None, False)


async def test_report_more_urgent_than_match_stays_alone_and_is_proposed(
    harness: GatewayHarness,
) -> None:
    master = await harness.say("CRM is down")
    told = await harness.say("CRM打不开", **URGENT)
    assert told.master_id is None
    assert "link_proposed" in await history(harness, told.number)
    assert "management_told" in await history(harness, told.number)
    asked = "SELECT master_id, reason FROM proposed_link WHERE incident_id = $1"
    assert [row["master_id"] for row in await harness.pool.fetch(asked, told.id)] == [master.id]
