"""Slack's calls, read."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from gateway.channels.chat.contract import Button, Challenge, ChatSettings, Nothing, Press, Reply, Talk, bounded
from gateway.channels.chat.slack.inbound import PROVIDER, prove
from gateway.errors import Malformed, Unauthenticated
from tests.channels.chat.slack_calls import BOT, FORM, SECRET, a_call, a_command, a_message, a_press, signed
from tests.support.clock import NOON

CHAT = ChatSettings(secrets=("another-secret", SECRET), tenants=("T123ABC456",))


def heard(body: bytes, kind: str = "application/json") -> Any:
    return PROVIDER.read(a_call(body, NOON, kind=kind), CHAT)


def test_what_is_written_to_the_bot_is_talk_that_is_answered_in_its_thread() -> None:
    talk = heard(a_message("The &lt;VPN&gt; of <@U07|Ann> is down, see <https://x.example/a|this>"))
    assert isinstance(talk, Talk)
    assert (talk.tenant, talk.user, talk.conversation) == ("T123ABC456", "U2147483697", "D024BE91L")
    assert talk.text == "The <VPN> of @Ann is down, see this"
    assert talk.addressed
    assert (talk.message, talk.thread) == ("1355517523.000005", "")
    assert talk.reply_to == "slack:D024BE91L/1355517523.000005"
    assert talk.sent_at is not None
    assert talk.sent_at.year == 2012


def test_in_a_channel_only_who_names_the_bot_speaks_to_it() -> None:
    among = heard(a_message("lunch?", channel="C1", channel_type="channel"))
    named = heard(a_message(f"<@{BOT}> mail is down", channel="C1", channel_type="channel"))
    assert (among.addressed, named.addressed, named.text) == (False, True, "mail is down")


def test_both_events_of_one_mention_are_one_talk() -> None:
    text = f"<@{BOT}> mail is down"
    message = heard(a_message(text, channel="C1", channel_type="channel"))
    mention = heard(a_message(text, type="app_mention", channel="C1", channel_type="", outer={"event_id": "Ev2"}))
    assert message == mention
    unnamed = heard(a_message(text, type="app_mention", channel="C1", outer={"authorizations": None}))
    assert unnamed.text == "mail is down"


def test_a_reply_names_the_message_whose_thread_it_stands_in() -> None:
    talk = heard(a_message("also B", thread_ts="1355517000.000001"))
    assert (talk.thread, talk.reply_to) == ("1355517000.000001", "slack:D024BE91L/1355517000.000001")


@pytest.mark.parametrize(
    "more",
    [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"subtype": "channel_join"}, {"user": BOT}, {"type": "reaction_added"}],
)
def test_what_programs_write_and_what_is_no_new_message_does_nothing(more: dict[str, str]) -> None:
    assert isinstance(heard(a_message("x", **more)), Nothing)


def test_a_slash_command_is_talk_that_is_answered_at_once() -> None:
    body = a_command("report 打印机坏了")
    talk = heard(body, FORM)
    assert isinstance(talk, Talk)
    assert (talk.text, talk.user_name, talk.reply_to, talk.addressed) == ("report 打印机坏了", "Steve", "", True)
    reply = Reply("done <!channel>", "INC-20260302-000001", buttons=(Button("acknowledge", "Acknowledge", "p1"),))
    answer, kind = PROVIDER.answer(reply, a_call(body, NOON, kind=FORM), CHAT)
    assert kind == "application/json"
    assert b'"response_type":"ephemeral"' in answer
    assert b'"text":"done &lt;!channel&gt;"' in answer
    assert b'"action_id":"acknowledge"' in answer
    assert PROVIDER.answer(reply, a_call(a_message("x"), NOON), CHAT) == (b"", "text/plain")


def test_a_button_is_a_press_answered_to_whoever_pressed() -> None:
    press = heard(a_press("resolve", "p1-0-1-x"), FORM)
    assert isinstance(press, Press)
    assert (press.action, press.token, press.user, press.user_name) == ("resolve", "p1-0-1-x", "U2147483697", "steve")
    assert press.reply_to == "slack:CBR2V3XEX@U2147483697"
    assert isinstance(heard(a_press("launch_missiles", "x"), FORM), Nothing)
    assert isinstance(heard(a_press("resolve", "x", type="view_closed"), FORM), Nothing)


def test_the_check_of_the_address_is_answered_with_its_challenge() -> None:
    body = b'{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY","type":"url_verification"}'
    assert heard(body) == Challenge(b"3eZbrw1aBm2rZgRNFdxV2595E9CY", "text/plain")
    assert isinstance(heard(b"ssl_check=1&token=x", FORM), Nothing)


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
def test_a_lie_is_refused(lie: str) -> None:
    body = a_message("x")
    call = a_call(body, NOON, signed(body, NOON) | LIES[lie])
    with pytest.raises(Unauthenticated):
        PROVIDER.read(call, CHAT)


def test_another_workspace_is_refused_and_without_a_secret_everybody() -> None:
    body = a_message("x", team="T999")
    with pytest.raises(Unauthenticated, match="workspace"):
        heard(body)
    for call in (a_command("x", team_id="T999"), a_press("resolve", "x", team={"id": "T999"})):
        with pytest.raises(Unauthenticated, match="workspace"):
            heard(call, FORM)
    with pytest.raises(Unauthenticated):
        PROVIDER.read(a_call(a_message("x"), NOON), ChatSettings())
    assert isinstance(PROVIDER.read(a_call(body, NOON), ChatSettings(secrets=(SECRET,))), Talk)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type":1}', b'{"type":"event_callback","team_id":"T123ABC456","event":7}'])
def test_garbage_that_is_signed_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        heard(body)


@pytest.mark.parametrize("body", [b"payload=%7B", b"command=x", b"\xff=1", b"&".join([b"a=1"] * 60)])
def test_a_form_that_is_garbage_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        heard(body, FORM)


class At(Clock):
    def now(self) -> float:
        return NOON.timestamp()


def test_slack_s_own_verifier_agrees_on_a_thousand_requests() -> None:
    chance = random.Random(7)
    theirs, outcomes = SignatureVerifier(SECRET, At()), set()
    for _ in range(1_000):
        body = chance.choice([a_message("磁盘满了"), a_command("x"), chance.randbytes(40).replace(b"\xff", b"").hex().encode()])
        at = NOON + timedelta(seconds=chance.choice([-301, -300, -299, 0, 1, 299, 300, 301, chance.randrange(-900, 900)]))
        headers = signed(body, at, chance.choice([SECRET, SECRET, SECRET, "wrong"]))
        mark = headers["x-slack-signature"]
        headers["x-slack-signature"] = chance.choice([mark, mark, mark, mark[3:], mark.upper(), mark[:-1] + "0", f" {mark}", ""])
        sent = body if chance.random() < 0.8 else body + b" "
        wanted = theirs.is_valid_request(sent, headers)
        try:
            prove(replace(a_call(sent, NOON), headers=headers), CHAT)
        except Unauthenticated:
            assert not wanted, headers
        else:
            assert wanted, headers
        outcomes.add(wanted)
    assert outcomes == {True, False}


def test_a_shared_file_leaves_its_name() -> None:
    talk = heard(a_message("see this", subtype="file_share", files=[{"name": "error.png"}, {"title": "log"}, {}]))
    assert talk.text == "see this\n[error.png]\n[log]\n[file]"
    assert heard(a_message("", subtype="file_share", files=[{"name": "error.png"}])).text == "[error.png]"


def test_a_nul_in_what_is_written_is_replaced() -> None:
    talk = bounded(heard(a_message("mail \0 is down")))
    assert isinstance(talk, Talk)
    assert talk.text == "mail \ufffd is down"
