"""A record is shelved until a time or an event, and what was held is told on its return."""

from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from gateway.app.gauges import count_silent
from gateway.observe.metrics import Metrics
from tests.scenarios.conftest import Telling
from tests.support.clock import NOON
from tests.support.story import Story


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def until(minute: float) -> str:
    return at(minute).isoformat()


async def silent(story: Story) -> Any:
    return await story.gateway.pool.fetch("SELECT number, cause FROM silent_incident")


async def test_shelved_record_reminds_nobody_until_its_time(story: Story) -> None:
    await story.join("anna", "tier2", email="anna@example.com")
    number = await story.report()
    await story.act(number, "assign", person="anna")
    assert [to for to, _ in await story.mails(1)] == ["anna@example.com"]
    record = await story.act(number, "shelve", until=until(90), reason="the spare part comes")
    assert record["shelved"] == {
        "by": record["shelved"]["by"],
        "until": "2026-03-02T13:30:00Z",
        "event": None,
        "reason": "the spare part comes",
    }
    assert [to for to, _ in await story.mails(1)] == ["anna@example.com"]
    await story.until(89)
    assert await silent(story) == []
    clocks = (await story.record(number))["sla"]["clocks"]
    late = {one["name"] for one in clocks if one["breached_at"] is not None}
    assert late == {"tier2", "overall"}
    assert [one for one in await story.told(number) if one[1].startswith("sla_")] == []
    assert [clock["clock"] for clock in await story.facts(number, "breach_held")] == ["tier2"]
    await story.until(91)
    told = await story.letters(3)
    assert sorted((one.to, one.subject.partition(": ")[0]) for one in told) == [
        ("anna@example.com", f"[{number}] P3 back from the shelf"),
        ("manager@example.com", f"[{number}] P3 overdue"),
        ("manager@example.com", f"[{number}] P3 overdue"),
    ]
    assert "Reason: the spare part comes" in told[0].text
    record = await story.record(number)
    assert (record["shelved"], record["sla"]["breached"]) == (None, True)
    assert (await story.facts(number, "unshelved"))[0]["cause"] == "time"


async def test_shelver_and_handler_are_told_once_of_return_by_a_third(story: Story) -> None:
    await story.join("anna", "tier2", email="anna@example.com")
    await story.join("mona", "incident_manager", email="mona@example.com")
    number = await story.report()
    await story.act(number, "assign", person="anna")
    await story.act(number, "shelve", "mona", until=until(60), reason="a freeze")
    await story.act(number, "unshelve")
    subjects = [to for to, subject in await story.mails(4) if "back from the shelf" in subject]
    assert subjects == ["anna@example.com", "mona@example.com"]
    problem = await story.refused("POST", f"incidents/{number}/unshelve", {})
    assert (problem["status"], problem["detail"]) == (
        409,
        f"{number} is not shelved: there is nothing to return",
    )


async def test_watchers_and_reporter_are_told_of_shelving_and_return(story: Story) -> None:
    number = await story.report(contact="rae@example.com")
    await story.mails(1)
    await story.call("POST", f"incidents/{number}/subscribers", {"address": "smtp:w@example.com"})
    await story.act(
        number, "shelve", until=until(30), reason="secret of the house", tell_reporter=True
    )
    of_handler, of_reporter, of_watcher = await story.letters(3)
    assert of_handler.to == "handler@example.com"
    assert (of_reporter.to, of_watcher.to) == ("rae@example.com", "w@example.com")
    assert "put off" in of_reporter.text
    assert "secret" not in of_reporter.text + of_watcher.text
    await story.until(31)
    back = {to for to, subject in await story.mails(4) if "overdue" not in subject}
    assert back == {"handler@example.com", "rae@example.com", "w@example.com"}


async def test_reply_returns_record_that_waits_for_it(story: Story) -> None:
    await story.join("rae", "reporter", email="rae@example.com")
    number = await story.report(contact="rae@example.com")
    await story.act(number, "shelve", until_event="reply", reason="asked by telephone")
    assert (await story.record(number))["shelved"]["until"] == "2026-03-09T12:00:00Z"
    await story.act(number, "note", note="called")
    assert (await story.record(number))["shelved"] is not None
    answer = await story.client.post(
        f"/api/v1/incidents/{number}/note", json={"note": "it is back"}, headers=story.as_key("rae")
    )
    assert answer.status == 200
    assert (await story.record(number))["shelved"] is None
    assert (await story.facts(number, "unshelved"))[0]["cause"] == "reply"


async def test_flapping_alert_that_fires_again_returns_its_record(telling: Telling) -> None:
    async with telling("[dedup]\nflap_limit = 1\n") as story:
        for status in ("firing", "resolved", "firing"):
            number = (await story.alert(status=status, severity="warning"))["incident"]
        await story.act(number, "shelve", until_event="fired_again", reason="it flaps")
        assert (await story.alert(severity="warning"))["outcome"] == "repeated"
        assert (await story.record(number))["shelved"] is not None
        await story.alert(status="resolved", severity="warning")
        assert (await story.record(number))["shelved"] is not None
        await story.alert(severity="warning")
        assert (await story.record(number))["shelved"] is None
        assert (await story.facts(number, "unshelved"))[0]["cause"] == "fired_again"


async def test_raise_to_first_priority_returns_record_at_once(story: Story) -> None:
    number = (await story.alert(severity="info"))["incident"]
    await story.act(number, "shelve", until=until(600), reason="known")
    await story.alert(severity="critical")
    record = await story.record(number)
    assert (record["priority"], record["shelved"]) == (1, None)
    assert (await story.facts(number, "unshelved"))[0]["cause"] == "priority_raised"


async def test_urgent_record_is_shelved_by_incident_manager_alone_and_briefly(
    story: Story,
) -> None:
    await story.join("anna", "tier2", email="anna@example.com")
    await story.join("mona", "incident_manager", email="mona@example.com")
    number = (await story.alert())["incident"]
    await story.act(number, "assign", person="anna")
    path, body = f"incidents/{number}/shelve", {"until": until(60), "reason": "a drill"}
    assert await story.status("POST", path, "anna", body) == 403
    assert await story.status("POST", path, "admin", body) == 200
    assert await story.status("POST", path, "mona", {**body, "until": until(241)}) == 422
    assert await story.status("POST", path, "mona", {**body, "until": until(240)}) == 200
    assert await story.status("POST", f"incidents/{number}/unshelve", "anna", {}) == 200


async def test_list_is_filtered_by_shelved(story: Story, number: str) -> None:
    other = await story.report("printer")
    await story.act(number, "shelve", until=until(60), reason="waits")
    for asked, expected in (("true", [number]), ("false", [other])):
        page = await story.call("GET", f"incidents?shelved={asked}")
        assert [one["number"] for one in page["incidents"]] == expected


async def test_shelving_without_reason_is_refused(story: Story, number: str) -> None:
    problem = await story.refused("POST", f"incidents/{number}/shelve", {"until": until(60)})
    assert problem["status"] == 400
    problem = await story.refused("POST", f"incidents/{number}/shelve", {"reason": " "})
    assert [one["pointer"] for one in problem["errors"]] == ["/reason", "/until"]


async def test_record_shelved_past_its_end_is_a_finding(story: Story, number: str) -> None:
    await story.act(number, "shelve", until=until(60), reason="waits")
    registry = CollectorRegistry()
    metrics, pool = Metrics(registry), story.gateway.pool

    async def found() -> float | None:
        async with pool.acquire() as conn:
            await count_silent(conn, metrics, story.clock.at)
        name, labels = "gateway_silent_incidents", {"cause": "shelved_past_end"}
        return registry.get_sample_value(name, labels)

    assert not await found()
    story.clock.at = at(62)
    assert await found() == 1
