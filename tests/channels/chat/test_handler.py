"""Tests of messages and commands in Slack, through the whole gateway."""

import json
from typing import Any

import msgspec
import pytest

from gateway.db.pool import Pool
from gateway.errors import Misconfigured
from gateway.settings import ChatSettings, load
from tests.channels.chat.slack_calls import BOT, FORM, SECRET, a_command, a_message, signed
from tests.channels.chat.slack_steps import known, outcomes, record, said, told
from tests.support.served import RunningGateway, served


async def test_direct_message_opens_incident_once(gateway: RunningGateway) -> None:
    status, answer = await said(gateway, a_message("The VPN is down\nsince nine"))
    assert (status, answer) == (200, "")
    again = await said(
        gateway,
        a_message("The VPN is down\nsince nine", outer={"event_id": "Ev2"}),
        **{"x-slack-retry-num": "1"},
    )
    assert again == (200, "")
    one = await record(gateway)
    assert (one["title"], one["description"], one["source"]) == (
        "The VPN is down",
        "The VPN is down\nsince nine",
        "slack",
    )
    assert (one["contact"], one["service"], one["owner"]) == (
        "slack:t123abc456/u2147483697",
        "workplace",
        "",
    )
    assert [outcome for outcome, _ in await outcomes(gateway)] == ["opened", "duplicate"]


async def test_report_command_is_answered_with_number_priority_and_buttons(
    gateway: RunningGateway,
) -> None:
    status, answer = await said(gateway, a_command("报告 打印机坏了"), FORM)
    one = await record(gateway)
    assert (status, one["title"]) == (200, "打印机坏了")
    section, actions = answer["blocks"]
    assert section["text"]["text"].startswith(
        f"已受理，编号 {one['number']}。\n[{one['number']}] 优先级 {one['priority']} · 打印机坏了"
    )
    offered = [element["action_id"] for element in actions["elements"]]
    assert offered == ["acknowledge", "decline", "resolve"]
    assert await told(gateway, "报告 打印机坏了", "13345224609.738474920.8088930838d88f008e0") == (
        f"{one['number']}: this was received before."
    )


async def test_thread_reply_becomes_note_and_unaddressed_talk_is_not_stored(
    gateway: RunningGateway,
) -> None:
    in_channel: Any = {"channel": "C1", "channel_type": "channel"}
    await said(gateway, a_message(f"<@{BOT}> mail is down", "1.1", **in_channel))
    await said(
        gateway, a_message("floor 2 as well", "1.2", thread_ts="1.1", user="U9", **in_channel)
    )
    await said(
        gateway, a_message("report it to Bob too", "1.25", thread_ts="1.1", user="U9", **in_channel)
    )
    await said(gateway, a_message("a secret among us", "1.3", **in_channel))
    await said(gateway, a_message("another one", "1.5", thread_ts="1.4", **in_channel))
    notes = await gateway.pool.fetch(
        "SELECT actor, facts::text AS facts FROM timeline WHERE event = 'note' "
        "ORDER BY incident_id, seq"
    )
    assert [(row["actor"], json.loads(row["facts"])["note"]) for row in notes] == [
        ("slack:t123abc456/u9", "floor 2 as well"),
        ("slack:t123abc456/u9", "report it to Bob too"),
    ]
    assert [outcome for outcome, _ in await outcomes(gateway)] == [
        "opened",
        "added",
        "added",
        "ignored",
        "ignored",
    ]
    kept = [row["body"] for row in await gateway.pool.fetch("SELECT body FROM receipt")]
    assert not [body for body in kept if b"secret" in body or b"another" in body]


async def test_message_in_thread_of_closed_incident_opens_follow_up(
    gateway: RunningGateway,
) -> None:
    await said(gateway, a_message("mail is down", "1.1"))
    first = await record(gateway)
    for action in ("resolve", "close"):
        assert (
            await gateway.post(f"/api/v1/incidents/{first['number']}/{action}", {}, "admin")
        ).status == 200
    await said(gateway, a_message("down again", "1.2", thread_ts="1.1"))
    (second,) = await gateway.pool.fetch(
        "SELECT * FROM incident WHERE follows_id = $1", first["id"]
    )
    assert second["title"] == "down again"


async def test_only_reporter_reply_reopens_resolved_incident(gateway: RunningGateway) -> None:
    in_channel: Any = {"channel": "C1", "channel_type": "channel"}
    await said(gateway, a_message(f"<@{BOT}> mail is down", "1.1", **in_channel))
    path = f"/api/v1/incidents/{(await record(gateway))['number']}"
    assert (await gateway.post(f"{path}/resolve", {"solution": "restarted"}, "admin")).status == 200
    await said(
        gateway,
        a_message("it still does not work", "1.2", thread_ts="1.1", user="U9", **in_channel),
    )
    assert (await record(gateway))["state"] == "resolved"
    await said(gateway, a_message("it still does not work", "1.3", thread_ts="1.1", **in_channel))
    assert ((await record(gateway))["state"], (await record(gateway))["reopened"]) == (
        "in_progress",
        1,
    )


async def test_call_without_key_or_signature_is_refused(gateway: RunningGateway) -> None:
    body = a_message("x")
    path, key = "/ingest/chat/slack", gateway.keys["ingest"]
    assert (await gateway.client.post(path, data=body, headers=signed(body))).status == 401
    assert (
        await gateway.client.post(f"{path}/gwk_x", data=body, headers=signed(body))
    ).status == 401
    assert (
        await gateway.client.post(f"{path}/{key}", data=body, headers=signed(body, secret="x"))
    ).status == 401
    assert (await gateway.client.get(f"{path}/{key}")).status == 401
    assert (await gateway.client.post(f"/ingest/chat/icq/{key}", data=body)).status == 404
    assert (
        await gateway.client.post(f"{path}/{gateway.keys['read']}", data=body, headers=signed(body))
    ).status == 403
    assert await gateway.pool.fetchval("SELECT count(*) FROM receipt") == 0


async def test_signed_malformed_call_is_quarantined_and_returns_200(
    gateway: RunningGateway,
) -> None:
    assert await said(gateway, b'{"type":') == (200, "")
    (kept,) = await gateway.pool.fetch("SELECT source, body FROM quarantine")
    assert tuple(kept) == ("slack", b'{"type":')
    for number, body in enumerate(
        (a_command("x", user_id="U" * 600), a_command("x", trigger="1" * 9_000))
    ):
        assert await said(gateway, body, FORM) == (200, "")
        assert await gateway.pool.fetchval("SELECT count(*) FROM quarantine") == number + 2
    assert await said(gateway, b'{"type":"url_verification","challenge":"abc"}') == (200, "abc")


async def test_command_without_number_gets_help_and_note_names_incident(
    gateway: RunningGateway,
) -> None:
    await known(gateway, "dina", "service_desk")
    assert (await told(gateway, "hello", "1")).startswith("report TEXT: make a record")
    assert (await told(gateway, "ack", "2")).startswith("Which record?")
    assert (await told(gateway, "status", "3")).startswith("Which record?")
    await told(gateway, "report mail is down", "4")
    number = (await record(gateway))["number"]
    assert await told(gateway, f"note {number} floor 2 as well", "5") == f"Added to {number}."
    (note,) = await gateway.pool.fetch(
        "SELECT actor, facts::text AS facts FROM timeline WHERE event = 'note' "
        "ORDER BY incident_id, seq"
    )
    assert (note["actor"], json.loads(note["facts"])["note"]) == ("dina", "floor 2 as well")


async def test_settings_of_unknown_chat_provider_are_refused(database_url: str) -> None:
    settings = load(None, {"DATABASE_URL": database_url})
    settings = msgspec.structs.replace(settings, chat={"slakc": ChatSettings(secrets=(SECRET,))})
    with pytest.raises(Misconfigured) as refused:
        async with served(settings):
            pass
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/chat/slakc"]


OLD = """
INSERT INTO chat_message (provider, conversation, message, incident_id, locale, posted_at)
SELECT 'slack', 'C1', days::text, 1, 'en', now() - make_interval(days => days)
FROM unnest(ARRAY[399, 401]) AS days
"""

CODES = """
WITH one AS (INSERT INTO person (login, name, created_at, updated_at)
  VALUES ('ann', 'Ann', now(), now()) RETURNING id)
INSERT INTO chat_code SELECT hash, one.id, now() + wait
FROM one, (VALUES ('a'::bytea, interval '1 minute'), ('b', interval '-1 minute')) AS c (hash, wait)
"""


async def test_old_chat_messages_and_expired_codes_are_deleted(
    pool: Pool, database_url: str
) -> None:
    for statement in (OLD, CODES):
        await pool.execute(statement)
    async with served(load(None, {"DATABASE_URL": database_url})):
        assert [row["message"] for row in await pool.fetch("SELECT message FROM chat_message")] == [
            "399"
        ]
        assert [
            row["code_hash"] for row in await pool.fetch("SELECT code_hash FROM chat_code")
        ] == [b"a"]
