"""Tests of sending messages to a server that answers as Slack does."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web

from gateway.channels.chat.slack.outbound import SlackChannel, result_of_error
from gateway.channels.chat.slack.section import SlackSection
from gateway.db.pool import Pool
from gateway.egress.api_client import JsonApiClient
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.chat_posts import ChatPosts
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.notify.press_tokens import PressTokens
from gateway.timing.clock import SystemClock
from tests.support.chat_servers import ChatServer, slack_server
from tests.support.messages import message


@pytest.fixture
async def slack() -> AsyncIterator[ChatServer]:
    async with slack_server() as server:
        yield server


@pytest.fixture
async def channel(slack: ChatServer, pool: Pool) -> AsyncIterator[SlackChannel]:
    settings = SlackSection(api=slack.url, token="xoxb-1", allow_private=True)
    call = JsonApiClient.open(slack.url, SystemClock(), allow_private=True)
    yield SlackChannel(settings, call, ChatPosts(pool, PressTokens((b"s" * 32,)), "en"))
    await call.close()


async def test_message_is_posted_with_bot_token_and_escaped_mentions(
    channel: SlackChannel, slack: ChatServer
) -> None:
    assert isinstance(await channel.send(message("C1", text="disk <!channel> & more\n")), Delivered)
    ((path, token, body),) = slack.asked
    assert (path, token, body["channel"]) == ("POST /api/chat.postMessage", "Bearer xoxb-1", "C1")
    assert body["text"] == "disk &lt;!channel&gt; &amp; more"
    assert body["blocks"] == [
        {
            "type": "section",
            "text": {"type": "plain_text", "text": "disk <!channel> & more", "emoji": False},
        }
    ]


@pytest.mark.parametrize(
    ("recipient", "method", "more"),
    [
        ("C1/1.2", "chat.postMessage", {"thread_ts": "1.2"}),
        ("C1@U1", "chat.postEphemeral", {"user": "U1"}),
        ("C1/1.2@U1", "chat.postEphemeral", {"user": "U1", "thread_ts": "1.2"}),
        ("C1/=1.2", "chat.update", {"ts": "1.2"}),
    ],
)
async def test_recipient_selects_thread_ephemeral_or_update(
    channel: SlackChannel, slack: ChatServer, recipient: str, method: str, more: dict[str, str]
) -> None:
    assert isinstance(await channel.send(message(recipient)), Delivered)
    ((path, _, body),) = slack.asked
    assert path == f"POST /api/{method}"
    assert {
        name: body.get(name) for name in ("channel", "thread_ts", "user", "ts") if name in body
    } == {"channel": "C1"} | more


@pytest.mark.parametrize("error", ["message_not_found", "is_archived"])
def test_permanent_slack_error_is_dead(error: str) -> None:
    assert isinstance(result_of_error(error), Undeliverable)


def test_slack_error_sets_retry_limit() -> None:
    assert result_of_error("internal_error") == Retry("Slack: internal_error")
    assert result_of_error("channel_not_found") == Retry(
        "Slack: channel_not_found", at_most=FEW_ATTEMPTS
    )
    assert result_of_error("invalid_auth") == Retry(
        "Slack: invalid_auth", at_most=FEW_ATTEMPTS, down=True
    )


async def test_failed_slack_answer_is_retried(channel: SlackChannel, slack: ChatServer) -> None:
    slack.answer = lambda _: web.json_response({"ok": False, "error": "channel_not_found"})
    assert await channel.send(message("C1")) == Retry(
        "Slack: channel_not_found", at_most=FEW_ATTEMPTS
    )
    slack.answer = lambda _: web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "30"}
    )
    limited = await channel.send(message("C1"))
    assert isinstance(limited, Retry)
    assert limited.after is not None
    assert limited.after.total_seconds() == 30
    slack.answer = lambda _: web.Response(text="<html>", status=200)
    assert isinstance(await channel.send(message("C1")), Retry)
    slack.answer = lambda _: web.Response(status=302, headers={"Location": "http://127.0.0.1/"})
    assert isinstance(await channel.send(message("C1")), Retry)


async def test_private_api_address_is_refused_unless_allowed(pool: Pool, slack: ChatServer) -> None:
    settings = SlackSection(api=slack.url, token="xoxb-1", allow_private=False)
    call = JsonApiClient.open(slack.url, SystemClock(), allow_private=False)
    refused = await SlackChannel(
        settings, call, ChatPosts(pool, PressTokens((b"s" * 32,)), "en")
    ).send(message("C1"))
    assert isinstance(refused, Undeliverable)
    assert slack.asked == []
    await call.close()


async def test_plain_reply_contains_its_text_once(channel: SlackChannel, slack: ChatServer) -> None:
    answer = replace(
        message("C1/1.2"), template="chat", incident_id=None, facts={"text": "no such record"}
    )
    assert isinstance(await channel.send(answer), Delivered)
    assert json.dumps(slack.asked[0][2]["blocks"]).count("no such record") == 1
