"""The number of a record created by hand is sent to its contact."""

from collections.abc import AsyncIterator

import pytest

from tests.scenarios.conftest import Telling
from tests.support.story import Story

TOLD = """
SELECT channel || ':' || recipient FROM outbox o JOIN incident i ON i.id = o.incident_id
WHERE i.number = $1 AND template = 'received'
"""


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling("") as begun:
        for login, role, locale in (("rita", "reporter", "zh-CN"), ("dora", "service_desk", "en")):
            await begun.join(login, role, email=f"{login}@example.com", locale=locale, zone="UTC")
        await begun.join("nora", "reporter")
        yield begun


async def told(story: Story, number: str) -> list[str]:
    """Return the addresses to which the number is sent."""
    return [row[0] for row in await story.gateway.pool.fetch(TOLD, number)]


@pytest.mark.parametrize(
    ("key", "contact", "address"),
    [
        ("dora", "rita", "person:rita"),
        ("dora", "Rita@Example.com", "person:rita"),
        ("dora", "paul@example.com", "smtp:paul@example.com"),
        ("rita", "", "person:rita"),
    ],
)
async def test_contact_is_notified_of_incident_number(
    story: Story, key: str, contact: str, address: str
) -> None:
    number = await story.report("mail is slow", key, **({"contact": contact} if contact else {}))
    assert await told(story, number) == [address]


@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("rita", {"contact": "somebody@example.com"}),
        ("dora", {"contact": "extension 1234"}),
        ("dora", {}),
        ("dora", {"contact": "nora"}),
        ("dora", {"contact": "paul@example.com", "source": "monitoring"}),
    ],
)
async def test_receipt_is_not_sent_to_third_party_or_without_address(
    story: Story, key: str, more: dict[str, str]
) -> None:
    assert await told(story, await story.report("mail is slow", key, **more)) == []


async def test_phone_report_is_answered_in_its_language_with_solution(story: Story) -> None:
    number = await story.report(
        "打印机没有反应", "dora", contact="paul@example.com", source="phone", language="zh-CN"
    )
    (letter,) = await story.letters(1)
    assert f"您的报告已受理，编号：{number}" in letter.text
    await story.act(number, "resolve", "dora", solution="换了硒鼓")
    (letter,) = await story.letters(1)
    assert (letter.to, "解决方案：\n换了硒鼓" in letter.text) == ("paul@example.com", True)


async def test_resolver_of_own_report_is_not_notified_of_resolution(story: Story) -> None:
    number = await story.report("mail is slow", "dora", contact="dora")
    await story.act(number, "resolve", "dora", solution="restarted")
    await story.settled(number, 1)
    assert [one["template"] for one in await story.notifications(number)] == ["received"]


async def test_receipt_of_security_incident_omits_its_content(story: Story) -> None:
    await story.report("a stolen laptop", "dora", contact="paul@example.com", security=True)
    (letter,) = [one for one in await story.letters(2) if one.to == "paul@example.com"]
    assert "laptop" not in letter.subject + letter.text


async def test_acknowledge_setting_turns_receipts_off(telling: Telling) -> None:
    async with telling("acknowledge = false\n") as story:
        assert await told(story, await story.report(contact="paul@example.com")) == []
