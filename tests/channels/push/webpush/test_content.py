"""A notification says what is the matter in the reader's language, and replaces the one before."""

import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.channels.push.webpush.content import (
    MOST_BYTES,
    delivery_headers,
    encode_content,
    encode_test,
    topic_of,
)
from gateway.incidents.labels import Locale
from gateway.notify.message import Message
from gateway.notify.texts.phrases import MessageReader
from tests.support.messages import FACTS, message

LINK = "https://gateway.example.com/r/x"
ENGLISH, CHINESE = MessageReader("en"), MessageReader("zh-CN", "Asia/Shanghai")


def shown(sent: Message, reader: MessageReader = ENGLISH) -> dict[str, Any]:
    return dict(json.loads(encode_content(sent, reader, "t1")))


def test_notification_is_in_the_language_and_zone_of_its_reader() -> None:
    english, chinese = shown(message("olga")), shown(message("olga"), CHINESE)
    assert english["title"] == "[INC-20260302-0001] P1 opened: disk full"
    assert chinese["title"] == "[INC-20260302-0001] P1 新登记：disk full"
    assert "2026-03-02 20:30" in chinese["body"]
    assert (english["lang"], chinese["lang"], english["tag"]) == ("en", "zh-CN", "t1")


@pytest.mark.parametrize(("reader", "label"), [(ENGLISH, "Open"), (CHINESE, "打开")])
def test_link_opens_the_record_and_is_not_in_the_text(reader: MessageReader, label: str) -> None:
    found = shown(replace(message("olga"), link=LINK), reader)
    assert found["link"] == LINK
    assert found["actions"] == [{"action": "open", "title": label}]
    assert "https" not in found["body"]


def test_notification_without_link_has_no_button() -> None:
    assert not {"link", "actions"} & shown(message("olga")).keys()
    assert "link" not in shown(replace(message("olga"), link=LINK + "x" * 2_000))


@pytest.mark.parametrize(
    ("template", "urgency", "renotify", "stays"),
    [
        ("raised", 1, True, True),
        ("opened", 2, True, True),
        ("opened", 3, True, False),
        ("resolved", 1, False, False),
        ("closed", 2, False, False),
        ("status_update", 1, False, False),
    ],
)
def test_what_needs_no_action_makes_no_sound(
    template: str, urgency: int, renotify: bool, stays: bool
) -> None:
    found = shown(replace(message("olga"), template=template, urgency=urgency))
    assert (found["renotify"], found["stays"]) == (renotify, stays)


@example(words="\\", times=1_000)
@example(words='"', times=400)
@given(words=st.text(min_size=1, max_size=9), times=st.integers(0, 1_000))
def test_content_fits_whatever_it_says(words: str, times: int) -> None:
    facts = {**FACTS, "title": words * times, "text": words * times, "description": words * times}
    sent = replace(message("olga"), facts=facts, link=LINK + "x" * 960)
    content = encode_content(sent, ENGLISH, "t" * 36)
    assert len(content) <= MOST_BYTES
    assert json.loads(content)["title"]


@pytest.mark.parametrize(
    ("urgency", "said"), [(1, "high"), (2, "high"), (3, "normal"), (4, "low"), (5, "normal")]
)
def test_urgency_follows_the_priority_of_the_record(urgency: int, said: str) -> None:
    assert delivery_headers(urgency, "") == {"TTL": "86400", "Urgency": said}


def test_topic_is_that_of_the_record_and_tells_nothing_of_it() -> None:
    topic = topic_of(7, b"s" * 32)
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", topic)
    assert topic == topic_of(7, b"s" * 32)
    assert topic not in {topic_of(8, b"s" * 32), topic_of(7, b"t" * 32)}
    assert delivery_headers(1, topic)["Topic"] == topic


@pytest.mark.parametrize(("locale", "word"), [("en", "Test"), ("zh-CN", "测试")])
def test_test_is_in_the_language_of_the_page(locale: Locale, word: str) -> None:
    found = json.loads(encode_test(locale))
    assert found["title"].startswith(word)
    assert "link" not in found


def test_message_about_no_record_has_a_title() -> None:
    sent = replace(message("olga"), id=UUID(int=1), facts={}, template="handover", incident_id=None)
    assert shown(sent)["title"]
