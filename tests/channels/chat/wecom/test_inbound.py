"""WeCom sends XML in an encrypted envelope, and the response is in one as well."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.chat import flat_xml
from gateway.channels.chat.contract import (
    Button,
    ButtonPress,
    ChatMessage,
    ChatReply,
    ChatRequest,
    IgnoredChatEvent,
)
from gateway.channels.chat.envelope import EncryptedEnvelope, decrypt_envelope
from gateway.channels.chat.wecom.cards import MAX_TEXT, text
from gateway.channels.chat.wecom.inbound import answer, read
from gateway.errors import Malformed, Unauthenticated
from tests.channels.chat.wecom_dingtalk_calls import (
    CORP,
    OTHER_KEY,
    WECOM,
    pressed,
    said,
    sealed,
    tampered,
    wecom,
    xml,
)
from tests.support.clock import NOON

BUTTON = Button("resolve", "解决", "r7-token")


def test_url_check_is_answered_when_plus_became_space() -> None:
    envelope = next(one for n in range(100) if "+" in (one := sealed(f"{n}".encode())).encrypted)
    query = {
        "msg_signature": envelope.signature,
        "timestamp": envelope.timestamp,
        "nonce": envelope.nonce,
    }
    calls = [
        ChatRequest({}, {**query, "echostr": echo}, b"", NOON)
        for echo in (envelope.encrypted, envelope.encrypted.replace("+", " "))
    ]
    assert len({read(call, WECOM) for call in calls}) == 1


def test_message_is_read_with_time_and_conversation() -> None:
    talk = read(wecom(xml(**said())), WECOM)
    assert talk == ChatMessage(
        event_id="4561255354251345929",
        tenant=CORP,
        user="zhangsan",
        user_name="",
        conversation="218:zhangsan",
        text="支付页面打不开",
        sent_at=NOON,
        message="4561255354251345929",
    )


def test_button_press_is_read_and_repeated_press_has_same_event_id() -> None:
    first, again = (
        read(wecom(xml(**pressed()), NOON + late), WECOM)
        for late in (timedelta(), timedelta(seconds=10))
    )
    assert isinstance(first, ButtonPress)
    assert (first.user, first.action, first.token, first.tenant) == (
        "lisi",
        "acknowledge",
        "r7-token",
        CORP,
    )
    assert first == again
    others = [
        pressed("resolve@r7-token"),
        pressed(TaskId="task-2"),
        pressed(FromUserName="wangwu"),
        pressed(CreateTime=1772452801),
    ]
    told = [read(wecom(xml(**one)), WECOM) for one in others]
    assert len({one.event_id for one in (first, *told) if isinstance(one, ButtonPress)}) == 5


@pytest.mark.parametrize(
    "fields",
    [
        pressed("menu"),
        pressed("close@r7-token"),
        pressed("acknowledge@"),
        pressed(Event="enter_agent"),
        said(MsgType="image"),
    ],
)
def test_unknown_button_event_or_image_is_ignored(fields: dict[str, object]) -> None:
    assert isinstance(read(wecom(xml(**fields)), WECOM), IgnoredChatEvent)


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b"<xml>",
            b"hello",
            xml(**said(MsgId="")),
            xml(**said(FromUserName="")),
            xml(**said(FromUserName="z" * 513)),
        ),
        *(b"<xml>" + b"<a/>" * 65 + b"</xml>", b"\xff" * 100),
    ],
)
def test_signed_incomplete_call_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        read(wecom(content), WECOM)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE xml>',
    ],
)
def test_xml_entities_and_doctypes_are_refused(head: str) -> None:
    bomb = head.encode() + b"<xml><Encrypt>&b;</Encrypt></xml>"
    with pytest.raises(Malformed):
        read(wecom(bomb), WECOM)
    with pytest.raises(Unauthenticated):
        read(replace(wecom(b""), body=bomb), WECOM)
    with pytest.raises(Malformed):
        flat_xml.read(bomb.decode().encode("utf-16"))


GOOD = wecom(xml(**said()))
REFUSED = {
    "a signature by another token": wecom(xml(**said()), token="other"),
    "a signature of another nonce": replace(GOOD, query={**GOOD.query, "nonce": "nonce-2"}),
    "too long ago": replace(GOOD, received_at=NOON + timedelta(minutes=6)),
    "replayed with a time of now": replace(
        GOOD,
        query={**GOOD.query, "timestamp": str(int(NOON.timestamp()) + 600)},
        received_at=NOON + timedelta(minutes=10),
    ),
    "for another company": wecom(xml(**said()), corp="ww9999999999999999"),
    "by another key": wecom(xml(**said()), key=OTHER_KEY),
    "with a changed character": tampered(GOOD),
    "longer than any message": wecom(xml(**said(Content="x" * 70_000))),
    "without an envelope": replace(GOOD, body=xml(**said())),
    "without a signature": replace(GOOD, query={}),
    "the check of an address by another": replace(
        GOOD, query={**GOOD.query, "echostr": sealed(b"1").encrypted}
    ),
}


@pytest.mark.parametrize("lie", REFUSED.values(), ids=REFUSED.keys())
def test_forged_call_is_refused(lie: ChatRequest) -> None:
    assert isinstance(read(GOOD, WECOM), ChatMessage)
    with pytest.raises(Unauthenticated):
        read(lie, WECOM)


@given(
    st.binary(max_size=300),
    st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]), st.text()),
)
def test_unsigned_call_is_always_refused(body: bytes, query: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        read(ChatRequest({}, query, body, NOON), WECOM)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text().map(lambda text: xml(**said(Content=text, EventKey=text, MsgId=text))),
    )
)
def test_any_signed_call_is_read_or_malformed(content: bytes) -> None:
    try:
        heard = read(wecom(content), WECOM)
    except Malformed:
        return
    assert isinstance(heard, ChatMessage | IgnoredChatEvent)


def answered(reply: ChatReply, fields: dict[str, object]) -> dict[str, str]:
    """Return the fields that WeCom reads in the gateway's response."""
    body, kind = answer(reply, wecom(xml(**fields)), WECOM)
    outer = flat_xml.read(body)
    assert kind == "application/xml"
    envelope = EncryptedEnvelope(
        outer["TimeStamp"], outer["Nonce"], outer["Encrypt"], outer["MsgSignature"]
    )
    opened = decrypt_envelope(WECOM, envelope, NOON)
    assert opened.receiver == CORP
    return {"": opened.content.decode(), **flat_xml.read(opened.content)}


def test_message_is_answered_with_text_within_limit() -> None:
    told = answered(ChatReply("已受理 <INC-1> ]]> & \x07" + "磁" * 1_000), said())
    assert (told["ToUserName"], told["FromUserName"], told["MsgType"]) == ("zhangsan", CORP, "text")
    assert told["Content"].startswith("已受理 <INC-1> ]]> & ")
    assert MAX_TEXT - 3 < len(told["Content"].encode()) <= MAX_TEXT


@given(st.text(st.characters(), min_size=1, max_size=200))
def test_any_reply_text_survives_xml_except_unwritable_characters(words: str) -> None:
    kept = flat_xml.UNWRITABLE.sub(" ", text(words))
    assert answered(ChatReply(words), said())["Content"] == kept
    assert len(kept) == len(words)


def test_button_press_is_answered_with_updated_card_or_state() -> None:
    with_more = answered(
        ChatReply("已由李四受理", "INC-1", "支付页面打不开", "处理中", (BUTTON,)), pressed()
    )
    assert (with_more["ToUserName"], with_more["MsgType"]) == ("lisi", "update_template_card")
    assert "<Key>resolve@r7-token</Key>" in with_more[""]
    assert "<Title>INC-1 处理中</Title><Desc>支付页面打不开</Desc>" in with_more[""]
    done = answered(ChatReply("已解决", "INC-1", "支付页面打不开", "已解决"), pressed())
    assert "<Button><ReplaceName>已解决</ReplaceName></Button>" in done[""]


def test_empty_reply_has_empty_body() -> None:
    assert answer(None, wecom(xml(**said())), WECOM) == (b"", "text/plain")
