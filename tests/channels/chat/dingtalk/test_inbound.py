"""DingTalk speaks in three ways at one address, each proved in its own."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.chat.contract import Button, Call, Challenge, Nothing, Press, Reply, Talk
from gateway.channels.chat.dingtalk.inbound import answer, read
from gateway.channels.chat.envelope import Sealed, unseal
from gateway.errors import Malformed, Unauthenticated
from tests.channels.chat.chinese import CORP, DINGTALK, OTHER_KEY, card, event, robot, tampered
from tests.support.clock import NOON

HOUR = timedelta(hours=1)
LATER = str(int((NOON + 2 * HOUR).timestamp() * 1000))


def test_what_somebody_says_to_a_robot_is_told_with_who_and_where() -> None:
    assert read(robot(), DINGTALK) == Talk(
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
        ({"msgtype": "audio", "content": {"recognition": "支付打不开", "duration": 4000}}, "支付打不开"),
        ({"msgtype": "richText", "content": {"richText": [{"text": "看图"}, {"downloadCode": "x", "type": "picture"}]}}, "看图"),
    ],
)
def test_what_is_spoken_and_what_stands_beside_pictures_is_read(more: dict[str, Any], text: str) -> None:
    talk = read(robot(**more), DINGTALK)
    assert isinstance(talk, Talk)
    assert talk.text == text


def test_somebody_from_outside_has_another_name_and_an_answer_knows_its_thread() -> None:
    reply = {"content": "好了", "isReplyMsg": True, "repliedMsg": {"msgId": "msgOld=="}}
    talk = read(robot(senderStaffId="", text=reply), DINGTALK)
    assert isinstance(talk, Talk)
    assert (talk.user, talk.thread) == ("$:LWCP_v1:$sender", "msgOld==")


@pytest.mark.parametrize(("kind", "mentioned", "addressed"), [("1", False, True), ("2", True, True), ("2", False, False)])
def test_in_a_group_only_a_mention_is_for_us(kind: str, mentioned: bool, addressed: bool) -> None:  # noqa: FBT001 - a column
    talk = read(robot(conversationType=kind, isInAtList=mentioned), DINGTALK)
    assert isinstance(talk, Talk)
    assert talk.addressed is addressed


def test_a_press_names_its_button_and_the_same_one_is_known_again() -> None:
    press = read(card(params={"action": "acknowledge", "token": "r7-token", "note": "我来看"}), DINGTALK)
    assert isinstance(press, Press)
    assert (press.user, press.action, press.token, press.note) == ("manager1", "acknowledge", "r7-token", "我来看")
    assert (press.tenant, press.conversation, press.sent_at) == (CORP, "cid1", NOON)
    others = [
        card(),
        card(),
        card(userId="other"),
        card(outTrackId="track-2"),
        card(params={"action": "accept", "token": "r7-token"}),
    ]
    assert len({one.event_id for one in (read(call, DINGTALK) for call in others) if isinstance(one, Press)}) == 4


def test_an_older_card_says_what_was_pressed_under_another_name() -> None:
    older = json.loads(card().body)
    call = replace(
        card(), body=json.dumps({"outTrackId": "t", "userId": "u", "corpId": CORP, "value": older["content"]}).encode()
    )
    assert isinstance(read(call, DINGTALK), Press)


def test_the_check_of_the_address_and_every_event_are_answered_with_success() -> None:
    challenge = read(event({"EventType": "check_url"}), DINGTALK)
    assert isinstance(challenge, Challenge)
    other = event({"EventType": "user_add_org", "UserId": ["1"]})
    assert read(other, DINGTALK) == Nothing("event user_add_org")
    for body, kind in ((challenge.answer, challenge.content_type), answer(None, other, DINGTALK)):
        told = json.loads(body)
        assert kind == "application/json"
        envelope = Sealed(told["timeStamp"], told["nonce"], told["encrypt"], told["msg_signature"])
        assert unseal(DINGTALK, envelope, NOON).content == b"success"


@pytest.mark.parametrize(
    "call",
    [
        *(robot(msgtype="picture"), robot(msgtype="richText", content={}), card(params={"action": "like"}), card(params={})),
        *(card(content="{}"), card(content="", value=""), card(params={"action": "resolve", "token": 7}), card(userId="")),
    ],
)
def test_what_reports_and_presses_nothing_is_heard_and_no_more(call: Call) -> None:
    assert isinstance(read(call, DINGTALK), Nothing)


@pytest.mark.parametrize(
    "call",
    [
        *(robot(msgId=""), robot(senderStaffId="", senderId=""), robot(msgId="x" * 600)),
        *(robot(text="hello"), card(content="{"), card(content="[]"), replace(card(), body=b"{}"), replace(robot(), body=b"")),
        event({"EventType": 1}),
    ],
)
def test_what_is_proved_and_cannot_be_understood_is_malformed(call: Call) -> None:
    with pytest.raises(Malformed):
        read(call, DINGTALK)


REFUSED = {
    "a robot of another secret": robot(secret="other"),
    "a robot that signs as cards do": replace(card(), headers={"timestamp": LATER, "sign": card().headers["x-ddpaas-signature"]}),
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
    "an event with a changed character": tampered(event({"EventType": "check_url", "more": "x" * 400})),
}


@pytest.mark.parametrize("lie", REFUSED.values(), ids=REFUSED.keys())
def test_a_lie_is_refused(lie: Call) -> None:
    with pytest.raises(Unauthenticated):
        read(lie, DINGTALK)


NAMES = ["timestamp", "sign", "x-ddpaas-signature", "x-ddpaas-signature-timestamp"]


@given(
    st.binary(max_size=300),
    st.dictionaries(st.sampled_from(NAMES), st.text() | st.just("1772452800\udcff00")),
    st.dictionaries(st.sampled_from(["msg_signature", "signature", "timestamp", "nonce"]), st.text()),
)
def test_nothing_unsigned_is_ever_more_than_refused(body: bytes, headers: dict[str, str], query: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        read(Call(headers, query, body, NOON), DINGTALK)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["msgId", "text", "richText", "params"]), inner),
    max_leaves=8,
)
FIELDS = ["msgtype", "msgId", "text", "content", "createAt", "outTrackId", "userId", "value", "senderNick", "spaceId"]


@settings(max_examples=40)
@given(st.sampled_from([robot, card]), st.dictionaries(st.sampled_from(FIELDS), ANYTHING), st.binary(max_size=50))
def test_whatever_is_signed_is_understood_or_malformed(made: Any, more: dict[str, Any], raw: bytes) -> None:
    for call in (made(**more), replace(made(), body=raw), event(raw), event(more)):
        try:
            heard = read(call, DINGTALK)
        except Malformed:
            continue
        assert isinstance(heard, Talk | Press | Nothing)


def test_a_robot_answers_with_words_and_a_card_with_what_can_be_pressed_now() -> None:
    reply = Reply("已由张三受理", "INC-1", "支付页面打不开", "处理中", (Button("resolve", "解决", "r7-token"),))
    assert json.loads(answer(reply, robot(), DINGTALK)[0]) == {"msgtype": "text", "text": {"content": "已由张三受理"}}
    told = json.loads(answer(reply, card(), DINGTALK)[0])["cardData"]["cardParamMap"]
    assert (told["state"], told["resolve_token"], told["resolve_label"], told["acknowledge_token"]) == (
        "处理中",
        "r7-token",
        "解决",
        "",
    )


def test_with_nothing_to_say_each_is_told_that_it_was_heard() -> None:
    assert json.loads(answer(None, robot(), DINGTALK)[0]) == {"msgtype": "empty"}
    assert json.loads(answer(None, card(), DINGTALK)[0])["cardData"] == {"cardParamMap": {}}


def test_a_time_that_is_none_refuses_nothing() -> None:
    talk = read(robot(createAt=10**30), DINGTALK)
    assert isinstance(talk, Talk)
    assert talk.sent_at is None
