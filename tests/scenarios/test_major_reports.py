"""The report on a major incident is written, approved, sent and handed over."""

import pytest

from tests.scenarios.rows import shows
from tests.support.story import Story


@pytest.fixture
async def over(story: Story) -> str:
    """Create a major incident of the mail group that is resolved and needs a report."""
    asked = {"title": "mail is down", "impact": "business", "urgency": "high"}
    number = str((await story.call("POST", "incidents", asked))["number"])
    await story.mails(2)
    await story.hire("mail")
    await story.act(number, "assign", group="mail")
    await story.act(number, "resolve", solution="restarted")
    await story.mails(2)
    for login, role in (("tia", "tier2"), ("max", "incident_manager"), ("lea", "leader")):
        await story.join(login, role)
    return number


async def listed(story: Story, report: str) -> list[str]:
    return [
        one["number"]
        for one in (await story.call("GET", f"incidents?report={report}"))["incidents"]
    ]


@shows("major/report")
async def test_approved_report_is_sent_to_leader(story: Story, over: str) -> None:
    path = f"incidents/{over}/report"
    standings = [[await listed(story, one) for one in ("due", "written", "approved")]]
    await story.call("PUT", path, {"text": "# Cause\n\nA full disk."}, key="tia")
    standings.append([await listed(story, one) for one in ("due", "written", "approved")])
    await story.call("POST", f"{path}/approve", key="max")
    standings.append([await listed(story, one) for one in ("due", "written", "approved")])
    assert standings == [[[over], [], []], [[], [over], []], [[], [], [over]]]
    (mail,) = await story.letters(1)
    assert (mail.to, mail.subject) == (
        "leader@example.com",
        f"[{over}] P1 major incident report: mail is down",
    )
    assert "# Cause\n\nA full disk.\n" in mail.text
    told = (await story.facts(over, "management_told"))[-1]
    assert (told["cause"], told["targets"]) == ("report_approved#1", ["smtp:leader@example.com"])


@shows("major/report reopened")
async def test_reopened_incident_needs_new_report_and_keeps_old_one(
    story: Story, over: str
) -> None:
    path = f"incidents/{over}/report"
    await story.call("PUT", path, {"text": "a full disk"}, key="tia")
    await story.call("POST", f"{path}/approve", key="max")
    await story.act(over, "refuse", note="down again")
    assert ((await story.record(over))["report"], (await story.call("GET", path))["text"]) == (
        None,
        "a full disk",
    )
    await story.act(over, "resolve", solution="a bigger disk")
    drafted = await story.call("GET", path)
    assert (drafted["status"], drafted["version"], "a bigger disk" in drafted["text"]) == (
        "due",
        2,
        True,
    )
    await story.call("PUT", path, {"text": "a disk too small"}, key="tia")
    await story.call("PUT", path, {"text": "a disk far too small"}, key="tia")
    assert (await story.call("POST", f"{path}/approve", key="max"))["version"] == 2
    texts = [(await story.call("GET", f"{path}?version={version}"))["text"] for version in (1, 2)]
    assert texts == ["a full disk", "a disk far too small"]
    assert [to for to, subject in await story.mails(6) if "report" in subject] == [
        "leader@example.com"
    ] * 2
    assert await listed(story, "due,written") == []


async def test_leader_approves_report_written_by_manager(story: Story, over: str) -> None:
    path = f"incidents/{over}/report"
    await story.call("PUT", path, {"text": "mine"}, key="max")
    assert await story.status("POST", f"{path}/approve", "max") == 403
    assert (await story.call("POST", f"{path}/approve", key="lea"))["approved_by"] == "lea"


async def test_report_on_security_incident_is_sent_to_nobody(story: Story, over: str) -> None:
    await story.call("PATCH", f"incidents/{over}", {"security": True})
    await story.call("PUT", f"incidents/{over}/report", {"text": "how they came in"})
    await story.call("POST", f"incidents/{over}/report/approve", key="max")
    told = (await story.facts(over, "management_told"))[-1]
    assert (told["cause"], told["targets"], told["silenced"]) == (
        "report_approved#1",
        [],
        "security",
    )


@shows("major/report handed over")
async def test_due_report_is_handed_over_until_approved(story: Story, over: str) -> None:
    await story.hire("mail", "tia")
    shifts = [
        {"from": f"2026-03-02T{h}:00:00Z", "to": f"2026-03-02T{h + 1}:00:00Z", "people": ["tia"]}
        for h in (12, 13, 14)
    ]
    await story.put("groups/mail/roster", {"shifts": shifts})
    lists = []
    for minute, change in ((31, "PUT"), (91, "POST"), (151, "")):
        await story.until(minute)
        lists.append(
            [(one["number"], one["report"]) for one in (await story.hand_over())[-1]["records"]]
        )
        if change == "PUT":
            await story.call("PUT", f"incidents/{over}/report", {"text": "a full disk"}, key="tia")
        if change == "POST":
            await story.call("POST", f"incidents/{over}/report/approve", key="max")
    assert lists == [[(over, "due")], [(over, "written")], []]
