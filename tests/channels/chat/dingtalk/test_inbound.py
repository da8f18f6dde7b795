"""DingTalk sends three kinds of calls to one address, each with its own kind of signature."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.chat.contract import (
    AddressChallenge,
    Button,
    ButtonPress,
    ChatMessage,
    ChatReply,
    ChatRequest,
    IgnoredChatEvent,
)
from gateway.channels.chat.dingtalk.inbound import answer, read
from gateway.channels.chat.envelope import EncryptedEnvelope, decrypt_envelope
from gateway.errors import Malformed, Unauthenticated
from tests.channels.chat.wecom_dingtalk_calls import (
    CORP,
    DINGTALK,
    OTHER_KEY,
    card,
    event,
    robot,
    tampered,
)
from tests.support.clock import NOON

HOUR = timedelta(hours=1)
LATER = str(int((NOON + 2 * HOUR).timestamp() * 1000))


def test_robot_message_is_read_with_user_and_conversation() -> None:
    assert read(robot(), DINGTALK) == ChatMessage(
        event_id="msgAbC==",
        tenant=CORP,
        user="manager1",
        user_name="张三",
        conversation="cid1",
        text="支付页面打不开",
        sent_at=NOON,
        message="msgAbC==",
    )


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"msgtype": "audio", "content": {"recognition": "支付打不开", "duration": 4000}},
            "支付打不开",
        ),
        (
            {
                "msgtype": "richText",
                "content": {
                    "richText": [{"text": "看图"}, {"downloadCode": "x", "type": "picture"}]
                },
            },
            "看图",
        ),
    ],
)
def test_voice_recognition_and_rich_text_are_read(more: dict[str, Any], text: str) -> None:
    talk = read(robot(**more), DINGTALK)
    assert isinstance(talk, ChatMessage)
    assert talk.text == text


def test_external_user_has_sender_id_and_reply_names_its_thread() -> None:
    reply = {"content": "好了", "isReplyMsg": True, "repliedMsg": {"msgId": "msgOld=="}}
    talk = read(robot(senderStaffId="", text=reply), DINGTALK)
    assert isinstance(talk, ChatMessage)
    assert (talk.user, talk.thread) == ("$:LWCP_v1:$sender", "msgOld==")


@pytest.mark.parametrize(
    ("kind", "mentioned", "addressed"), [("1", False, True), ("2", True, True), ("2", False, False)]
)
def test_group_message_is_addressed_only_with_mention(
    kind: str,
    mentioned: bool,
    addressed: bool,
) -> None:
    talk = read(robot(conversationType=kind, isInAtList=mentioned), DINGTALK)
    assert isinstance(talk, ChatMessage)
    assert talk.addressed is addressed


def test_button_press_is_read_and_repeated_press_has_same_event_id() -> None:
    press = read(
        card(params={"action": "acknowledge", "token": "r7-token", "note": "我来看"}), DINGTALK
    )
    assert isinstance(press, ButtonPress)
    assert (press.user, press.action, press.token, press.note) == (
        "manager1",
        "acknowledge",
        "r7-token",
        "我来看",
    )
    assert (press.tenant, press.conversation, press.sent_at) == (CORP, "cid1", NOON)
    others = [
        card(),
        card(),
        card(userId="other"),
        card(outTrackId="track-2"),
        card(params={"action": "accept", "token": "r7-token"}),
    ]
    assert (
        len(
            {
                one.event_id
                for one in (read(call, DINGTALK) for call in others)
                if isinstance(one, ButtonPress)
            }
        )
        == 4
    )


def test_press_on_older_card_is_read_from_value_field() -> None:
    older = json.loads(card().body)
    call = replace(
        card(),
        body=json.dumps(
            {"outTrackId": "t", "userId": "u", "corpId": CORP, "value": older["content"]}
        ).encode(),
    )
    assert isinstance(read(call, DINGTALK), ButtonPress)


def test_url_check_and_other_events_are_answered_with_success() -> None:
    challenge = read(event({"EventType": "check_url"}), DINGTALK)
    assert isinstance(challenge, AddressChallenge)
    other = event({"EventType": "user_add_org", "UserId": ["1"]})
    assert read(other, DINGTALK) == IgnoredChatEvent("event user_add_org")
    for body, kind in ((challenge.answer, challenge.content_type), answer(None, other, DINGTALK)):
        told = json.loads(body)
        assert kind == "application/json"
        envelope = EncryptedEnvelope(
            told["timeStamp"], told["nonce"], told["encrypt"], told["msg_signature"]
        )
        assert decrypt_envelope(DINGTALK, envelope, NOON).content == b"success"


@pytest.mark.parametrize(
    "call",
    [
        *(
            robot(msgtype="picture"),
            robot(msgtype="richText", content={}),
            card(params={"action": "like"}),
            card(params={}),
        ),
        *(
            card(content="{}"),
            card(content="", value=""),
            card(params={"action": "resolve", "token": 7}),
            card(userId=""),
        ),
    ],
)
def test_picture_or_unknown_action_is_ignored(call: ChatRequest) -> None:
    assert isinstance(read(call, DINGTALK), IgnoredChatEvent)


@pytest.mark.parametrize(
    "call",
    [
        *(robot(msgId=""), robot(senderStaffId="", senderId=""), robot(msgId="x" * 600)),
        *(
            robot(text="hello"),
            card(content="{"),
            card(content="[]"),
            replace(card(), body=b"{}"),
            replace(robot(), body=b""),
        ),
        event({"EventType": 1}),
    ],
)
def test_signed_incomplete_call_is_malformed(call: ChatRequest) -> None:
    with pytest.raises(Malformed):
        read(call, DINGTALK)


REFUSED = {
    "a robot of another secret": robot(secret="other"),
    "a robot that signs as cards do": replace(
        card(), headers={"timestamp": LATER, "sign": card().headers["x-ddpaas-signature"]}
    ),
    "a robot's words too long ago": robot(NOON + HOUR + timedelta(seconds=1)),
    "a robot's words replayed with a time of now": replace(
        robot(NOON + 2 * HOUR), headers={"timestamp": LATER, "sign": robot().headers["sign"]}
    ),
    "a robot of another company": robot(chatbotCorpId="dingother"),
    "a robot without a signature": replace(robot(), headers={}),
    "a robot whose time is none": robot(stamp="今天"),
    "a card of another secret": card(secret="other"),
    "a card pressed too long ago": card(NOON + timedelta(minutes=6)),
    "a press replayed with a time of now": replace(
        card(NOON + 2 * HOUR), headers={**card().headers, "x-ddpaas-signature-timestamp": LATER}
    ),
    "a card of another company": card(corpId="dingother"),
    "an event of another token": event({"EventType": "check_url"}, token="other"),
    "an event of another key": event({"EventType": "check_url"}, key=OTHER_KEY),
    "an event for another company": event({"EventType": "check_url"}, corp="dingother"),
    "an event too long ago": event({"EventType": "check_url"}, NOON + timedelta(minutes=6)),
    "an event with a changed character": tampered(
        event({"EventType": "check_url", "more": "x" * 400})
    ),
}


@pytest.mark.parametrize("lie", REFUSED.values(), ids=REFUSED.keys())
def test_forged_call_is_refused(lie: ChatRequest) -> None:
    with pytest.raises(Unauthenticated):
        read(lie, DINGTALK)


NAMES = ["timestamp", "sign", "x-ddpaas-signature", "x-ddpaas-signature-timestamp"]


@given(
    st.binary(max_size=300),
    st.dictionaries(st.sampled_from(NAMES), st.text() | st.just("1772452800\udcff00")),
    st.dictionaries(
        st.sampled_from(["msg_signature", "signature", "timestamp", "nonce"]), st.text()
    ),
)
def test_unsigned_call_is_always_refused(
    body: bytes, headers: dict[str, str], query: dict[str, str]
) -> None:
    with pytest.raises(Unauthenticated):
        read(ChatRequest(headers, query, body, NOON), DINGTALK)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["msgId", "text", "richText", "params"]), inner)
    ),
    max_leaves=8,
)
FIELDS = [
    "msgtype",
    "msgId",
    "text",
    "content",
    "createAt",
    "outTrackId",
    "userId",
    "value",
    "senderNick",
    "spaceId",
]


@settings(max_examples=40)
@given(
    st.sampled_from([robot, card]),
    st.dictionaries(st.sampled_from(FIELDS), ANYTHING),
    st.binary(max_size=50),
)
def test_any_signed_call_is_read_or_malformed(made: Any, more: dict[str, Any], raw: bytes) -> None:
    for call in (made(**more), replace(made(), body=raw), event(raw), event(more)):
        try:
            heard = read(call, DINGTALK)
        except Malformed:
            continue
        assert isinstance(heard, ChatMessage | ButtonPress | IgnoredChatEvent)


def test_robot_is_answered_with_text_and_card_with_current_buttons() -> None:
    reply = ChatReply(
        "已由张三受理",
        "INC-1",
        "支付页面打不开",
        "处理中",
        (Button("resolve", "解决", "r7-token"),),
    )
    assert json.loads(answer(reply, robot(), DINGTALK)[0]) == {
        "msgtype": "text",
        "text": {"content": "已由张三受理"},
    }
    told = json.loads(answer(reply, card(), DINGTALK)[0])["cardData"]["cardParamMap"]
    assert (
        told["state"],
        told["resolve_token"],
        told["resolve_label"],
        told["acknowledge_token"],
    ) == (
        "处理中",
        "r7-token",
        "解决",
        "",
    )


def test_empty_reply_acknowledges_robot_and_card() -> None:
    assert json.loads(answer(None, robot(), DINGTALK)[0]) == {"msgtype": "empty"}
    assert json.loads(answer(None, card(), DINGTALK)[0])["cardData"] == {"cardParamMap": {}}


def test_message_with_impossible_time_is_accepted() -> None:
    talk = read(robot(createAt=10**30), DINGTALK)
    assert isinstance(talk, ChatMessage)
    assert talk.sent_at is None
