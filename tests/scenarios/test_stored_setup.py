"""Tests of recipients of roles and routing rules over the API."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling("") as told:
        await told.join("olga", "tier2", email="olga@example.com")
        await told.call(
            "POST", "groups", {"slug": "sre", "name": "SRE", "tier": "tier2", "members": ["olga"]}
        )
        yield told


async def test_stored_recipients_are_told_at_once_in_place_of_configured_ones(story: Story) -> None:
    targets = ["boss@example.com", "person:olga"]
    put = await story.call("PUT", "recipients/incident_manager", {"targets": targets})
    assert put["targets"] == ["smtp:boss@example.com", "person:olga"]
    listed = (await story.call("GET", "recipients"))["recipients"]
    assert [one for one in listed if one["role"] == "incident_manager"] == [put]
    await story.report(impact="business", urgency="urgent")
    heard = [to for to, _ in await story.mails(3)]
    assert heard == ["boss@example.com", "leader@example.com", "olga@example.com"]
    assert await story.status("DELETE", "recipients/incident_manager", "admin") == 204
    assert await story.status("DELETE", "recipients/incident_manager", "admin") == 404
    await story.report("second", impact="business", urgency="urgent")
    assert [to for to, _ in await story.mails(2)] == ["leader@example.com", "manager@example.com"]


async def test_recipient_that_reaches_nobody_is_refused_with_its_place(story: Story) -> None:
    targets = ["person:nobody", "group:none", "schedule:none", "pigeon:x", "slack:C0123", "a@b.c"]
    problem = await story.refused("PUT", "recipients/leader", {"targets": targets})
    assert [flaw["pointer"] for flaw in problem["errors"]] == [
        f"/targets/{index}" for index in range(5)
    ]


async def test_stored_routing_comes_before_the_configured_rules(story: Story) -> None:
    rule = {"name": "disks", "group": "sre", "categories": ["disk"]}
    put = await story.call("PUT", "routing", {"rules": [rule]})
    assert (put["version"], put["rules"][0]["group"]) == (1, "sre")
    number = await story.report(category="disk")
    assert (await story.record(number))["assignee_group"] == "sre"
    other = await story.report("other", category="net")
    assert (await story.record(other))["assignee_group"] == ""
    assert (await story.call("GET", "routing"))["rules"] == put["rules"]
    problem = await story.refused("PUT", "routing", {"rules": [rule | {"group": "none"}]})
    assert problem["errors"][0]["pointer"] == "/rules/0/group"
    assert (await story.call("PUT", "routing", {"rules": []}))["version"] == 2


async def test_only_administrators_change_recipients_and_routing(story: Story) -> None:
    for path, field in (("recipients/leader", "targets"), ("routing", "rules")):
        assert await story.status("PUT", path, "olga", {field: []}) == 403
