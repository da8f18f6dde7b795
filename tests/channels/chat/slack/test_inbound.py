"""Tests of reading the calls of Slack."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from gateway.channels.chat.contract import (
    AddressChallenge,
    Button,
    ButtonPress,
    ChatMessage,
    ChatReply,
    ChatSettings,
    IgnoredChatEvent,
    sanitise,
)
from gateway.channels.chat.slack.inbound import PROVIDER, verify_signature
from gateway.errors import Malformed, Unauthenticated
from tests.channels.chat.slack_calls import (
    BOT,
    FORM,
    SECRET,
    a_call,
    a_command,
    a_message,
    a_press,
    signed,
)
from tests.support.clock import NOON

CHAT = ChatSettings(secrets=("another-secret", SECRET), tenants=("T123ABC456",))


def heard(body: bytes, kind: str = "application/json") -> Any:
    return PROVIDER.read(a_call(body, NOON, kind=kind), CHAT)


def test_message_to_bot_is_read_with_thread_reply_address() -> None:
    talk = heard(a_message("The &lt;VPN&gt; of <@U07|Ann> is down, see <https://x.example/a|this>"))
    assert isinstance(talk, ChatMessage)
    assert (talk.tenant, talk.user, talk.conversation) == ("T123ABC456", "U2147483697", "D024BE91L")
    assert talk.text == "The <VPN> of @Ann is down, see this"
    assert talk.addressed
    assert (talk.message, talk.thread) == ("1355517523.000005", "")
    assert talk.reply_to == "slack:D024BE91L/1355517523.000005"
    assert talk.sent_at is not None
    assert talk.sent_at.year == 2012


def test_channel_message_is_addressed_only_with_bot_mention() -> None:
    among = heard(a_message("lunch?", channel="C1", channel_type="channel"))
    named = heard(a_message(f"<@{BOT}> mail is down", channel="C1", channel_type="channel"))
    assert (among.addressed, named.addressed, named.text) == (False, True, "mail is down")


def test_message_and_app_mention_of_same_text_are_equal() -> None:
    text = f"<@{BOT}> mail is down"
    message = heard(a_message(text, channel="C1", channel_type="channel"))
    mention = heard(
        a_message(
            text, type="app_mention", channel="C1", channel_type="", outer={"event_id": "Ev2"}
        )
    )
    assert message == mention
    unnamed = heard(
        a_message(text, type="app_mention", channel="C1", outer={"authorizations": None})
    )
    assert unnamed.text == "mail is down"


def test_thread_reply_names_its_thread() -> None:
    talk = heard(a_message("also B", thread_ts="1355517000.000001"))
    assert (talk.thread, talk.reply_to) == (
        "1355517000.000001",
        "slack:D024BE91L/1355517000.000001",
    )


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B1"},
        {"subtype": "message_changed"},
        {"subtype": "channel_join"},
        {"user": BOT},
        {"type": "reaction_added"},
    ],
)
def test_bot_message_and_non_message_event_are_ignored(more: dict[str, str]) -> None:
    assert isinstance(heard(a_message("x", **more)), IgnoredChatEvent)


def test_slash_command_is_answered_with_ephemeral_message() -> None:
    body = a_command("report 打印机坏了")
    talk = heard(body, FORM)
    assert isinstance(talk, ChatMessage)
    assert (talk.text, talk.user_name, talk.reply_to, talk.addressed) == (
        "report 打印机坏了",
        "Steve",
        "",
        True,
    )
    reply = ChatReply(
        "done <!channel>",
        "INC-20260302-000001",
        buttons=(Button("acknowledge", "Acknowledge", "p1"),),
    )
    answer, kind = PROVIDER.answer(reply, a_call(body, NOON, kind=FORM), CHAT)
    assert kind == "application/json"
    assert b'"response_type":"ephemeral"' in answer
    assert b'"text":"done &lt;!channel&gt;"' in answer
    assert b'"action_id":"acknowledge"' in answer
    assert PROVIDER.answer(reply, a_call(a_message("x"), NOON), CHAT) == (b"", "text/plain")


def test_button_press_is_read_with_ephemeral_reply_address() -> None:
    press = heard(a_press("resolve", "p1-0-1-x"), FORM)
    assert isinstance(press, ButtonPress)
    assert (press.action, press.token, press.user, press.user_name) == (
        "resolve",
        "p1-0-1-x",
        "U2147483697",
        "steve",
    )
    assert press.reply_to == "slack:CBR2V3XEX@U2147483697"
    assert isinstance(heard(a_press("launch_missiles", "x"), FORM), IgnoredChatEvent)
    assert isinstance(heard(a_press("resolve", "x", type="view_closed"), FORM), IgnoredChatEvent)


def test_url_verification_is_answered_with_challenge() -> None:
    body = (
        b'{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY",'
        b'"type":"url_verification"}'
    )
    assert heard(body) == AddressChallenge(b"3eZbrw1aBm2rZgRNFdxV2595E9CY", "text/plain")
    assert isinstance(heard(b"ssl_check=1&token=x", FORM), IgnoredChatEvent)


LIES = {
    "bad": {"x-slack-signature": "v0=" + "0" * 64},
    "unsigned": {"x-slack-signature": ""},
    "another's": signed(a_message("x"), NOON, "not-the-secret"),
    "stale": signed(a_message("x"), NOON - timedelta(minutes=6)),
    "ahead": signed(a_message("x"), NOON + timedelta(minutes=6)),
    "another body's": signed(a_message("y"), NOON),
    "no time": {"x-slack-request-timestamp": "now"},
}


@pytest.mark.parametrize("lie", LIES)
def test_forged_call_is_refused(lie: str) -> None:
    body = a_message("x")
    call = a_call(body, NOON, signed(body, NOON) | LIES[lie])
    with pytest.raises(Unauthenticated):
        PROVIDER.read(call, CHAT)


def test_other_workspace_or_missing_secret_is_refused() -> None:
    body = a_message("x", team="T999")
    with pytest.raises(Unauthenticated, match="workspace"):
        heard(body)
    for call in (a_command("x", team_id="T999"), a_press("resolve", "x", team={"id": "T999"})):
        with pytest.raises(Unauthenticated, match="workspace"):
            heard(call, FORM)
    with pytest.raises(Unauthenticated):
        PROVIDER.read(a_call(a_message("x"), NOON), ChatSettings())
    assert isinstance(
        PROVIDER.read(a_call(body, NOON), ChatSettings(secrets=(SECRET,))), ChatMessage
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"type":1}',
        b'{"type":"event_callback","team_id":"T123ABC456","event":7}',
    ],
)
def test_signed_garbage_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        heard(body)


@pytest.mark.parametrize(
    "body", [b"payload=%7B", b"command=x", b"\xff=1", b"&".join([b"a=1"] * 60)]
)
def test_signed_garbage_form_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        heard(body, FORM)


class At(Clock):
    def now(self) -> float:
        return NOON.timestamp()


def test_signature_check_agrees_with_slack_sdk_verifier() -> None:
    chance = random.Random(7)
    theirs, outcomes = SignatureVerifier(SECRET, At()), set()
    for _ in range(1_000):
        body = chance.choice(
            [
                a_message("磁盘满了"),
                a_command("x"),
                chance.randbytes(40).replace(b"\xff", b"").hex().encode(),
            ]
        )
        at = NOON + timedelta(
            seconds=chance.choice(
                [-301, -300, -299, 0, 1, 299, 300, 301, chance.randrange(-900, 900)]
            )
        )
        headers = signed(body, at, chance.choice([SECRET, SECRET, SECRET, "wrong"]))
        mark = headers["x-slack-signature"]
        headers["x-slack-signature"] = chance.choice(
            [mark, mark, mark, mark[3:], mark.upper(), mark[:-1] + "0", f" {mark}", ""]
        )
        sent = body if chance.random() < 0.8 else body + b" "
        wanted = theirs.is_valid_request(sent, headers)
        try:
            verify_signature(replace(a_call(sent, NOON), headers=headers), CHAT)
        except Unauthenticated:
            assert not wanted, headers
        else:
            assert wanted, headers
        outcomes.add(wanted)
    assert outcomes == {True, False}


def test_shared_file_is_read_as_its_name() -> None:
    talk = heard(
        a_message(
            "see this", subtype="file_share", files=[{"name": "error.png"}, {"title": "log"}, {}]
        )
    )
    assert talk.text == "see this\n[error.png]\n[log]\n[file]"
    assert (
        heard(a_message("", subtype="file_share", files=[{"name": "error.png"}])).text
        == "[error.png]"
    )


def test_nul_in_message_is_replaced() -> None:
    talk = sanitise(heard(a_message("mail \0 is down")))
    assert isinstance(talk, ChatMessage)
    assert talk.text == "mail \ufffd is down"
