"""An incident is reported, acknowledged and resolved in Slack, whose cards show each change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.operations.rounds.chat_changes import queue_card_updates
from tests.channels.chat.slack_calls import FORM, SECRET, a_command, a_message, a_press, signed
from tests.scenarios.conftest import Telling
from tests.support.chat_servers import ChatServer, slack_server
from tests.support.story import Story

SLACK = """
[chat.slack]
secrets = ["{secret}"]
[notify.slack]
api = "{url}"
token = "xoxb-1"
allow_private = true
[[escalation.management]]
priorities = [1]
on = ["opened"]
notify = ["chat"]
"""


@pytest.fixture
async def slack() -> AsyncIterator[ChatServer]:
    async with slack_server() as server:
        yield server


@pytest.fixture
async def story(telling: Telling, slack: ChatServer) -> AsyncIterator[Story]:
    async with telling(
        SLACK.format(secret=SECRET, url=slack.url), recipients='chat = ["slack:C0OPS"]'
    ) as begun:
        await begun.join("dina", "service_desk")
        account = {"provider": "slack", "tenant": "T123ABC456", "user": "U0DINA"}
        await begun.call("POST", "people/dina/chats", account)
        yield begun


async def say(story: Story, body: bytes, kind: str = "application/json") -> str:
    headers = signed(body, story.clock.at, kind=kind)
    answer = await story.client.post(
        f"/ingest/chat/slack/{story.keys['ingest']}", data=body, headers=headers
    )
    assert answer.status == 200
    return await answer.text()


async def settled(story: Story, count: int) -> None:
    """Wait until Slack's IDs of `count` cards are stored."""
    async with asyncio.timeout(10):
        while (
            await story.gateway.pool.fetchval(
                "SELECT count(*) FROM chat_message WHERE shown IS NOT NULL"
            )
            < count
        ):
            pass


def shown(body: Any) -> tuple[str, list[tuple[str, str]]]:
    """Return the text of a message and its buttons."""
    section, *rows = body["blocks"]
    return section["text"]["text"], [
        (one["action_id"], one["value"]) for row in rows for one in row["elements"]
    ]


async def test_incident_is_reported_acknowledged_and_resolved_in_slack(
    story: Story, slack: ChatServer
) -> None:
    await say(story, a_message("The VPN is down", "1.1", user="U0ANN"))
    card = await slack.next("chat.postMessage")
    await settled(story, 1)
    (number,) = [one["number"] for one in (await story.call("GET", "incidents"))["incidents"]]
    text, buttons = shown(card)
    assert (card["thread_ts"], text.splitlines()[0], len(buttons)) == (
        "1.1",
        f"Recorded as {number}.",
        3,
    )
    await say(story, a_press(*buttons[0], ts="2.1", user={"id": "U0EVE", "name": "eve"}), FORM)
    assert shown(await slack.next("chat.postEphemeral"))[0].startswith(
        "I do not know who you are here"
    )
    assert (await story.record(number))["state"] == "logged"
    await say(story, a_press(*buttons[0], ts="2.2", user={"id": "U0DINA", "name": "dina"}), FORM)
    assert shown(await slack.next("chat.postEphemeral"))[0] == f"{number} is in your hands."
    assert await queue_card_updates(story.gateway.uow, {"slack"}) == 1
    text, buttons = shown(await slack.next("chat.update"))
    assert (text.splitlines()[-1], [action for action, _ in buttons]) == (
        "State: in progress · Handled by: dina",
        ["resolve"],
    )

    answer = await say(
        story, a_command(f"resolve {number} new certificate", user_id="U0DINA"), FORM
    )
    assert f"{number} is resolved." in answer
    told = await slack.next("chat.postMessage")
    assert (told["thread_ts"], "resolved" in shown(told)[0]) == ("1.1", True)
    assert await queue_card_updates(story.gateway.uow, {"slack"}) == 1
    assert shown(await slack.next("chat.update"))[1] == []
    assert [event for _, event in await story.told(number)][-2:] == ["accepted", "resolved"]


async def test_chat_card_follows_incident_and_outdated_buttons_do_nothing(
    story: Story, slack: ChatServer
) -> None:
    number = (await story.alert("disk full"))["incident"]
    text, buttons = shown(page := await slack.next("chat.postMessage"))
    await settled(story, 1)
    place = f"1700000000.{len(slack.asked):06}"
    assert (page["channel"], "Priority: 1" in text, number in text) == ("C0OPS", True, True)
    assert text.splitlines()[-1] == "State: at the service desk"
    await say(
        story,
        a_message(
            "looking", "3.1", user="U0ANN", channel="C0OPS", channel_type="channel", thread_ts=place
        ),
    )
    assert [event for _, event in await story.told(number)][-1] == "note"
    await story.until(1)
    await story.alert("disk full", "resolved")
    assert await queue_card_updates(story.gateway.uow, {"slack"}) == 1
    assert shown(await slack.next("chat.update"))[0].splitlines()[-1] == "State: resolved"
    await story.until(2)
    await story.alert("disk full")
    assert "reopened" in shown(await slack.next("chat.postMessage"))[0]

    await say(story, a_press(*buttons[-1], user={"id": "U0DINA", "name": "dina"}), FORM)
    assert shown(await slack.next("chat.postEphemeral"))[0].startswith("Nothing was done")
    assert (await story.record(number))["state"] != "resolved"
    await story.act(number, "resolve")
    await story.act(number, "close")
    assert [await queue_card_updates(story.gateway.uow, {"slack"}) for _ in range(2)] == [2, 0]


async def test_chat_card_of_flagged_incident_is_withdrawn_from_open_channel(
    story: Story, slack: ChatServer
) -> None:
    number = (await story.alert("disk full"))["incident"]
    await slack.next("chat.postMessage")
    await settled(story, 1)
    await story.call("PATCH", f"incidents/{number}", {"security": True, "title": "an insider"})
    assert await queue_card_updates(story.gateway.uow, {"slack"}) == 1
    text, buttons = shown(changed := await slack.next("chat.update"))
    assert (text, buttons) == (
        (
            "This incident is not shown in this conversation. "
            "Read it in the gateway, or ask an incident manager."
        ),
        [],
    )
    assert not any(said in str(changed) for said in (number, "insider", "disk full"))
    await story.call("PATCH", f"incidents/{number}", {"security": False})
    assert await queue_card_updates(story.gateway.uow, {"slack"}) == 1
    assert number in str(await slack.next("chat.update"))


async def test_security_channel_keeps_card_of_security_incident(
    telling: Telling, slack: ChatServer
) -> None:
    listed = 'chat = ["slack:C0OPS"]\nsecurity = ["slack:C0SOC"]'
    async with telling(SLACK.format(secret=SECRET, url=slack.url), recipients=listed) as story:
        number = await story.report("an insider", impact="business", security=True)
        posted = {(card := await slack.next("chat.postMessage"))["channel"]: card for _ in range(2)}
        assert (number in str(posted["C0SOC"]), "insider" in str(posted["C0SOC"])) == (True, True)
        assert not any(said in str(posted["C0OPS"]) for said in (number, "insider"))
        await settled(story, 1)
        await story.act(number, "hold", reason="awaiting_user")
        assert await queue_card_updates(story.gateway.uow, {"slack"}) == 1
        assert "insider" in str(await slack.next("chat.update"))
