"""Messages of Telegram mention nobody, and bring back a button's token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.chat.telegram.messages import MAX_DATA, content, plain, read_data
from gateway.notify.card import Button, ChatReply

TOKEN = "p1234567-0-12-" + "a" * 26


def test_buttons_are_rows_that_bring_back_their_token() -> None:
    reply = ChatReply("text", buttons=(Button("acknowledge", "受理", TOKEN),))
    (row,) = content(reply)["reply_markup"]["inline_keyboard"]
    (button,) = row
    assert (button["text"], read_data(button["callback_data"])) == ("受理", ("acknowledge", TOKEN))
    assert len(button["callback_data"]) <= MAX_DATA


def test_message_without_buttons_removes_those_there_were() -> None:
    assert content(ChatReply("text"))["reply_markup"] == {"inline_keyboard": []}


def test_token_that_is_too_long_leaves_out_the_buttons() -> None:
    reply = ChatReply("text", buttons=(Button("acknowledge", "受理", "p" * 61),))
    assert content(reply)["reply_markup"] == {"inline_keyboard": []}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("disk of @olga is full", "disk of ＠olga is full"),
        ("@channel", "＠channel"),
        ("mail olga@example.com", "mail olga@example.com"),
        ("", "-"),
    ],
)
def test_text_mentions_nobody(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(max_size=6_000))
def test_any_text_is_within_the_limit(text: str) -> None:
    assert 1 <= len(plain(text).encode("utf-16-le", "replace")) // 2 <= 4_096


@pytest.mark.parametrize("data", ["", "ack", "ack:", "del:p1", "x:y:z"])
def test_data_of_other_buttons_is_not_read(data: str) -> None:
    assert read_data(data) is None
