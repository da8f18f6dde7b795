"""The roles of the process, each with its usual actions."""

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story

PEOPLE = {
    "rita": "reporter",
    "dora": "service_desk",
    "theo": "tier2",
    "tess": "tier3",
    "mona": "incident_manager",
    "lena": "leader",
    "adam": "administrator",
    "sam": "security",
}


@pytest.fixture
async def harness(story: Story) -> Story:
    """Provide a story with one person of every role, and a group of tier 2."""
    for login, role in PEOPLE.items():
        await story.join(login, role)
    await story.hire("mail", "theo", "pete")
    return story


@shows("role/reporter")
async def test_reporter_submits_confirms_refuses_and_rates_own_incident(harness: Story) -> None:
    number, others = await harness.report(key="rita"), await harness.report(key="dora")
    assert await harness.status("GET", f"incidents/{others}", "rita") == 404
    await harness.act(number, "resolve", "dora", solution="restarted")
    assert (await harness.act(number, "refuse", "rita", note="still slow"))[
        "state"
    ] == "in_progress"
    await harness.act(number, "resolve", "dora", solution="a new disk")
    assert (await harness.act(number, "confirm", "rita"))["state"] == "closed"
    assert (await harness.act(number, "rate", "rita", satisfaction=3))["satisfaction"] == 3
    assert (
        await harness.status("POST", f"incidents/{number}/assign", "rita", {"group": "mail"}) == 403
    )


@shows("role/service_desk")
async def test_service_desk_classifies_assigns_and_closes_own_incident(harness: Story) -> None:
    number = await harness.report(key="dora")
    sorted_in = await harness.call(
        "PATCH",
        f"incidents/{number}",
        {"category": "mail", "urgency": "high", "note": "all of sales"},
        "dora",
    )
    assert (sorted_in["owner"], sorted_in["category"], sorted_in["priority"]) == ("dora", "mail", 2)
    await harness.act(number, "note", "dora", note="asked them to log in again")
    assert (await harness.act(number, "assign", "dora", group="mail"))["owner"] == "dora"
    await harness.act(number, "resolve", "theo", solution="restarted")
    assert (await harness.act(number, "close", "dora", satisfaction=2))["closure"] == "manual"
    assert (await harness.record(number))["owner"] == "dora"


@shows("role/tier2")
async def test_tier_2_accepts_reassigns_returns_and_escalates_with_reason(harness: Story) -> None:
    number, odd = await harness.report(), await harness.report("printer")
    for one in (number, odd):
        await harness.act(one, "assign", "dora", group="mail")
    assert (await harness.act(number, "accept", "theo"))["handler"] == "theo"
    silent = {"group": "mail", "person": "pete"}
    assert await harness.status("POST", f"incidents/{number}/assign", "theo", silent) == 422
    assert (await harness.act(number, "assign", "theo", note="knows this", **silent))[
        "assignee"
    ] == "pete"
    assert (
        await harness.act(
            number, "escalate", "theo", to="tier3", person="tess", note="a kernel bug"
        )
    )["assignee"] == "pete"
    assert (await harness.act(odd, "return", "theo", note="not ours"))["returned"] == 1
    assert await harness.status("POST", f"incidents/{number}/close", "theo", {}) == 403


@shows("role/tier3")
async def test_tier_3_works_on_escalated_incident_and_engages_vendor(harness: Story) -> None:
    number, below = await harness.report(), await harness.report("printer")
    for one in (number, below):
        await harness.act(one, "assign", "dora", group="mail", person="theo")
    assert await harness.status("POST", f"incidents/{below}/resolve", "tess", {}) == 403
    await harness.act(number, "escalate", "theo", to="tier3", person="tess", note="a kernel bug")
    away = await harness.act(
        number, "escalate", "tess", to="vendor", vendor="acme", note="their firmware"
    )
    assert (away["tier"], away["third_party"], away["assignee"]) == ("vendor", "acme", "theo")
    assert (await harness.act(number, "resolve", "tess", solution="patch 7"))["state"] == "resolved"


@shows("role/incident_manager")
async def test_incident_manager_sets_priority_declares_major_and_closes(harness: Story) -> None:
    number = await harness.report(key="dora")
    priority = {"priority": 1, "note": "the board meets"}
    assert await harness.status("PATCH", f"incidents/{number}", "dora", priority) == 403
    assert (await harness.call("PATCH", f"incidents/{number}", priority, "mona"))["priority"] == 1
    declared = await harness.act(number, "declare_major", "mona", reason="half the company")
    assert declared["major"] is True
    await harness.act(number, "assign", "mona", group="mail")
    await harness.act(number, "resolve", "mona", solution="restarted")
    assert (await harness.act(number, "close", "mona"))["state"] == "closed"


@shows("role/leader")
async def test_leader_is_notified_and_reads_but_may_not_resolve(harness: Story) -> None:
    number = await harness.report(impact="business")
    assert ("leader@example.com", f"[{number}] P1 opened: mail is slow") in await harness.mails(2)
    assert (await harness.call("GET", f"incidents/{number}", None, "lena"))["priority"] == 1
    assert await harness.status("GET", f"incidents/{number}/timeline", "lena") == 200
    assert await harness.status("POST", f"incidents/{number}/resolve", "lena", {}) == 403


@shows("role/administrator")
async def test_administrator_manages_people_and_keys_but_sees_no_incidents(harness: Story) -> None:
    await harness.call(
        "POST", "people", {"login": "new", "name": "New", "roles": ["tier2"]}, "adam"
    )
    await harness.call(
        "POST",
        "keys",
        {"name": "prometheus", "scopes": ["ingest"], "integration": "prometheus"},
        "adam",
    )
    number = await harness.report()
    assert await harness.status("GET", f"incidents/{number}", "adam") in (403, 404)
    assert (
        await harness.status("POST", "people", "dora", {"login": "x", "name": "X", "roles": []})
        == 403
    )


@shows("role/security", "word/security incident")
async def test_security_incident_is_visible_only_to_security_and_manager(harness: Story) -> None:
    number = await harness.report("somebody reads our mail", security=True)
    seen = {login: await harness.status("GET", f"incidents/{number}", login) for login in PEOPLE}
    assert {login for login, status in seen.items() if status == 200} == {"sam", "mona"}
    assert {seen[login] for login in ("rita", "dora", "theo", "tess", "lena")} == {404}
    listed = await harness.call("GET", "incidents", None, "dora")
    assert number not in [one["number"] for one in listed["incidents"]]
