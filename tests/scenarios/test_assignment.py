"""Records are assigned to existing people only, and accepted by those who work on them.

No record is reported as assigned or accepted when it is not.
"""

from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story

LATE = {"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T20:00:00Z"}
NIGHT = {"from": "2026-03-02T20:00:00Z", "to": "2026-03-03T04:00:00Z"}


@pytest.fixture
async def harness(story: Story) -> Story:
    """Provide a story with Dora at the desk and people in two tiers.

    Tom and Tina are in mail at tier 2, Tess and Thea in kernel at tier 3, which supports payroll.
    """
    people = {
        "dora": "service_desk",
        "tom": "tier2",
        "tina": "tier2",
        "tess": "tier3",
        "thea": "tier3",
        "rita": "reporter",
    }
    for login, role in people.items():
        await story.join(login, role, email=f"{login}@example.com")
    await story.hire("desk", "dora", tier="desk")
    await story.hire("mail", "tom", "tina")
    await story.hire("kernel", "tess", "thea", tier="tier3")
    service = {"slug": "payroll", "name": "Payroll", "tier3_group": "kernel", "desk_group": "desk"}
    await story.call("POST", "services", service)
    return story


async def with_tom(harness: Story) -> str:
    number = await harness.report(service="payroll")
    await harness.act(number, "assign", "dora", group="mail", person="tom")
    await harness.act(number, "accept", "tom")
    return number


async def said(harness: Story, number: str, action: str, key: str, **body: Any) -> tuple[int, Any]:
    answer = await harness.client.post(
        f"/api/v1/incidents/{number}/{action}", json=body, headers=harness.as_key(key)
    )
    return answer.status, await answer.json(content_type=None)


@pytest.mark.parametrize(
    ("body", "named"),
    [({"person": "nobody-here"}, "nobody-here"), ({"group": "no-such-group"}, "no-such-group")],
)
async def test_assignment_to_unknown_person_or_group_returns_422(
    harness: Story, body: dict[str, str], named: str
) -> None:
    number = await harness.report()
    status, problem = await said(harness, number, "assign", "admin", **body)
    assert (status, named in problem["errors"][0]["detail"]) == (422, True)
    assert await harness.told(number) == [(0.0, "opened")]


async def test_assignment_sets_tier_of_group(harness: Story) -> None:
    number = await harness.report()
    tiers = [
        (await harness.act(number, "assign", "dora", group=group))["tier"]
        for group in ("mail", "kernel", "desk")
    ]
    assert tiers == ["2", "3", "1"]


async def test_vendor_assignment_records_vendor_time(harness: Story) -> None:
    number = await harness.report()
    given = await harness.act(number, "assign", "dora", tier="vendor", person="HP")
    assert (given["state"], given["tier"], given["third_party"], given["assignee"]) == (
        "escalated",
        "vendor",
        "HP",
        "",
    )
    await harness.until(10)
    assert [
        (stay["vendor"], stay["elapsed_s"])
        for stay in (await harness.record(number))["sla"]["vendors"]
    ] == [("HP", 600.0)]


async def test_returned_incident_goes_back_to_desk_group(harness: Story) -> None:
    number = await with_tom(harness)
    back = await harness.act(number, "return", "tom", note="not mail")
    assert (back["tier"], back["assignee_group"], back["assignee"], back["handler"]) == (
        "1",
        "desk",
        "",
        "",
    )


async def test_tier_3_accepts_incident_escalated_to_its_group(harness: Story) -> None:
    number = await with_tom(harness)
    up = await harness.act(number, "escalate", "tom", to="tier3", note="a kernel bug")
    assert (up["state"], up["assignee_group"], up["assignee"], up["handler"]) == (
        "escalated",
        "kernel",
        "tom",
        "",
    )
    taken = await harness.act(number, "accept", "tess")
    assert (taken["state"], taken["handler"], taken["assignee"]) == ("escalated", "tess", "tom")
    assert [event for _, event in await harness.told(number)][-1] == "accepted"


async def test_desk_escalates_to_tier_3_and_response_is_recorded(harness: Story) -> None:
    number = await harness.report(service="payroll")
    await harness.act(number, "escalate", "dora", to="tier3", note="only they know it")
    await harness.until(7)
    taken = await harness.act(number, "acknowledge", "thea")
    assert (taken["handler"], taken["assignee"], taken["responded_at"]) == (
        "thea",
        "thea",
        "2026-03-02T12:07:00Z",
    )


@pytest.mark.parametrize("action", ["acknowledge", "accept"])
async def test_second_acknowledgement_is_refused_and_names_handler(
    harness: Story, action: str
) -> None:
    number = await with_tom(harness)
    status, problem = await said(harness, number, action, "tina")
    assert (status, problem["facts"]["already_acked_by"]) == (409, "tom")
    assert (await said(harness, number, action, "tom"))[0] == 200
    await harness.act(number, "hold", "tom", reason="force_majeure")
    assert (await said(harness, number, action, "tina"))[0] == 409
    await harness.act(number, "resume", "tom")
    await harness.act(number, "escalate", "tom", to="tier3", person="tess", note="x")
    assert (await said(harness, number, action, "thea"))[0] == 409


async def test_incident_acknowledged_on_hold_is_in_progress_after_resume(harness: Story) -> None:
    number = await harness.report()
    await harness.act(number, "hold", "dora", reason="awaiting_user")
    held = await harness.act(number, "acknowledge", "dora")
    assert (held["state"], held["handler"]) == ("on_hold", "dora")
    assert (await harness.act(number, "resume", "dora"))["state"] == "in_progress"


@pytest.mark.parametrize("action", ["acknowledge", "assign"])
async def test_desk_person_who_takes_incident_becomes_owner(harness: Story, action: str) -> None:
    number = str((await harness.alert())["incident"])
    assert (await harness.record(number))["owner"] == "service_desk"
    body = {"group": "mail"} if action == "assign" else {}
    assert (await harness.act(number, action, "dora", **body))["owner"] == "dora"
    assert (await harness.act(number, "resolve", resolution="vanished"))["owner"] == "dora"


async def test_each_tier_hands_over_its_incidents_to_the_next_shift(harness: Story) -> None:
    number, free = await with_tom(harness), await harness.report(service="payroll")
    await harness.act(number, "escalate", "tom", to="tier3", person="tess", note="a kernel bug")
    await harness.act(free, "escalate", "dora", to="tier3", note="a kernel bug")
    for group, now, then in (("kernel", "tess", "thea"), ("mail", "tom", "tina")):
        await harness.put(
            f"groups/{group}/roster",
            {"shifts": [LATE | {"people": [now]}, NIGHT | {"people": [then]}]},
        )
    await harness.until(7 * 60 + 45)
    lists = {one["group"]: one for one in await harness.hand_over()}
    listed = {
        group: [record["number"] for record in one["records"]] for group, one in lists.items()
    }
    assert listed == {"kernel": [number, free], "mail": [number]}
    await harness.call("POST", f"handovers/{lists['mail']['id']}/accept", key="tina")
    record = await harness.record(number)
    assert (record["handler"], record["assignee"]) == ("tess", "tina")
    await harness.call("POST", f"handovers/{lists['kernel']['id']}/accept", key="thea")
    assert [(await harness.record(one))["handler"] for one in (number, free)] == ["thea", "thea"]
    assert (await harness.record(number))["assignee"] == "tina"


async def test_desk_holds_and_cancels_incident_of_tier_2(harness: Story) -> None:
    number = await with_tom(harness)
    assert (await harness.act(number, "hold", "dora", reason="awaiting_user"))["state"] == "on_hold"
    await harness.act(number, "resume", "dora")
    assert (await harness.act(number, "resolve", "dora", resolution="cancelled"))[
        "state"
    ] == "resolved"


async def test_tier_2_resumes_incident_held_by_tier_3(harness: Story) -> None:
    number = await with_tom(harness)
    await harness.act(number, "escalate", "tom", to="tier3", person="tess", note="a kernel bug")
    await harness.act(number, "hold", "tess", reason="force_majeure")
    assert (await harness.act(number, "resume", "tom"))["state"] == "escalated"


@pytest.mark.parametrize(
    ("action", "pointer"), [("return", "/note"), ("reject", "/note"), ("resolve", "/solution")]
)
async def test_return_rejection_and_resolution_need_a_reason(
    harness: Story, action: str, pointer: str
) -> None:
    number = await with_tom(harness)
    key = "dora" if action == "reject" else "tom"
    status, problem = await said(harness, number, action, key)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


async def test_resolved_incident_is_corrected_within_permissions(harness: Story) -> None:
    number = await with_tom(harness)
    await harness.act(number, "resolve", "tom", solution="restarted")
    late = {
        "solution": "restarted the relay",
        "resolution_category": "restart",
        "third_party": "HP",
    }
    done = await harness.call("PATCH", f"incidents/{number}", late, "tom")
    assert {name: done[name] for name in late} == late
    assert (await harness.call("PATCH", f"incidents/{number}", {"source": "phone"}, "dora"))[
        "channel"
    ] == "phone"
    assert (
        await harness.status("PATCH", f"incidents/{number}", "tom", {"priority": 1, "note": "x"})
        == 403
    )


async def test_external_reference_is_deleted(harness: Story) -> None:
    number = await harness.report()
    await harness.call("PUT", f"incidents/{number}/refs/itsm", {"id": "CHG1"})
    path = f"/api/v1/incidents/{number}/refs/itsm"
    stale = harness.as_key("admin") | {"If-Match": '"other"'}
    assert (await harness.client.delete(path, headers=stale)).status == 412
    assert await harness.status("DELETE", f"incidents/{number}/refs/itsm", "admin") == 204
    assert await harness.status("DELETE", f"incidents/{number}/refs/itsm", "admin") == 404
    assert (await harness.record(number))["refs"] == {}


async def test_vendor_time_continues_while_awaiting_vendor(harness: Story) -> None:
    number = await harness.report()
    await harness.act(number, "assign", "dora", tier="vendor", person="HP")
    await harness.until(10)
    held = await harness.act(number, "hold", "admin", reason="awaiting_vendor")
    assert held["hold"] == {"reason": "awaiting_vendor", "until": None, "vendor": "HP"}
    await harness.until(30)
    record = await harness.act(number, "resume")
    assert [stay["elapsed_s"] for stay in record["sla"]["vendors"]] == [1800.0]
    assert {one["elapsed_s"] for one in record["sla"]["clocks"] if one["name"] == "overall"} == {
        600.0
    }


async def test_incident_converts_to_request_and_overdue_request_asks_conversion(
    harness: Story,
) -> None:
    number = await harness.report(urgency="urgent")
    wanted = {"to": "service_request", "note": "she wants a mouse"}
    assert await harness.status("POST", f"incidents/{number}/convert", "dora", wanted) == 422
    body = wanted | {"request_category": "hardware_software"}
    record = (await harness.call("POST", f"incidents/{number}/convert", body, "dora"))["incident"]
    assert (record["kind"], record["request_category"], record["sla"]["policy"]) == (
        "service_request",
        "hardware_software",
        "requests",
    )
    assert record["planned_resolution_at"] is not None
    assert await harness.status("POST", f"incidents/{number}/convert", "dora", body) == 409
    await harness.until(60 * 24)
    assert [event for _, event in await harness.told(number) if event == "conversion_asked"] == [
        "conversion_asked"
    ]
    assert (await harness.act(number, "resolve", solution="a mouse"))["resolved_late"] is True
    alert = (await harness.alert())["incident"]
    assert await harness.status("POST", f"incidents/{alert}/convert", "dora", body) == 409


async def test_flagged_incident_is_withdrawn_from_change_feed(harness: Story) -> None:
    number = await harness.report("somebody reads our mail")
    before = (await harness.call("GET", "changes", key="dora"))["next"]
    await harness.call(
        "PATCH", f"incidents/{number}", {"security": True, "note": "it is an attack"}
    )
    (entry,) = (await harness.call("GET", f"changes?after={before}", key="dora"))["changes"]
    assert (entry["number"], entry["event"], entry["incident"], entry["facts"]) == (
        number,
        "withdrawn",
        None,
        {},
    )
    assert await harness.status("GET", f"incidents/{number}", "dora") == 404


async def test_cleared_unaccepted_major_incident_needs_no_report_unless_declared(
    harness: Story,
) -> None:
    cleared, worked = (
        str((await harness.alert("a"))["incident"]),
        str((await harness.alert("b"))["incident"]),
    )
    await harness.act(worked, "acknowledge", "dora")
    await harness.until(1)
    await harness.alert("a", "resolved")
    await harness.alert("b", "resolved")
    owed = [
        one["number"] for one in (await harness.call("GET", "incidents?report=due"))["incidents"]
    ]
    assert owed == [worked]
    await harness.act(cleared, "declare_major", reason="the auditor asks")
    assert (await harness.record(cleared))["report"] == "due"


async def test_cleared_unaccepted_major_incident_needs_report_if_configured(
    telling: Telling,
) -> None:
    async with telling("[major]\nreport_on_cleared = true\n") as story:
        number = str((await story.alert("a"))["incident"])
        mild = str((await story.alert("b", severity="warning"))["incident"])
        for title, severity in (("a", "critical"), ("b", "warning")):
            await story.alert(title, "resolved", severity=severity)
        owed = [
            one["number"] for one in (await story.call("GET", "incidents?report=due"))["incidents"]
        ]
        assert owed == [number]
        assert (await story.record(mild))["report"] is None
