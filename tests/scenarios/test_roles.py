"""Who there is in the process, and what a day of each looks like."""

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story

PEOPLE = {
    "rita": "reporter", "dora": "service_desk", "theo": "tier2", "tess": "tier3", "mona": "incident_manager", "lena": "leader",
    "adam": "administrator", "sam": "security",
}  # fmt: skip


@pytest.fixture
async def house(story: Story) -> Story:
    """One person of every role, and a group of tier 2."""
    for login, role in PEOPLE.items():
        await story.join(login, role)
    await story.hire("mail", "theo", "pete")
    return story


@shows("role/reporter")
async def test_a_reporter_submits_sees_their_own_confirms_refuses_and_rates(house: Story) -> None:
    number, others = await house.report(key="rita"), await house.report(key="dora")
    assert await house.status("GET", f"incidents/{others}", "rita") == 404
    await house.act(number, "resolve", "dora", solution="restarted")
    assert (await house.act(number, "refuse", "rita", note="still slow"))["state"] == "in_progress"
    await house.act(number, "resolve", "dora", solution="a new disk")
    assert (await house.act(number, "confirm", "rita"))["state"] == "closed"
    assert (await house.act(number, "rate", "rita", satisfaction=3))["satisfaction"] == 3
    assert await house.status("POST", f"incidents/{number}/assign", "rita", {"group": "mail"}) == 403


@shows("role/service_desk")
async def test_the_desk_records_classifies_helps_assigns_and_closes_what_it_owns(house: Story) -> None:
    number = await house.report(key="dora")
    sorted_in = await house.call(
        "PATCH", f"incidents/{number}", {"category": "mail", "urgency": "high", "note": "all of sales"}, "dora"
    )
    assert (sorted_in["owner"], sorted_in["category"], sorted_in["priority"]) == ("dora", "mail", 2)
    await house.act(number, "note", "dora", note="asked them to log in again")
    assert (await house.act(number, "assign", "dora", group="mail"))["owner"] == "dora"
    await house.act(number, "resolve", "theo", solution="restarted")
    assert (await house.act(number, "close", "dora", satisfaction=2))["closure"] == "manual"
    assert (await house.record(number))["owner"] == "dora"


@shows("role/tier2")
async def test_tier_2_accepts_passes_on_with_a_reason_returns_escalates_and_stays_responsible(house: Story) -> None:
    number, odd = await house.report(), await house.report("printer")
    for one in (number, odd):
        await house.act(one, "assign", "dora", group="mail")
    assert (await house.act(number, "accept", "theo"))["handler"] == "theo"
    silent = {"group": "mail", "person": "pete"}
    assert await house.status("POST", f"incidents/{number}/assign", "theo", silent) == 422
    assert (await house.act(number, "assign", "theo", note="knows this", **silent))["assignee"] == "pete"
    assert (await house.act(number, "escalate", "theo", to="tier3", person="tess", note="a kernel bug"))["assignee"] == "pete"
    assert (await house.act(odd, "return", "theo", note="not ours"))["returned"] == 1
    assert await house.status("POST", f"incidents/{number}/close", "theo", {}) == 403


@shows("role/tier3")
async def test_tier_3_works_on_what_tier_2_raised_and_may_bring_in_a_vendor(house: Story) -> None:
    number, below = await house.report(), await house.report("printer")
    for one in (number, below):
        await house.act(one, "assign", "dora", group="mail", person="theo")
    assert await house.status("POST", f"incidents/{below}/resolve", "tess", {}) == 403
    await house.act(number, "escalate", "theo", to="tier3", person="tess", note="a kernel bug")
    away = await house.act(number, "escalate", "tess", to="vendor", vendor="acme", note="their firmware")
    assert (away["tier"], away["third_party"], away["assignee"]) == ("vendor", "acme", "theo")
    assert (await house.act(number, "resolve", "tess", solution="patch 7"))["state"] == "resolved"


@shows("role/incident_manager")
async def test_the_incident_manager_does_all_of_it_and_overrides(house: Story) -> None:
    number = await house.report(key="dora")
    priority = {"priority": 1, "note": "the board meets"}
    assert await house.status("PATCH", f"incidents/{number}", "dora", priority) == 403
    assert (await house.call("PATCH", f"incidents/{number}", priority, "mona"))["priority"] == 1
    declared = await house.act(number, "declare_major", "mona", reason="half the company")
    assert declared["major"] is True
    await house.act(number, "assign", "mona", group="mail")
    await house.act(number, "resolve", "mona", solution="restarted")
    assert (await house.act(number, "close", "mona"))["state"] == "closed"


@shows("role/leader")
async def test_the_leader_is_told_and_reads_and_does_not_work_on_it(house: Story) -> None:
    number = await house.report(impact="business")
    assert ("leader@example.com", f"[{number}] P1 opened: mail is slow") in await house.mails(2)
    assert (await house.call("GET", f"incidents/{number}", None, "lena"))["priority"] == 1
    assert await house.status("GET", f"incidents/{number}/timeline", "lena") == 200
    assert await house.status("POST", f"incidents/{number}/resolve", "lena", {}) == 403


@shows("role/administrator")
async def test_the_administrator_sees_to_people_and_keys_and_sees_no_records(house: Story) -> None:
    await house.call("POST", "people", {"login": "new", "name": "New", "roles": ["tier2"]}, "adam")
    await house.call("POST", "keys", {"name": "prometheus", "scopes": ["ingest"], "integration": "prometheus"}, "adam")
    number = await house.report()
    assert await house.status("GET", f"incidents/{number}", "adam") in (403, 404)
    assert await house.status("POST", "people", "dora", {"login": "x", "name": "X", "roles": []}) == 403


@shows("role/security", "word/security incident")
async def test_a_security_incident_is_there_only_for_those_who_may_know(house: Story) -> None:
    number = await house.report("somebody reads our mail", security=True)
    seen = {login: await house.status("GET", f"incidents/{number}", login) for login in PEOPLE}
    assert {login for login, status in seen.items() if status == 200} == {"sam", "mona"}
    assert {seen[login] for login in ("rita", "dora", "theo", "tess", "lena")} == {404}
    listed = await house.call("GET", "incidents", None, "dora")
    assert number not in [one["number"] for one in listed["incidents"]]
