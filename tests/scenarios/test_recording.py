"""The fields of a record, the log of their changes, and the time limit of late entries."""

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story


@pytest.mark.parametrize(
    ("severity", "priority"),
    [
        pytest.param("critical", 1, marks=shows("grade/A")),
        pytest.param("error", 2, marks=shows("grade/B")),
        pytest.param("warning", 3, marks=shows("grade/C")),
        pytest.param("info", 4, marks=shows("grade/D")),
    ],
)
async def test_alert_severity_determines_priority(
    story: Story, severity: str, priority: int
) -> None:
    record = await story.record((await story.alert(severity=severity))["incident"])
    assert (record["severity"], record["priority"]) == (severity, priority)


@shows("word/configuration item")
async def test_incident_names_component_whose_dependents_are_known(story: Story) -> None:
    await story.call("POST", "services", {"slug": "shop", "name": "Shop"})
    await story.call("POST", "cis", {"name": "db1", "kind": "host", "service": "shop"})
    await story.call(
        "POST", "cis", {"name": "app1", "kind": "process", "service": "shop", "depends_on": ["db1"]}
    )
    record = await story.record((await story.alert(ci="db1", service="shop"))["incident"])
    assert (record["ci"], record["service"]) == ("db1", "shop")
    assert [one["name"] for one in (await story.call("GET", "cis/db1/impact"))["reaches"]] == [
        "app1"
    ]


@shows("rule/late entry")
async def test_late_entry_is_limited_to_twelve_hours(story: Story) -> None:
    await story.join("dora", "service_desk")
    number = await story.report(key="dora", occurred_at="2026-03-02T00:00:00Z")
    assert (await story.record(number))["occurred_at"] == "2026-03-02T00:00:00Z"
    older = {"title": "mail was down", "occurred_at": "2026-03-01T23:59:59Z"}
    refused = await story.refused("POST", "incidents", older)
    assert (refused["status"], refused["errors"][0]["pointer"]) == (422, "/occurred_at")
    assert (
        await story.status("POST", "incidents", "dora", older | {"late_reason": "found in the log"})
        == 403
    )


@shows("rule/late entry overridden")
async def test_incident_manager_enters_older_incident_with_reason(story: Story) -> None:
    await story.join("mona", "incident_manager")
    late = {"occurred_at": "2026-03-01T09:00:00Z", "late_reason": "found in the log"}
    number = await story.report(key="mona", **late)
    (entry,) = (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
    assert (entry["actor"], entry["facts"]["late_reason"]) == ("mona", "found in the log")
    assert (
        await story.status(
            "POST", "incidents", "mona", {"title": "x", "occurred_at": "2026-03-01T09:00:00Z"}
        )
        == 422
    )


@shows("rule/who, when, why")
async def test_priority_and_category_changes_record_who_when_and_why(story: Story) -> None:
    await story.join("dora", "service_desk")
    number = await story.report(key="dora")
    await story.until(3)
    for change in ({"urgency": "high"}, {"category": "mail"}):
        assert await story.status("PATCH", f"incidents/{number}", "dora", change) == 422
        await story.call("PATCH", f"incidents/{number}", change | {"note": "all of sales"}, "dora")
    entries = (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
    changed = [entry for entry in entries if entry["event"] == "changed"]
    assert {(entry["actor"], entry["at"], entry["facts"]["note"]) for entry in changed} == {
        ("dora", "2026-03-02T12:03:00Z", "all of sales")
    }
    assert [
        (one["field"], one["old"], one["new"])
        for entry in changed
        for one in entry["facts"]["changes"]
    ] == [
        ("priority", 3, 2),
        ("urgency", "normal", "high"),
        ("category", "", "mail"),
    ]
