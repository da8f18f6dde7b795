"""WeCom: an application's cards, with a token that belongs into the query."""

import re

from tests.channels.contract.fake_service import Call, Contract, is_json


def judge(call: Call) -> str:
    if call.path == "/cgi-bin/gettoken":
        assert (call.method, call.query["corpid"]) == ("GET", "ww1")
        return "token" if call.query["corpsecret"] == "s3cret" else "revoked_token"
    assert (call.method, is_json(call)) == ("POST", True)
    assert call.query["access_token"] == "accesstoken000001"
    assert call.body["agentid"] == 218
    if call.path == "/cgi-bin/message/update_template_card":
        assert call.body["userids"] == ["zhangsan"]
        assert call.body["response_code"] == "1I-b4RwvbgwC2pnF-Gqo"
        _card(call.body["template_card"])
        return "updated"
    assert call.path == "/cgi-bin/message/send"
    if call.body["touser"] == "nobody":
        return "unknown_recipient"
    if call.body["msgtype"] == "text":
        assert 1 <= len(call.body["text"]["content"].encode()) <= 2_048
    else:
        assert re.fullmatch(r"[0-9A-Za-z_@-]{1,128}", call.body["template_card"]["task_id"])
        _card(call.body["template_card"])
    return "delivered"


def _card(card: dict[str, object]) -> None:
    title, buttons = card["main_title"], card["button_list"]
    assert card["card_type"] == "button_interaction"
    assert isinstance(title, dict)
    assert isinstance(buttons, list)
    assert len(title["title"]) <= 36
    assert len(str(card["sub_title_text"])) <= 160
    assert 1 <= len(buttons) <= 6
    assert all(len(one["key"].encode()) <= 1_024 for one in buttons)


CONTRACT = Contract(
    channel="wecom",
    table=lambda url: {
        "address": url,
        "corp_id": "ww1",
        "agent_id": 218,
        "secret": "s3cret",
        "allow_private": True,
    },
    judge=judge,
    recipient="zhangsan",
    unknown="nobody",
    revoked={"secret": "revoked-secret"},
    waits=60,
    lacks={"cancelled": "the answer names a message by another code than the one to recall it"},
)
