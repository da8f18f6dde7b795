"""A reply fills the template of a card, and goes to a member or into a group."""

import json

from gateway.channels.chat.dingtalk.cards import MAX_VALUE, card, change, plain, variables
from gateway.channels.chat.dingtalk.section import DingTalkSection
from gateway.notify.card import Button, ChatReply

SETTINGS = DingTalkSection(
    address="",
    robot_address="",
    app_key="k",
    app_secret="s",
    robot_code="robot",
    card_template="t.schema",
    card_route="route",
    allow_private=False,
)
REPLY = ChatReply("已超时", "INC-1", "磁盘已满", "处理中", (Button("resolve", "解决", "token-1"),))


def test_card_variables_of_unavailable_buttons_are_empty() -> None:
    filled = variables(REPLY)
    assert {name for name, value in filled.items() if not value} == {
        *("acknowledge_label", "acknowledge_token", "accept_label", "accept_token"),
        *("decline_label", "decline_token"),
    }
    assert (filled["resolve_label"], filled["resolve_token"], filled["state"]) == (
        "解决",
        "token-1",
        "处理中",
    )
    assert set(variables(ChatReply(""))) == set(filled)


def test_longest_card_value_is_cut_to_limit() -> None:
    assert MAX_VALUE - 3 < len(variables(ChatReply("磁" * 5_000))["text"].encode()) <= MAX_VALUE


def test_card_is_addressed_to_member_or_group_under_its_name() -> None:
    one, group = (card(SETTINGS, to, "name-1", REPLY) for to in ("manager1", "group:cid1+/=="))
    assert {
        (made["outTrackId"], made["cardTemplateId"], made["callbackRouteKey"])
        for made in (one, group)
    } == {("name-1", "t.schema", "route")}
    assert one["openSpaceId"] == "dtv1.card//IM_ROBOT.manager1"
    assert group["openSpaceId"] == "dtv1.card//IM_GROUP.cid1+/=="
    assert change("name-1", REPLY)["outTrackId"] == "name-1"


def test_plain_message_is_addressed_to_member_or_group() -> None:
    path, body = plain(SETTINGS, "manager1", "已超时")
    assert (path, body["userIds"], json.loads(body["msgParam"])) == (
        "/v1.0/robot/oToMessages/batchSend",
        ["manager1"],
        {"content": "已超时"},
    )
    assert plain(SETTINGS, "group:cid1+/==", "x")[1]["openConversationId"] == "cid1+/=="
