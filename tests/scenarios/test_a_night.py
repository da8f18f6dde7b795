"""A night: a warning becomes critical, a dependent service fails, and each person is notified once.

Each step is one function, followed by exactly the messages that were sent, with recipients.
"""

import re
from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story

ROUTED = """
[[routing]]
name = "shop"
services = ["shop"]
group = "shop"
person = true
"""
PEOPLE = {"olga": "tier2", "dora": "service_desk", "mona": "incident_manager", "rita": "reporter"}
CHINESE = ("olga", "rita")
"""People who read Chinese and live in the time zone of Shanghai."""
OLGAS_SECOND = "olga.private@example.com"


@pytest.fixture
async def night(telling: Telling) -> AsyncIterator[Story]:
    async with telling(ROUTED) as story:
        for login, role in PEOPLE.items():
            locale = "zh-CN" if login in CHINESE else "en"
            zone = "Asia/Shanghai" if login in CHINESE else "UTC"
            more = {"email": f"{login}@example.com", "locale": locale, "zone": zone}
            await story.join(login, role, **more)
        for slug, tier, member in (("shop", "tier2", "olga"), ("desk", "desk", "dora")):
            group = {"slug": slug, "name": slug, "tier": tier, "members": [member]}
            await story.call("POST", "groups", group)
        await story.call("POST", "services", {"slug": "shop", "name": "Shop"})
        for ci, upstream in (("db1", []), ("cart", ["db1"])):
            item = {"name": ci, "kind": "host", "service": "shop", "depends_on": upstream}
            await story.call("POST", "cis", item)
        shift = {"from": "2026-03-02T12:00:30Z", "to": "2026-03-03T00:00:00Z", "people": ["olga"]}
        await story.put("groups/shop/roster", {"shifts": [shift]})
        methods = [
            {"channel": "mail", "address": one} for one in ("olga@example.com", OLGAS_SECOND)
        ]
        await story.call("PUT", "people/olga/methods", {"methods": methods})
        story.mailbox.refusing.add("olga@example.com")
        yield story


async def messages(night: Story, number: str, count: int) -> list[tuple[str, str]]:
    """Wait for the messages about an incident; return the template and recipient of each."""
    await night.settled(number, count)
    found = await night.notifications(number)
    return sorted((one["template"], one["reached"].split(":")[1].split("@")[0]) for one in found)


async def subjects(night: Story, count: int) -> dict[str, str]:
    """Return the next mails: recipients, and subjects without the number."""
    mails = await night.mails(count)
    return {to.split("@")[0]: subject.split(" ", 1)[1] for to, subject in mails}


async def test_night_of_worsening_alert_sends_expected_messages(night: Story) -> None:
    disk = await at_one_a_disk_warns(night)
    await four_minutes_later_it_is_critical(night, disk)
    cart = await what_depends_on_it_fails(night, disk)
    report = await a_customer_reports_and_the_desk_links(night, disk)
    await nobody_takes_it_in_time(night, disk)
    await the_engineer_solves_it(night, disk, cart, report)
    await the_desk_confirms_and_the_reporter_rates(night, disk, report)


DISK = {"service": "shop", "ci": "db1", "dedup_key": "db1 disk"}


async def at_one_a_disk_warns(night: Story) -> str:
    await night.until(300)
    disk = str((await night.alert("disk 81 % full", severity="warning", **DISK))["incident"])
    assert await messages(night, disk, 1) == [("assigned", "olga.private")]
    assert await subjects(night, 1) == {"olga.private": "P3 已派单：disk 81 % full"}
    return disk


async def four_minutes_later_it_is_critical(night: Story, disk: str) -> None:
    await night.until(304)
    await night.alert("database stopped", severity="critical", **DISK)
    managers = [("opened", who) for who in ("leader", "manager", "mona")]
    first = ("assigned", "olga.private")
    assert await messages(night, disk, 5) == [first, *managers, ("raised", "olga.private")]
    said = await subjects(night, 4)
    assert said["mona"] == "P1 opened: database stopped"
    assert said["olga.private"] == "P1 优先级已提高：database stopped"


async def what_depends_on_it_fails(night: Story, disk: str) -> str:
    await night.until(305)
    cart = await night.alert("checkout is down", severity="critical", service="shop", ci="cart")
    assert (cart["outcome"], cart["reason"]) == ("related", "dependency")
    assert (await night.record(cart["incident"]))["master"] == disk
    assert await messages(night, cart["incident"], 0) == []
    return str(cart["incident"])


async def a_customer_reports_and_the_desk_links(night: Story, disk: str) -> str:
    await night.until(306)
    report = await night.report("I cannot pay", key="rita")
    await night.act(report, "link", "dora", master=disk)
    assert await messages(night, report, 1) == [("received", "rita")]
    (letter,) = await night.letters(1)
    assert (letter.to, "您的报告已受理，编号：" + report in letter.text) == (
        "rita@example.com",
        True,
    )
    return report


async def nobody_takes_it_in_time(night: Story, disk: str) -> None:
    await night.until(314)
    await night.settled(disk, 7)
    await night.until(315)
    told = await messages(night, disk, 10)
    assert told.count(("sla_warning", "olga.private")) == 3
    assert [one for one in told if one[0] == "sla_breached"] == [
        ("sla_breached", "manager"),
        ("sla_breached", "mona"),
    ]
    texts = [one.text for one in await night.letters(5) if one.to == OLGAS_SECOND]
    assert all("应完成时间：2026-03-03 01:14:00 Asia/Shanghai" in text for text in texts)


async def the_engineer_solves_it(night: Story, disk: str, cart: str, report: str) -> None:
    await night.until(316)
    await night.act(disk, "accept", "olga")
    await night.alert("checkout is down", "resolved", service="shop", ci="cart")
    await night.act(disk, "resolve", "olga", solution="logs removed")
    told = [one for one in await messages(night, disk, 14) if one[0] == "resolved"]
    assert told == [("resolved", who) for who in ("dora", "leader", "manager", "mona")]
    assert await messages(night, report, 2) == [("master_resolved", "rita"), ("received", "rita")]
    (told_rita,) = [one.text for one in await night.letters(5) if one.to == "rita@example.com"]
    assert f"与您的报告 {report} 关联的故障已解决" in told_rita
    assert await messages(night, cart, 0) == []


async def the_desk_confirms_and_the_reporter_rates(night: Story, disk: str, report: str) -> None:
    await night.until(316.5)
    await night.act(report, "resolve", "dora", solution="the database runs again")
    late = [("sla_breached", who) for who in ("manager", "mona")]
    assert [one for one in await messages(night, report, 7) if one[0] == "sla_breached"] == late
    ended = [one for one in await messages(night, report, 7) if one[0] == "resolved"]
    assert ended == [("resolved", who) for who in ("manager", "mona", "rita")]
    (told_rita,) = [one.text for one in await night.letters(5) if one.to == "rita@example.com"]
    assert "解决方案：\nthe database runs again" in told_rita
    assert re.search(r"自动关闭：2026-03-05 01:[12]\d:\d\d Asia/Shanghai", told_rita)
    await night.act(disk, "close", "dora")
    await night.act(report, "rate", "rita", satisfaction=3)
    rated = await night.record(report)
    assert (rated["satisfaction"], rated["master"]) == (3, None)
    assert len(await messages(night, disk, 14)) == 14
