"""Every field of a record is where the process page says (docs/process.md).

The record goes through the whole process.
"""

import re
from pathlib import Path
from typing import Any

from tests.scenarios.conftest import Telling
from tests.support.story import Story

PAGE = Path(__file__).parents[2] / "docs" / "process.md"
ROW = re.compile(r"^\| (\d+|\+) \| (.+) \| (.+) \| (`.+`) \|$", re.MULTILINE)
BY_DESK = {
    "location": "Hall 2",
    "reporting_unit": "Sales",
    "contact_name": "Rita",
    "contact": "rita@example.com",
    "description": "no mail since noon",
    "category": "mail/outage",
    "symptom": "no mail",
    "scope": "all of sales",
    "language": "zh-CN",
}
PROBLEM, CHANGE, ASKED = (
    {"number": "PRB1"},
    {"type": "change", "number": "CHG1"},
    {"type": "service_request", "number": "REQ1"},
)

EXPECTED: dict[str, Any] = BY_DESK | {
    "state": "closed", "recorded_at": "2026-03-02T12:00:00Z", "owner": "dora",
    "channel": "monitoring", "source": "generic", "priority": 1,
    "planned_resolution_at": "2026-03-02T12:40:00Z", "assignee_group": "mail", "assignee": "bob",
    "handler": "bob", "third_party": "acme", "held_s": 600.0, "solution": "patch 7",
    "resolution": "workaround", "resolution_category": "part replaced",
    "resolved_at": "2026-03-02T13:00:00Z", "resolved_late": True, "problem": PROBLEM,
    "change": CHANGE, "service_request": ASKED, "satisfaction": 2, "satisfaction_text": "took long",
    "called_back_at": "2026-03-02T13:10:00Z", "called_back_by": "admin", "closure": "manual",
    "closed_at": "2026-03-02T13:10:00Z", "title": "mail is down", "service": "mail", "ci": "mx1",
    "impact": "company", "urgency": "urgent", "severity": "critical", "dedup_key": "mail is down",
    "occurrences": 2, "first_seen": "2026-03-02T12:00:00Z", "last_seen": "2026-03-02T12:01:00Z",
    "occurred_at": "2026-03-02T12:00:00Z", "responded_at": "2026-03-02T12:05:00Z",
    "security": False, "major": True, "refs": {"problem": PROBLEM, "itsm": CHANGE, "portal": ASKED},
}  # fmt: skip


async def worked_on(story: Story) -> str:
    """Create an alert's record and work on it until it is escalated to a vendor."""
    alert = {"title": "mail is down", "service": "mail", "ci": "mx1"}
    number = str((await story.alert(**alert))["incident"])
    await story.until(1)
    await story.alert(**alert)
    await story.until(5)
    await story.hire("mail", "bob")
    await story.hire("desk", "dora", tier="desk")
    await story.call(
        "PATCH", f"incidents/{number}", BY_DESK | {"owner": "dora", "note": "called Rita"}
    )
    await story.act(number, "assign", group="mail", person="bob")
    await story.act(number, "accept", person="bob")
    await story.until(10)
    await story.act(number, "hold", reason="awaiting_user")
    await story.until(20)
    await story.act(number, "resume")
    await story.act(number, "escalate", to="vendor", vendor="acme")
    return number


async def ended(story: Story, number: str) -> str:
    """Link the record, resolve and close it; return its master."""
    master = await story.report(title="the network")
    await story.act(number, "link", master=master)
    for system, reference in (("problem", PROBLEM), ("itsm", CHANGE), ("portal", ASKED)):
        await story.call("PUT", f"incidents/{number}/refs/{system}", reference)
    sent = await story.client.post(
        f"/api/v1/incidents/{number}/attachments?name=log.txt",
        data=b"a log",
        headers=story.as_key("admin"),
    )
    assert sent.status == 201
    await story.act(number, "declare_major", reason="all of sales")
    await story.until(60)
    await story.act(
        number, "resolve", resolution="workaround", category="part replaced", solution="patch 7"
    )
    await story.until(70)
    await story.act(number, "confirm", satisfaction=2, note="took long")
    await story.act(number, "call_back")
    return master


async def test_every_documented_field_is_where_the_page_says(
    telling: Telling, tmp_path: Path
) -> None:
    async with telling(f'[attachments]\nstore = "disk"\npath = "{tmp_path}/files"\n') as story:
        number = await worked_on(story)
        master = await ended(story, number)
        record = await story.record(number)
        under = {
            part: await story.call("GET", f"incidents/{number}/{part}")
            for part in ("timeline", "attachments")
        }
        found = {
            path: under[path[1:]] if path.startswith("/") else record[path]
            for _, paths in items()
            for path in paths
        }
        log = {entry["facts"].get("note") for entry in found.pop("/timeline")["entries"]}
        assert {"called Rita", "took long"} <= log
        assert [one["name"] for one in found.pop("/attachments")["attachments"]] == ["log.txt"]
        assert found == EXPECTED | {"number": number, "master": master}
        file = await story.client.get(
            f"/api/v1/incidents/{number}/attachments/1", headers=story.as_key("admin")
        )
        assert await file.read() == b"a log"
        assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1


def items() -> list[tuple[str, list[str]]]:
    """Return the rows of the page's table: names and places of the fields."""
    return [
        (row[0], re.findall(r"`([^`]+)`", row[3])) for row in ROW.findall(PAGE.read_text("utf-8"))
    ]


def test_page_lists_all_31_items_in_order() -> None:
    assert [number for number, _ in items() if number != "+"] == [
        str(number) for number in range(1, 32)
    ]


async def test_priority_change_records_who_when_and_why(story: Story) -> None:
    await story.join("mona", "incident_manager")
    number = await story.report()
    await story.until(3)
    await story.call(
        "PATCH", f"incidents/{number}", {"priority": 2, "note": "the whole floor"}, "mona"
    )
    entry = next(
        e
        for e in (await story.call("GET", f"incidents/{number}/timeline"))["entries"]
        if e["event"] == "changed"
    )
    assert (entry["actor"], entry["at"], entry["facts"]["note"]) == (
        "mona",
        "2026-03-02T12:03:00Z",
        "the whole floor",
    )
    assert [(one["field"], one["new"]) for one in entry["facts"]["changes"]] == [("priority", 2)]
