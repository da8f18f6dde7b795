"""Updates of Telegram are read without the bot's mention, and a press is answered at once."""

from dataclasses import replace
from datetime import datetime

import msgspec
import pytest

from gateway.channels.chat.contract import (
    ButtonPress,
    ChatMessage,
    ChatReply,
    ChatSettings,
    IgnoredChatEvent,
)
from gateway.channels.chat.telegram.inbound import PROVIDER, answer, plain, read_update
from gateway.errors import Malformed
from tests.channels.chat.captured import captured, setting

ANY = ChatSettings()


def update(**parts: object) -> bytes:
    return msgspec.json.encode({"update_id": 1, **parts})


OLGA = {"id": 5, "first_name": "", "username": "olga"}


def wrote(
    text: str = "x", kind: str = "supergroup", sender: object = OLGA, **more: object
) -> bytes:
    told = {"message_id": 2, "chat": {"id": -1, "type": kind}, "from": sender, "text": text}
    return update(message=told | more)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("/status@gateway_bot INC-20260302-000007", "status INC-20260302-000007"),
        ("@gateway_bot the disk is full", "the disk is full"),
        ("/start", "help"),
        ("/start@gateway_bot", "help"),
        ("/start abcdefghjkmn", "link abcdefghjkmn"),
        ("/start something else", "start something else"),
        ("start", "start"),
        ("/var/log is full", "/var/log is full"),
        ("@olga knows", "@olga knows"),
        ("/报告 磁盘满了", "/报告 磁盘满了"),
    ],
)
def test_commands_and_mentions_of_the_bot_are_taken_off(said: str, heard: str) -> None:
    assert plain(said) == heard


@pytest.mark.parametrize(
    ("body", "addressed"),
    [
        (wrote("hello"), False),
        (wrote("hello", "private"), True),
        (wrote("/help"), True),
        (wrote("@gateway_bot hello"), True),
        (wrote("a", reply_to_message={"message_id": 1, "from": {"id": 6, "is_bot": True}}), True),
        (wrote("a", reply_to_message={"message_id": 1, "from": {"id": 6}}), False),
        (wrote("a", reply_to_message={"message_id": 1}), False),
    ],
)
def test_message_is_for_the_gateway_where_the_bot_is_meant(body: bytes, addressed: bool) -> None:
    heard = read_update(body, ANY)
    assert isinstance(heard, ChatMessage)
    assert (heard.addressed, heard.user_name) == (addressed, "olga")


@pytest.mark.parametrize(
    "body",
    [
        update(),
        update(edited_message={"message_id": 1}),
        wrote(sender={"id": 6, "is_bot": True}),
        update(message={"message_id": 2, "chat": {"id": -1}}),
        update(callback_query={"id": "1", "from": {"id": 5}, "data": "other"}),
        update(callback_query={"id": "1", "from": {"id": 5}, "data": "ack:p1"}),
    ],
)
def test_update_that_tells_nothing_is_ignored(body: bytes) -> None:
    assert isinstance(read_update(body, ANY), IgnoredChatEvent)


@pytest.mark.parametrize("case", ["message_private", "callback_query"])
def test_chat_that_is_not_allowed_is_ignored(case: str) -> None:
    chat = msgspec.structs.replace(setting(f"telegram/{case}"), tenants=("7",))
    assert isinstance(PROVIDER.read(captured(f"telegram/{case}"), chat), IgnoredChatEvent)


@pytest.mark.parametrize("date", [0, -1, 10**12])
def test_message_without_a_time_has_none(date: int) -> None:
    heard = read_update(wrote(date=date), ANY)
    assert isinstance(heard, ChatMessage)
    assert heard.sent_at is None
    dated = read_update(wrote(date=1_700_000_000), ANY)
    assert isinstance(dated, ChatMessage)
    assert isinstance(dated.sent_at, datetime)


def test_press_is_answered_to_that_person_alone() -> None:
    call, chat = captured("telegram/callback_query"), setting("telegram/callback_query")
    assert isinstance(PROVIDER.read(call, chat), ButtonPress)
    body, kind = answer(ChatReply("受" * 300), call, chat)
    assert kind == "application/json"
    assert msgspec.json.decode(body) == {
        "method": "answerCallbackQuery",
        "callback_query_id": "4382bfdwdsb323b2d9",
        "text": "受" * 200,
        "show_alert": True,
    }
    silent, _ = answer(None, call, chat)
    assert msgspec.json.decode(silent).keys() == {"method", "callback_query_id"}


def test_message_and_unreadable_update_are_answered_with_nothing() -> None:
    call, chat = captured("telegram/message_private"), setting("telegram/message_private")
    assert answer(ChatReply("x"), call, chat) == (b"", "text/plain")
    assert answer(None, replace(call, body=b"{"), chat) == (b"", "text/plain")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"update_id": {}}', b'{"message": 5}'])
def test_update_that_cannot_be_read_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_update(body, ANY)
