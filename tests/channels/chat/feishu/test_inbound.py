"""Tests of reading and answering the calls of Feishu."""

import json
from typing import Any

import pytest

from gateway.channels.chat.contract import (
    AddressChallenge,
    Button,
    ButtonPress,
    ChatMessage,
    ChatReply,
    ChatRequest,
    ChatSettings,
    IgnoredChatEvent,
)
from gateway.channels.chat.feishu.inbound import PROVIDER
from gateway.errors import Malformed, Unauthenticated
from tests.channels.chat.feishu_calls import (
    CHAT,
    KEY,
    MESSAGE,
    TENANT,
    TOKEN,
    USER,
    a_call,
    a_mention,
    a_message,
    a_press,
    a_press_as_before,
    an_older_message,
    sealed,
    signed_as_before,
)
from tests.support.clock import NOON

SETTINGS = ChatSettings(secrets=("another", KEY), token=TOKEN, tenants=(TENANT,))


def heard(body: bytes, settings: ChatSettings = SETTINGS) -> Any:
    return PROVIDER.read(a_call(body, NOON), settings)


@pytest.mark.parametrize("encrypted", [True, False])
def test_message_to_bot_is_read_with_reply_address(encrypted: bool) -> None:
    body = a_message("打印机坏了")
    talk = heard(sealed(body) if encrypted else body)
    assert isinstance(talk, ChatMessage)
    assert (talk.event_id, talk.tenant, talk.user, talk.conversation) == (
        MESSAGE,
        TENANT,
        USER,
        CHAT,
    )
    assert (talk.text, talk.addressed, talk.message, talk.thread) == (
        "打印机坏了",
        True,
        MESSAGE,
        "",
    )
    assert talk.reply_to == f"feishu:{CHAT}/{MESSAGE}"
    assert talk.sent_at is not None
    assert talk.sent_at.year == 2020


def test_group_message_is_addressed_only_with_bot_mention() -> None:
    bot, ann = (
        a_mention("@_user_1", "Gateway"),
        a_mention("@_user_10", "Ann", mentioned_type="user"),
    )
    among = heard(a_message("lunch?", chat_type="group"))
    other = heard(a_message("@_user_10 lunch?", chat_type="group", mentions=[ann]))
    named = heard(
        a_message("@_user_1 tell @_user_10: mail is down", chat_type="group", mentions=[bot, ann])
    )
    assert [among.addressed, other.addressed, named.addressed] == [False, False, True]
    assert (other.text, named.text) == ("@Ann lunch?", "tell @Ann: mail is down")


def test_rich_text_reply_is_read_with_its_thread() -> None:
    post = {
        "title": "Mail",
        "content": [
            [{"tag": "text", "text": "is "}, {"tag": "a", "text": "down"}],
            [{"tag": "img"}],
        ],
    }
    talk = heard(
        a_message(
            "",
            message_type="post",
            content=json.dumps(post),
            root_id="om_root",
            parent_id="om_parent",
        )
    )
    assert (talk.text, talk.thread) == ("Mail\nis down", "om_root")


def test_older_message_format_is_read() -> None:
    talk = heard(sealed(an_older_message("mail is down", root_id="om_root")))
    assert (talk.event_id, talk.tenant, talk.user, talk.text, talk.thread) == (
        MESSAGE,
        TENANT,
        USER,
        "mail is down",
        "om_root",
    )
    assert not heard(an_older_message("x", chat_type="group")).addressed
    assert heard(an_older_message("x", chat_type="group", is_mention=True)).addressed
    assert isinstance(heard(an_older_message("x", msg_type="image")), IgnoredChatEvent)


NO_TALK = (
    a_message("x", sender="app"),
    a_message("x", message_type="image"),
    a_press("dance", "t"),
    a_message("x", header={"event_type": "im.chat.disbanded_v1"}),
)


@pytest.mark.parametrize("body", NO_TALK)
def test_app_message_and_non_text_are_ignored(body: bytes) -> None:
    assert isinstance(heard(body), IgnoredChatEvent)


def test_button_press_is_answered_with_toast_and_current_card() -> None:
    body = sealed(a_press("resolve", "p1-0-1-x"))
    press = heard(body)
    assert isinstance(press, ButtonPress)
    assert (press.action, press.token, press.user, press.reply_to) == (
        "resolve",
        "p1-0-1-x",
        USER,
        "",
    )
    reply = ChatReply(
        "it is resolved\n[INC-1] mail",
        "INC-1",
        "mail",
        "resolved",
        (Button("resolve", "Resolve", "t"),),
    )
    told = json.loads(PROVIDER.answer(reply, a_call(body, NOON), SETTINGS)[0])
    assert told["toast"] == {"type": "info", "content": "it is resolved"}
    div, row = told["card"]["data"]["elements"]
    assert div["text"]["content"] == "[INC-1] mail"
    assert row["actions"][0]["value"] == {"action": "resolve", "token": "t"}
    refused = json.loads(PROVIDER.answer(ChatReply("no", "INC-1"), a_call(body, NOON), SETTINGS)[0])
    assert refused == {"toast": {"type": "info", "content": "no"}}
    assert PROVIDER.answer(reply, a_call(a_message("x"), NOON), SETTINGS) == (
        b"{}",
        "application/json",
    )
    assert PROVIDER.answer(None, a_call(body, NOON), SETTINGS) == (b"{}", "application/json")


@pytest.mark.parametrize("encrypted", [True, False])
def test_url_verification_is_answered_with_challenge(encrypted: bool) -> None:
    body = json.dumps(
        {"challenge": "ajls384kdjx98XX", "token": TOKEN, "type": "url_verification"}
    ).encode()
    sent = sealed(body) if encrypted else body
    assert PROVIDER.read(a_call(sent, NOON, {}), SETTINGS) == AddressChallenge(
        b'{"challenge":"ajls384kdjx98XX"}', "application/json"
    )
    with pytest.raises(Unauthenticated):
        PROVIDER.read(
            a_call(
                sent.replace(TOKEN.encode(), b"x") if not encrypted else sealed(body, "x"), NOON, {}
            ),
            SETTINGS,
        )
    with pytest.raises(Unauthenticated):
        PROVIDER.read(a_call(body, NOON, {}), ChatSettings(secrets=(KEY,)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"encrypt":1}',
        a_message("x", content="{"),
        a_message("x", chat_id=7),
        a_press("resolve", "x", event_id=""),
    ],
)
def test_signed_garbage_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        heard(body)


def test_invalid_rich_text_parts_are_skipped_and_non_json_is_refused() -> None:
    post = {"title": "Mail", "content": [["nonsense", 5, {"tag": "text", "text": "down"}]]}
    assert heard(a_message("", message_type="post", content=json.dumps(post))).text == "Mail\ndown"
    with pytest.raises(Unauthenticated):
        heard(sealed(b"words"))


def test_older_button_press_is_answered_with_card_only() -> None:
    body = a_press_as_before("resolve", "p1-0-1-x")
    call = ChatRequest(signed_as_before(body, NOON), {}, body, NOON)
    shown = ChatReply("INC-1 is resolved.\n[INC-1] Mail", "INC-1", "Mail", "State: resolved")
    assert "elements" in json.loads(PROVIDER.answer(shown, call, SETTINGS)[0])
    assert json.loads(PROVIDER.answer(ChatReply("no", "INC-1"), call, SETTINGS)[0]) == {}
