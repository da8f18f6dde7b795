"""A major incident from its declaration to the approval of its report."""

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story


@pytest.fixture
async def number(story: Story) -> str:
    """A record that was reported by hand: priority 4, and no manager was told."""
    return str((await story.call("POST", "incidents", {"title": "mail is slow"}))["number"])


async def test_the_manager_is_told_at_once_of_what_is_declared_major_and_tells_the_leader(story: Story, number: str) -> None:
    problem = await story.refused("POST", f"incidents/{number}/declare_major", {"reason": " "})
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "/reason")
    await story.act(number, "declare_major", reason="all of sales")
    (mail,) = await story.letters(1)
    assert mail.to == "manager@example.com"
    assert "Reason: all of sales" in mail.text
    assert "To do: tell the leader" in mail.text
    await story.until(3)
    await story.act(number, "leader_told", recipient="Director Li", note="by telephone")
    assert await story.facts(number, "leader_told") == [
        {"cause": "declared_major", "role": "leader", "recipient": "Director Li", "outcome": "reached", "note": "by telephone"}
    ]
    assert (await story.facts(number, "management_told"))[0]["roles"] == ["incident_manager"]


async def test_the_gateway_tells_the_leader_itself_where_it_is_told_to(telling: Telling) -> None:
    async with telling('[major]\nleader_told_by = "gateway"\n') as story:
        number = (await story.call("POST", "incidents", {"title": "mail is slow"}))["number"]
        await story.act(number, "declare_major", reason="all of sales")
        assert [to for to, _ in await story.mails(2)] == ["leader@example.com", "manager@example.com"]
        (told,) = await story.facts(number, "management_told")
        assert (told["cause"], told["roles"]) == ("declared_major", ["incident_manager", "leader"])


async def test_nobody_tells_the_leader_of_what_is_not_major(story: Story, number: str) -> None:
    problem = await story.refused("POST", f"incidents/{number}/leader_told", {"recipient": "Director Li"})
    assert problem["status"] == 409
