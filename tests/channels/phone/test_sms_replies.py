"""What is certainly a reply is read as one, in both languages; everything else is a report."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.phone.sms_replies import (
    CODE,
    SHORT,
    ReplyKind,
    SmsReply,
    read_reply,
    reply_code,
)

ACCEPT, DECLINE = ReplyKind.ACCEPT, ReplyKind.DECLINE
NUMBER = "INC-20260302-000042"
SPACE = UUID(int=7)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("ack", SmsReply(ACCEPT)),
        (" ACK. ", SmsReply(ACCEPT)),
        ("1", SmsReply(ACCEPT)),
        ("１", SmsReply(ACCEPT)),
        ("接手", SmsReply(ACCEPT)),
        ("收到！", SmsReply(ACCEPT)),
        ("B7K", SmsReply(ACCEPT, "B7K")),
        ("b7k", SmsReply(ACCEPT, "B7K")),
        ("ack b7k", SmsReply(ACCEPT, "B7K")),
        ("接手B7K", SmsReply(ACCEPT, "B7K")),
        ("B7K ack on my way", SmsReply(ACCEPT, "B7K", note="on my way")),
        (f"ack {NUMBER.lower()}", SmsReply(ACCEPT, "", NUMBER)),
        ("no", SmsReply(DECLINE)),
        ("2", SmsReply(DECLINE)),
        ("接不了", SmsReply(DECLINE)),
        ("no B7K on a plane", SmsReply(DECLINE, "B7K", note="on a plane")),
        ("decline: on a plane B7K", SmsReply(DECLINE, "B7K", note="on a plane")),
        ("接不了，在飞机上 B7K", SmsReply(DECLINE, "B7K", note="在飞机上")),
        ("STOP", SmsReply(ReplyKind.STOP)),
        ("退订", SmsReply(ReplyKind.STOP)),
        ("TD", SmsReply(ReplyKind.STOP)),
        ("Start", SmsReply(ReplyKind.START)),
        ("help", SmsReply(ReplyKind.HELP)),
        ("?", SmsReply(ReplyKind.HELP)),
        ("what is this", SmsReply(ReplyKind.UNKNOWN)),
        ("stop the press", SmsReply(ReplyKind.UNKNOWN)),
        ("", SmsReply(ReplyKind.UNKNOWN)),
        ("yes the printer on floor 3 is broken", None),
        ("stop the backup of the order database", None),
        ("A4 paper is missing in the printer", None),
        ("订单系统打不开了，所有人都无法登录，请尽快处理一下谢谢", None),
    ],
)
def test_text_is_read(text: str, reply: SmsReply | None) -> None:
    assert read_reply(text) == reply


@given(st.text(max_size=60))
def test_any_text_is_a_reply_or_a_report(text: str) -> None:
    reply = read_reply(text)
    assert reply is not None or len(" ".join(text.split())) > SHORT - 10


@given(st.uuids())
def test_code_is_read_back_in_any_case_and_beside_any_word(message_id: UUID) -> None:
    code = reply_code(message_id)
    assert CODE.fullmatch(code)
    for text in (code, code.lower(), f"ack {code}", f"{code} 接手", f"接手{code}。"):
        reply = read_reply(text)
        assert reply is not None
        assert (reply.kind, reply.code) == (ACCEPT, code)


def test_codes_are_spread_evenly() -> None:
    codes = {reply_code(uuid5(SPACE, str(number))) for number in range(500)}
    assert len(codes) > 450
