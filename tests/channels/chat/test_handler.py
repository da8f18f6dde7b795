"""What people write and press in Slack, through the whole gateway."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gateway.db.pool import Pool
from gateway.errors import Misconfigured
from gateway.incidents import store
from gateway.notify.press_tokens import PressTokens
from gateway.settings import ChatSettings, Database, load
from tests.channels.chat.slack_calls import BOT, FORM, SECRET, a_command, a_message, a_press, signed
from tests.support.served import Served, served

SIGNING = "a-secret-of-links-with-32-letters"


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[Served]:
    plain = load(None, {})
    settings = msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        chat={
            "slack": ChatSettings(secrets=(SECRET,), tenants=("T123ABC456",), service="workplace")
        },
        links=msgspec.structs.replace(plain.links, secret=SIGNING),
    )
    async with served(settings) as running:
        yield running


async def said(
    gateway: Served, body: bytes, kind: str = "application/json", **headers: str
) -> tuple[int, Any]:
    path = f"/ingest/chat/slack/{gateway.keys['ingest']}"
    answer = await gateway.client.post(path, data=body, headers=signed(body, kind=kind) | headers)
    text = await answer.text()
    return answer.status, json.loads(text) if text.startswith("{") else text


async def told(gateway: Served, text: str, trigger: str = "1", **more: str) -> str:
    """What a slash command is answered."""
    status, answer = await said(gateway, a_command(text, trigger, **more), FORM)
    assert status == 200
    return str(answer["blocks"][0]["text"]["text"])


async def record(gateway: Served) -> Any:
    (one,) = await gateway.pool.fetch("SELECT * FROM incident")
    return one


async def outcomes(gateway: Served) -> list[tuple[str, str]]:
    found = await gateway.pool.fetch(
        "SELECT outcome, reason FROM alert_event ORDER BY received_at, receipt_id"
    )
    return [(row["outcome"], row["reason"]) for row in found]


async def known(gateway: Served, login: str, *roles: str, user: str = "U2147483697") -> None:
    person = {
        "login": login,
        "name": login.title(),
        "roles": roles,
        "email": f"{login}@example.com",
    }
    assert (await gateway.post("/api/v1/people", person, "admin")).status == 201
    account = {"provider": "slack", "tenant": "T123ABC456", "user": user}
    assert (await gateway.post(f"/api/v1/people/{login}/chats", account, "admin")).status == 201


async def button(gateway: Served) -> str:
    """The token of a button as the record stands."""
    async with gateway.pool.acquire() as conn:
        (incident,) = await store.by_ids(conn, [(await record(gateway))["id"]])
    return PressTokens((SIGNING.encode(),)).make(incident)


async def test_direct_message_opens_incident_once(gateway: Served) -> None:
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


async def test_report_command_is_answered_with_number_priority_and_buttons(gateway: Served) -> None:
    status, answer = await said(gateway, a_command("报告 打印机坏了"), FORM)
    one = await record(gateway)
    assert (status, one["title"]) == (200, "打印机坏了")
    section, actions = answer["blocks"]
    assert section["text"]["text"].startswith(
        f"已受理，编号 {one['number']}。\n[{one['number']}] 优先级 {one['priority']} · 打印机坏了"
    )
    assert [element["action_id"] for element in actions["elements"]] == ["acknowledge", "resolve"]
    assert await told(gateway, "报告 打印机坏了", "13345224609.738474920.8088930838d88f008e0") == (
        f"{one['number']}: this was received before."
    )


async def test_thread_reply_becomes_note_and_unaddressed_talk_is_not_stored(
    gateway: Served,
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
        "SELECT actor, facts::text AS facts FROM timeline WHERE event = 'note' ORDER BY incident_id, seq"
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


async def test_message_in_thread_of_closed_incident_opens_follow_up(gateway: Served) -> None:
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


async def test_only_reporter_reply_reopens_resolved_incident(gateway: Served) -> None:
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


async def test_linked_user_acts_by_command_within_roles(gateway: Served) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report mail is down")
    number = (await record(gateway))["number"]
    assert (await told(gateway, f"ack {number}", "2")).startswith(f"{number} is in your hands.")
    assert (await told(gateway, f"status {number}", "3")).endswith(
        "State: in progress · Handled by: dina"
    )
    assert (await told(gateway, f"resolve {number} restarted", "4")).startswith(
        f"{number} is resolved."
    )
    one = await record(gateway)
    assert (one["state"], one["solution"], one["handler"]) == ("resolved", "restarted", "dina")
    assert await told(gateway, f"ack {number}", "5") == (
        f"Nothing was done: {number} is resolved.\n[{number}] Priority 4 · mail is down\nState: resolved · Handled by: dina"
    )


async def test_unlinked_user_may_report_but_not_act(gateway: Served) -> None:
    await told(gateway, "report mail is down")
    number = (await record(gateway))["number"]
    for trigger, text in enumerate(("ack", "resolve")):
        assert (await told(gateway, f"{text} {number}", f"2.{trigger}")).startswith(
            "I do not know who you are here"
        )
    await said(gateway, a_press("resolve", await button(gateway)), FORM)
    assert (await record(gateway))["state"] == "logged"
    assert (await outcomes(gateway))[-2:] == [("ignored", "a stranger may not act")] * 2
    assert (await told(gateway, f"status {number}", "3")).startswith("How it stands:")
    assert (await told(gateway, f"status {number}", "4", user_id="U7")).startswith(
        "There is no such record"
    )
    assert (await told(gateway, f"note {number} me too", "5", user_id="U7")).startswith(
        "There is no such record"
    )


async def test_command_without_permission_changes_nothing(gateway: Served) -> None:
    await known(gateway, "lea", "leader")
    await told(gateway, "report mail is down")
    number = (await record(gateway))["number"]
    for trigger, text in enumerate((f"ack {number}", f"note {number} hurry up")):
        assert (await told(gateway, text, f"2.{trigger}")).startswith(
            "Nothing was done: your roles do not let you"
        )
    await said(gateway, a_press("acknowledge", await button(gateway)), FORM)
    assert (await record(gateway))["state"] == "logged"
    assert (await outcomes(gateway))[-1][0] == "ignored"


async def test_button_acts_once_and_is_stale_after_reopening(gateway: Served) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report mail is down")
    number, shown = (await record(gateway))["number"], await button(gateway)
    for at, token in enumerate(("", "p1-0-1-" + "a" * 26, shown[:-1] + "!")):
        assert await said(gateway, a_press("resolve", token, f"0.{at}"), FORM) == (200, "")
        assert ((await outcomes(gateway))[-1], (await record(gateway))["state"]) == (
            ("ignored", "no such button"),
            "logged",
        )
    for _ in range(2):
        assert await said(gateway, a_press("acknowledge", shown, "1.1"), FORM) == (200, "")
    await said(gateway, a_press("resolve", shown, "1.2"), FORM)
    assert (await record(gateway))["state"] == "in_progress", "how it was solved is asked for"
    await told(gateway, f"resolve {number} the relay was restarted", "1.5")
    assert (await record(gateway))["state"] == "resolved"
    assert (await gateway.post(f"/api/v1/incidents/{number}/refuse", {}, "admin")).status == 200
    await said(gateway, a_press("resolve", shown, "1.3"), FORM)
    assert (await record(gateway))["state"] == "in_progress"
    asked = await told(gateway, f"resolve {number}", "1.6")
    assert asked == f"Say how it was solved: resolve {number} WHAT WAS DONE"
    wanted = ["acknowledged", "duplicate", "ignored", "added", "stale", "ignored"]
    assert [outcome for outcome, _ in await outcomes(gateway)][4:] == wanted


async def test_link_code_links_chat_account_once(gateway: Served) -> None:
    person = {"login": "dina", "name": "Dina", "roles": ["service_desk"], "locale": "zh-CN"}
    assert (await gateway.post("/api/v1/people", person, "admin")).status == 201
    code = (await (await gateway.post("/api/v1/people/dina/chats/code", None, "admin")).json())[
        "code"
    ]
    newer = (await (await gateway.post("/api/v1/people/dina/chats/code", None, "admin")).json())[
        "code"
    ]
    assert await told(gateway, f"link {code}", "1") == "This code is not good, or no longer."
    assert await told(gateway, f"link {newer}", "2") == "You are dina here from now on."
    assert (
        await told(gateway, f"link {newer}", "3", user_id="U7")
        == "This code is not good, or no longer."
    )
    assert await told(gateway, f"link {newer}", "4") == "此账号已绑定。"
    _, listed = await gateway.get("/api/v1/people/dina/chats", key="admin")
    assert [(one["provider"], one["tenant"], one["user"]) for one in listed["chats"]] == [
        ("slack", "T123ABC456", "U2147483697")
    ]
    person = {"login": "bob", "name": "Bob", "roles": ["service_desk"]}
    assert (await gateway.post("/api/v1/people", person, "admin")).status == 201
    account = {"provider": "slack", "tenant": "T123ABC456", "user": "U2147483697"}
    assert (await gateway.post("/api/v1/people/bob/chats", account, "admin")).status == 409
    assert (
        await gateway.post("/api/v1/people/bob/chats", account | {"tenant": "T2"}, "admin")
    ).status == 201
    path = "/api/v1/people/dina/chats?provider=slack&tenant=T123ABC456&user=U2147483697"
    sent = {"Authorization": f"Bearer {gateway.keys['admin']}"}
    assert [(await gateway.client.delete(path, headers=sent)).status for _ in range(2)] == [
        204,
        404,
    ]
    assert (await told(gateway, "ack INC-20260302-000001", "5")).startswith(
        "I do not know who you are"
    )


async def test_call_without_key_or_signature_is_refused(gateway: Served) -> None:
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


async def test_signed_malformed_call_is_quarantined_and_returns_200(gateway: Served) -> None:
    assert await said(gateway, b'{"type":') == (200, "")
    (kept,) = await gateway.pool.fetch("SELECT source, body FROM quarantine")
    assert tuple(kept) == ("slack", b'{"type":')
    for number, body in enumerate(
        (a_command("x", user_id="U" * 600), a_command("x", trigger="1" * 9_000))
    ):
        assert await said(gateway, body, FORM) == (200, "")
        assert await gateway.pool.fetchval("SELECT count(*) FROM quarantine") == number + 2
    assert await said(gateway, b'{"type":"url_verification","challenge":"abc"}') == (200, "abc")


async def test_command_without_number_gets_help_and_note_names_incident(gateway: Served) -> None:
    await known(gateway, "dina", "service_desk")
    assert (await told(gateway, "hello", "1")).startswith("report TEXT: make a record")
    assert (await told(gateway, "ack", "2")).startswith("Which record?")
    assert (await told(gateway, "status", "3")).startswith("Which record?")
    await told(gateway, "report mail is down", "4")
    number = (await record(gateway))["number"]
    assert await told(gateway, f"note {number} floor 2 as well", "5") == f"Added to {number}."
    (note,) = await gateway.pool.fetch(
        "SELECT actor, facts::text AS facts FROM timeline WHERE event = 'note' ORDER BY incident_id, seq"
    )
    assert (note["actor"], json.loads(note["facts"])["note"]) == ("dina", "floor 2 as well")


async def test_security_incident_stays_hidden_from_button_and_command(gateway: Served) -> None:
    await known(gateway, "dina", "service_desk")
    await told(gateway, "report somebody is in our files", user_id="U7")
    shown = await button(gateway)
    await gateway.pool.execute("UPDATE incident SET security = true")
    await said(gateway, a_press("acknowledge", shown), FORM)
    assert (await record(gateway))["state"] == "logged"
    assert (await outcomes(gateway))[-1] == ("ignored", "no such record")
    number = (await record(gateway))["number"]
    assert (await told(gateway, f"resolve {number}", "2")).startswith("There is no such record")


async def test_settings_of_unknown_chat_provider_are_refused(database_url: str) -> None:
    settings = load(None, {"DATABASE_URL": database_url})
    settings = msgspec.structs.replace(settings, chat={"slakc": ChatSettings(secrets=(SECRET,))})
    with pytest.raises(Misconfigured) as refused:
        async with served(settings):
            pass
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/chat/slakc"]


OLD = """
INSERT INTO chat_message (provider, conversation, message, incident_id, locale, posted_at)
SELECT 'slack', 'C1', days::text, 1, 'en', now() - make_interval(days => days) FROM unnest(ARRAY[399, 401]) AS days
"""
CODES = """
WITH one AS (INSERT INTO person (login, name, created_at, updated_at) VALUES ('ann', 'Ann', now(), now()) RETURNING id)
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
