"""A note from a sender's tool about a related record reaches the handler of its master."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.test_masters import replies_to, sent
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling() as begun:
        await begun.join("tina", "tier2", "service_desk", email="tina@example.com")
        yield begun


def check(kind: str, **said: str) -> dict[str, Any]:
    told = {"type": kind, "host": "c02", "service": "disk", "state": "CRITICAL", "output": "x"}
    return told | {"time": "1772452800"} | said


def problem(update: str, **said: str) -> dict[str, Any]:
    told = {
        "event_id": "26",
        "event_name": "Disk",
        "event_source": "0",
        "event_value": "1",
        "host": "h",
        "severity": "High",
        "tags": [],
        "event_update_status": update,
        "zabbix_url": "http://zabbix.local/",
    }
    return told | said


async def below(story: Story, source: str, body: dict[str, Any]) -> tuple[str, str]:
    """Return a record that Tina works on, and an alert's record linked below it."""
    master, related = (
        await story.report("storage is gone", impact="business"),
        await sent(story, source, body),
    )
    await story.act(master, "acknowledge", "tina")
    await story.call("POST", f"incidents/{related}/link", {"master": master})
    return master, related


@pytest.mark.parametrize("source", ["nagios", "icinga"])
async def test_comment_and_acknowledgement_of_check_reach_handler_of_master(
    story: Story, source: str
) -> None:
    master, related = await below(story, source, check("PROBLEM"))
    await sent(story, source, check("CUSTOM", author="obrien", comment="building on fire"))
    await sent(story, source, check("ACKNOWLEDGEMENT", author="obrien", comment="taking it"))
    words = [f"obrien ({source}): building on fire", f"obrien ({source}): taking it"]
    assert [facts["note"] for facts in await story.facts(master, "related_note")] == words
    assert {facts["incident"] for facts in await story.facts(master, "related_note")} == {related}
    assert sorted(await replies_to(story, "tina", 2)) == sorted(words)


async def test_zabbix_comment_reaches_handler_of_master(story: Story) -> None:
    master, _ = await below(story, "zabbix", problem("0"))
    await sent(
        story,
        "zabbix",
        problem(
            "1", update_action="commented", update_message="found it: dump dir", user="Anna (anna)"
        ),
    )
    assert [facts["note"] for facts in await story.facts(master, "related_note")] == [
        "Anna (anna) (zabbix): found it: dump dir"
    ]
    assert await replies_to(story, "tina", 1) == ["Anna (anna) (zabbix): found it: dump dir"]


async def test_note_with_acknowledgement_of_colleague_reaches_handler_of_master(
    story: Story,
) -> None:
    await story.join("tom", "tier2", "service_desk", email="tom@example.com")
    master, related = await below(story, "nagios", check("PROBLEM"))
    await story.act(related, "acknowledge", "tom", note="I look at the disks")
    assert [facts["note"] for facts in await story.facts(master, "related_note")] == [
        "tom: I look at the disks"
    ]
    assert await replies_to(story, "tina", 1) == ["tom: I look at the disks"]


async def test_repeat_without_comment_and_unlinked_comment_notify_nobody(story: Story) -> None:
    master, _ = await below(story, "nagios", check("PROBLEM"))
    await sent(story, "nagios", check("PROBLEM"))
    await sent(story, "icinga", check("PROBLEM"))
    await sent(story, "icinga", check("CUSTOM", author="obrien", comment="building on fire"))
    assert await story.facts(master, "related_note") == []
    await replies_to(story, "tina", 0)
