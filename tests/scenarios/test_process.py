"""Actions of people on a record: tiers, vendors, refusals, requests."""

from typing import Any

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story

STAFF = (
    ("mail", "tier2", "bob", "eve"),
    ("ops", "tier2", "bob"),
    ("databases", "tier3", "carol"),
    ("desk", "desk", "dora"),
)


@pytest.fixture
async def number(story: Story) -> str:
    """Create a record of priority 3 and return its number.

    Bob and Eve are the mail group of tier 2, Carol is tier 3, Dora the desk.
    """
    for group, tier, *people in STAFF:
        await story.hire(group, *people, tier=tier)
    return str(
        (await story.call("POST", "incidents", {"title": "mail is slow", "impact": "group"}))[
            "number"
        ]
    )


def clock(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(clock) for clock in record["sla"]["clocks"] if clock["name"] == name)


@shows("role/vendor", "clock/vendor", "word/technical escalation")
async def test_vendor_time_is_separate_while_tier_2_stays_responsible(
    story: Story, number: str
) -> None:
    await story.until(3)
    await story.act(number, "assign", group="mail", person="bob")
    await story.act(number, "accept", person="bob")
    await story.until(10)
    handed = await story.act(number, "escalate", to="vendor", vendor="acme")
    assert (handed["state"], handed["assignee"], handed["handler"], handed["third_party"]) == (
        "escalated",
        "bob",
        "bob",
        "acme",
    )
    await story.until(40)
    record = await story.act(number, "resolve", solution="patch 7")
    assert [(stay["vendor"], stay["elapsed_s"]) for stay in record["sla"]["vendors"]] == [
        ("acme", 1800.0)
    ]
    assert (clock(record, "tier2")["elapsed_s"], clock(record, "escalated")["elapsed_s"]) == (
        420.0,
        1800.0,
    )


async def test_tier_3_handles_incident_assigned_to_tier_2(story: Story, number: str) -> None:
    await story.act(number, "assign", group="mail", person="bob")
    raised = await story.act(number, "escalate", to="tier3", person="carol")
    assert (raised["tier"], raised["assignee"], raised["handler"]) == ("3", "bob", "carol")


async def test_returns_to_desk_are_counted(story: Story, number: str) -> None:
    for times in (1, 2):
        await story.act(number, "assign", group="mail")
        back = await story.act(number, "return", note="not ours")
        assert (back["state"], back["returned"], back["tier"]) == ("logged", times, "1")


@shows("rule/refused solution")
async def test_refused_solution_reopens_incident_without_counting_the_pause(
    story: Story, number: str
) -> None:
    await story.until(5)
    await story.act(number, "resolve", solution="restarted")
    await story.until(65)
    again = await story.act(number, "refuse", note="still slow")
    assert (again["state"], again["reopened"], clock(again, "overall")["elapsed_s"]) == (
        "in_progress",
        1,
        300.0,
    )


@shows("rule/follow-on")
async def test_follow_on_of_closed_incident_keeps_handler(story: Story, number: str) -> None:
    await story.act(number, "assign", group="mail", person="bob")
    await story.act(number, "resolve", solution="restarted")
    await story.act(number, "confirm", satisfaction=3)
    made = await story.call("POST", f"incidents/{number}/follow_on", {"note": "slow again"})
    assert (made["follows"], made["state"], made["handler"], made["title"]) == (
        number,
        "assigned",
        "bob",
        "mail is slow",
    )
    assert [event for _, event in await story.told(made["number"])] == ["opened", "assigned"]
    assert (await story.told(number))[-1][1] == "followed_on"
    assert (await story.record(number))["state"] == "closed"


async def test_follow_on_of_incident_solved_at_desk_stays_at_desk(
    story: Story, number: str
) -> None:
    await story.act(number, "accept", person="dora")
    await story.act(number, "resolve", solution="restarted")
    await story.act(number, "close")
    made = await story.call("POST", f"incidents/{number}/follow_on", {"note": "slow again"})
    assert (made["follows"], made["state"], made["tier"], made["handler"]) == (
        number,
        "logged",
        "1",
        "dora",
    )


async def test_recurring_alert_is_assigned_to_previous_handler(story: Story) -> None:
    await story.hire("ops", "bob")
    first = (await story.alert())["incident"]
    await story.act(first, "assign", group="ops", person="bob")
    await story.until(1)
    await story.alert(status="resolved")
    await story.until(20)
    made = await story.record((await story.alert())["incident"])
    assert (made["follows"], made["state"], made["assignee_group"], made["handler"]) == (
        first,
        "assigned",
        "ops",
        "bob",
    )
    await story.until(20 + 31)
    late = {
        one["name"]
        for one in (await story.record(made["number"]))["sla"]["clocks"]
        if one["breached_at"]
    }
    assert late == {"tier2", "overall"}


async def test_request_has_own_targets_and_incident_targets_after_conversion(story: Story) -> None:
    asked = {
        "title": "access to payroll",
        "kind": "service_request",
        "request_category": "access",
        "urgency": "normal",
    }
    request = await story.call("POST", "incidents", asked)
    assert (request["kind"], request["request_category"], request["sla"]["policy"]) == (
        "service_request",
        "access",
        "requests",
    )
    await story.until(30)
    turned = await story.call(
        "POST", f"incidents/{request['number']}/convert", {"to": "incident", "note": "it is broken"}
    )
    record = turned["incident"]
    assert (record["kind"], record["request_category"], record["sla"]["policy"]) == (
        "incident",
        None,
        "itil-minutes",
    )
    assert clock(record, "overall")["elapsed_s"] == 1800.0


async def test_request_converted_to_change_is_resolved_with_reference(story: Story) -> None:
    asked = {
        "title": "more memory",
        "kind": "service_request",
        "request_category": "standard_change",
    }
    request = await story.call("POST", "incidents", asked)
    change = {
        "to": "change",
        "note": "see there",
        "change": {"system": "itsm", "reference": {"id": "CHG1"}},
    }
    record = (await story.call("POST", f"incidents/{request['number']}/convert", change))[
        "incident"
    ]
    assert (record["state"], record["resolution_category"], record["refs"]) == (
        "resolved",
        "converted_to_change",
        {"itsm": {"type": "change", "id": "CHG1"}},
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "service_request"}, "/request_category"),
        ({"request_category": "advice"}, "/request_category"),
    ],
)
async def test_request_category_is_for_service_requests_only(
    story: Story, body: dict[str, str], pointer: str
) -> None:
    answer = await story.client.post(
        "/api/v1/incidents", json={"title": "x"} | body, headers=story.as_key("admin")
    )
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["errors"][0]["pointer"]) == (422, pointer)
