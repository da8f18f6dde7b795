"""Alerts as time passes and people act on their records."""

from tests.scenarios.conftest import Telling
from tests.scenarios.rows import shows
from tests.support.story import Story


@shows("word/incident", "word/major incident")
async def test_critical_alert_runs_from_notification_to_automatic_close(story: Story) -> None:
    number = (await story.alert("disk full", service="billing"))["incident"]
    assert await story.mails(2) == [
        ("leader@example.com", f"[{number}] P1 opened: disk full"),
        ("manager@example.com", f"[{number}] P1 opened: disk full"),
    ]
    await story.until(6)
    await story.act(number, "acknowledge", note="looking")
    await story.until(9)
    await story.alert("disk full", "resolved", service="billing")
    await story.until(9 + 48 * 60 + 5)
    told = await story.told(number)
    assert [event for _, event in told if event != "management_told"] == [
        "opened",
        "sla_warning",
        "sla_warning",
        "sla_warning",
        "sla_breached",
        "accepted",
        "resolved",
        "closed",
    ]
    assert [minute for minute, event in told if event.startswith("sla")] == [2.5, 3.75, 4.5, 5.0]
    record = await story.record(number)
    assert (record["state"], record["closure"], record["resolution"]) == (
        "closed",
        "automatic",
        "vanished",
    )


async def test_repeated_alert_notifies_nobody_again(story: Story) -> None:
    number = (await story.alert())["incident"]
    await story.mails(2)
    for minute in range(1, 5):
        await story.until(minute * 0.5)
        assert (await story.alert())["outcome"] == "repeated"
    record = await story.record(number)
    assert (record["occurrences"], story.mailbox.arrived.qsize()) == (5, 0)


async def test_soon_recurring_alert_reopens_incident_and_late_one_opens_new(story: Story) -> None:
    number = (await story.alert())["incident"]
    await story.until(1)
    await story.alert(status="resolved")
    await story.until(5)
    assert (await story.alert())["outcome"] == "reopened"
    await story.until(6)
    await story.alert(status="resolved")
    await story.until(20)
    again = await story.alert()
    assert (again["outcome"], again["incident"] == number) == ("opened", False)
    clock = {clock["name"]: clock for clock in (await story.record(number))["sla"]["clocks"]}[
        "overall"
    ]
    assert [segment["running"] for segment in clock["segments"]] == [True, False, True]


async def test_flapping_alert_keeps_incident_open_until_quiet(story: Story) -> None:
    number = (await story.alert())["incident"]
    for minute in range(1, 9):
        await story.until(minute)
        await story.alert(status="resolved" if minute % 2 else "firing")
    await story.until(9)
    assert (await story.alert(status="resolved"))["reason"] == "flapping"
    assert (await story.record(number))["state"] != "resolved"
    await story.until(9 + 61)
    assert (await story.record(number))["state"] == "resolved"
    assert (await story.told(number))[-1][1] == "resolved"


@shows("word/master and related", "rule/master resolves related")
async def test_correlated_alert_follows_master_and_is_resolved_with_it(story: Story) -> None:
    master = (await story.alert("database down", service="shop", ci="shop-1"))["incident"]
    await story.mails(2)
    below = await story.alert("checkout slow", service="shop", ci="shop-1")
    assert (below["outcome"], (await story.record(below["incident"]))["master"]) == (
        "related",
        master,
    )
    await story.until(3)
    assert not [
        event for _, event in await story.told(below["incident"]) if event.startswith("sla")
    ]
    await story.act(master, "resolve", related=True, solution="restarted")
    assert (await story.record(below["incident"]))["state"] == "resolved"


async def test_firing_alert_is_detached_when_its_master_is_resolved(story: Story) -> None:
    master = (await story.alert("database down", service="shop", ci="shop-1"))["incident"]
    titles = ("checkout slow", "cart slow")
    still, gone = [
        (await story.alert(title, service="shop", ci="shop-1"))["incident"] for title in titles
    ]
    await story.mails(2)
    await story.until(2)
    await story.alert("cart slow", "resolved", service="shop", ci="shop-1")
    await story.act(master, "resolve", solution="restarted")
    assert [(await story.record(number))["master"] for number in (still, gone)] == [None, master]
    assert (2.0, "unlinked") in await story.told(still)
    assert [to for to, subject in await story.mails(4) if still in subject] == [
        "leader@example.com",
        "manager@example.com",
    ]
    assert await story.release() == 0
    await story.until(6)
    assert (5.0, "sla_breached") in await story.told(still)


async def test_incident_is_not_linked_to_resolved_master(story: Story) -> None:
    master, number = [await story.report(title) for title in ("database down", "checkout slow")]
    await story.act(master, "resolve", solution="restarted")
    assert (await story.refused("POST", f"incidents/{number}/link", {"master": master}))[
        "status"
    ] == 409


async def test_alert_storm_is_folded_into_one_master(telling: Telling) -> None:
    async with telling("[dedup.storm]\nnew_per_minute = 5\n") as story:
        results = [await story.alert(f"host {n} down", service=f"s{n}") for n in range(30)]
        numbers = {result["incident"] for result in results}
        assert len(numbers) < 10
        assert await story.gateway.pool.fetchval("SELECT count(*) FROM alert") == 30
        storm = results[-1]["incident"]
        assert [result["outcome"] for result in results[-20:]] == ["folded"] * 20
        await story.until(1)
        for n in range(30):
            await story.alert(f"host {n} down", "resolved", service=f"s{n}")
        assert (await story.record(storm))["state"] == "resolved"


async def test_alert_in_maintenance_is_suppressed_and_promoted_if_still_firing(
    telling: Telling,
) -> None:
    window = """
[[dedup.maintenance]]
name = "patching"
start = 2026-03-02T11:00:00Z
end = 2026-03-02T13:00:00Z
match = { service = "shop" }
"""
    async with telling(window) as story:
        held = await story.alert("web down", service="shop")
        assert (held["outcome"], held["incident"]) == ("suppressed", None)
        await story.until(61)
        await story.promote()
        ((number, title),) = await story.gateway.pool.fetch("SELECT number, title FROM incident")
        assert title == "web down"
        assert [to for to, _ in await story.mails(2)] == [
            "leader@example.com",
            "manager@example.com",
        ]
        assert (await story.told(number))[0] == (61.0, "opened")


async def test_hold_stops_clocks_and_ends_by_itself(story: Story) -> None:
    number = (await story.alert())["incident"]
    await story.until(2)
    held = await story.act(number, "hold", reason="awaiting_vendor", until="2026-03-02T12:42:00Z")
    assert held["sla"]["next_due_at"] is None
    await story.until(43)
    record = await story.record(number)
    clock = {clock["name"]: clock for clock in record["sla"]["clocks"]}["overall"]
    assert (record["state"], clock["elapsed_s"], clock["due_at"]) == (
        "logged",
        180,
        "2026-03-02T13:10:00Z",
    )
    assert (42.0, "resumed") in await story.told(number)


async def test_notifications_are_in_the_configured_language(telling: Telling) -> None:
    async with telling(locale="zh-CN") as story:
        number = (await story.alert("磁盘已满"))["incident"]
        ((_, leader), (_, manager)) = await story.mails(2)
        assert leader == manager
        assert number in leader
        assert "磁盘已满" in leader
        assert "opened" not in leader
