"""An incident is reported, notified, acknowledged and resolved in WeCom and DingTalk.

故障在企业微信和钉钉里上报、通报、受理和解决。
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.channels.chat import flat_xml
from gateway.channels.chat.contract import ChatRequest
from gateway.channels.chat.envelope import EncryptedEnvelope, decrypt_envelope
from gateway.operations.rounds.chat_changes import queue_card_updates
from tests.channels.chat.wecom_dingtalk_calls import (
    CARD_SECRET,
    CORP,
    KEY,
    SECRET,
    TOKEN,
    WECOM,
    card,
    event,
    pressed,
    robot,
    said,
    wecom,
    xml,
)
from tests.scenarios.conftest import Telling
from tests.support.clock import NOON
from tests.support.story import Story
from tests.support.vendor import FakeVendor, fake_vendor

TOLD = 'chats = ["wecom:lisi", "dingtalk:manager1"]'

ONCE = "/cgi-bin/message/update_template_card"

CONFIGURATION = f"""
[[escalation.management]]
priorities = [1, 2, 3, 4]
on = ["opened"]
notify = ["chats"]
[chat.wecom]
tenants = ["{CORP}"]
token = "{TOKEN}"
encoding_key = "{KEY}"
locale = "zh-CN"
[chat.dingtalk]
tenants = ["{CORP}"]
token = "{TOKEN}"
encoding_key = "{KEY}"
secrets = ["{SECRET}", "{CARD_SECRET}"]
locale = "zh-CN"
[notify.wecom]
address = "%(url)s"
corp_id = "{CORP}"
agent_id = 218
secret = "app-secret"
allow_private = true
[notify.dingtalk]
address = "%(url)s"
app_key = "ding1"
app_secret = "app-secret"
robot_code = "dingrobot"
card_template = "t.schema"
card_route = "incidents"
allow_private = true
"""

SENT, CREATED, CHANGED = (
    "/cgi-bin/message/send",
    "/v1.0/card/instances/createAndDeliver",
    "/v1.0/card/instances",
)


@pytest.fixture
async def vendor() -> AsyncIterator[FakeVendor]:
    async with fake_vendor() as fake:
        fake.answer("/cgi-bin/gettoken", {"errcode": 0, "access_token": "t", "expires_in": 7200})
        fake.answer("/v1.0/oauth2/accessToken", {"accessToken": "t", "expireIn": 7200})
        fake.answer(SENT, {"errcode": 0, "response_code": "code/=1"})
        fake.answer(ONCE, {"errcode": 0})
        fake.answer(CREATED, {"success": True, "result": {"deliverResults": [{"success": True}]}})
        fake.answer(CHANGED, {"success": True, "result": True})
        yield fake


@pytest.fixture
async def story(telling: Telling, vendor: FakeVendor) -> AsyncIterator[Story]:
    async with telling(CONFIGURATION % {"url": vendor.url}, "zh-CN", TOLD) as begun:
        await begun.join("lisi", "service_desk", locale="zh-CN")
        for provider, user in (("wecom", "lisi"), ("dingtalk", "manager1")):
            await begun.call(
                "POST", "people/lisi/chats", {"provider": provider, "tenant": CORP, "user": user}
            )
        yield begun


async def heard(story: Story, provider: str, call: ChatRequest, status: int = 200) -> Any:
    """返回网关对厂商请求的答复。"""
    address = f"/ingest/chat/{provider}/{story.keys['ingest']}"
    answer = await story.client.post(
        address, data=call.body, params=call.query, headers=dict(call.headers)
    )
    assert answer.status == status, await answer.text()
    return await (answer.json(content_type=None) if provider == "dingtalk" else answer.read())


def opened(body: bytes) -> str:
    """返回企业微信解密后看到的内容。"""
    outer = flat_xml.read(body)
    envelope = EncryptedEnvelope(
        outer["TimeStamp"], outer["Nonce"], outer["Encrypt"], outer["MsgSignature"]
    )
    return decrypt_envelope(WECOM, envelope, NOON).content.decode()


async def test_wecom_report_becomes_card_that_is_acknowledged(
    story: Story, vendor: FakeVendor
) -> None:
    """在企业微信里报障,值班收到卡片,按钮受理,卡片随之更新。"""
    reply = opened(await heard(story, "wecom", wecom(xml(**said()))))
    number = reply.split("[", 1)[1].split("]")[0]
    await story.settled(number, 2)
    (sent,) = vendor.bodies(SENT)
    keys = {one["text"]: one["key"] for one in sent["template_card"]["button_list"]}
    assert (sent["touser"], list(keys)) == ("lisi", ["受理", "接不了", "解决"])
    anew = opened(await heard(story, "wecom", wecom(xml(**pressed(keys["受理"])))))
    assert "<MsgType>update_template_card</MsgType>" in anew
    record = await story.record(number)
    assert (record["handler"], record["title"], record["source"]) == (
        "lisi",
        "支付页面打不开",
        "wecom",
    )


async def test_dingtalk_report_becomes_card_that_is_resolved(
    story: Story, vendor: FakeVendor
) -> None:
    """在钉钉里报障,值班收到卡片,先受理再解决。"""
    reply = (await heard(story, "dingtalk", robot()))["text"]["content"]
    number = reply.split("[", 1)[1].split("]")[0]
    await story.settled(number, 2)
    filled = vendor.bodies(CREATED)[0]["cardData"]["cardParamMap"]
    press = {"action": "acknowledge", "token": filled["acknowledge_token"]}
    anew = (await heard(story, "dingtalk", card(params=press)))["cardData"]["cardParamMap"]
    assert (anew["acknowledge_token"], anew["resolve_label"]) == ("", "解决")
    solved = {"action": "resolve", "token": anew["resolve_token"], "note": "重启了网关"}
    await heard(story, "dingtalk", card(params=solved))
    record = await story.record(number)
    assert (record["state"], record["solution"]) == ("resolved", "重启了网关")


async def test_cards_follow_changes_of_their_incident(story: Story, vendor: FakeVendor) -> None:
    """在网页上受理、解决:钉钉卡片每次更新,企业微信卡片更新一次。"""
    number = (await story.alert("磁盘已满"))["incident"]
    await story.settled(number, 2)
    await story.act(number, "acknowledge", "lisi")
    assert await queue_card_updates(story.gateway.uow, {"dingtalk", "wecom"}) == 2
    await story.settled(number, 4)
    (once,) = vendor.bodies(ONCE)
    assert (once["userids"], once["response_code"]) == (["lisi"], "code/=1")
    assert [one["text"] for one in once["template_card"]["button_list"]] == ["解决"]
    await story.act(number, "resolve", "lisi", solution="清理日志")
    assert await queue_card_updates(story.gateway.uow, {"dingtalk", "wecom"}) == 1
    await story.settled(number, 6)
    created, *changes = vendor.bodies(CREATED) + vendor.bodies(CHANGED)
    assert {one["outTrackId"] for one in changes} == {created["outTrackId"]}
    shown = [one["cardData"]["cardParamMap"] for one in (created, *changes)]
    assert [bool(one["acknowledge_token"]) for one in shown] == [True, False, False]
    assert [bool(one["resolve_token"]) for one in shown] == [True, True, False]


async def test_repeated_message_opens_one_incident_and_stranger_press_is_refused(
    story: Story, vendor: FakeVendor
) -> None:
    """同一条消息推送三次只记一次;陌生人点按钮无效。"""
    for _ in range(3):
        await heard(story, "wecom", wecom(xml(**said())))
    records = (await story.call("GET", "incidents"))["incidents"]
    assert len(records) == 1
    await story.settled(records[0]["number"], 2)
    key = vendor.bodies(SENT)[0]["template_card"]["button_list"][0]["key"]
    refused = opened(await heard(story, "wecom", wecom(xml(**pressed(key, FromUserName="wangwu")))))
    assert "update_button" in refused
    assert (await story.record(records[0]["number"]))["handler"] == ""


async def test_address_checks_are_answered_and_forged_requests_refused(story: Story) -> None:
    """两家都能校验地址;伪造的请求被拒绝。"""
    address = f"/ingest/chat/wecom/{story.keys['ingest']}"
    call = wecom(b"1616140317555161061")
    echo = {**call.query, "echostr": flat_xml.read(call.body)["Encrypt"]}
    assert await (await story.client.get(address, params=echo)).read() == b"1616140317555161061"
    told = await heard(story, "dingtalk", event({"EventType": "check_url"}))
    assert (
        decrypt_envelope(
            WECOM,
            EncryptedEnvelope(
                told["timeStamp"], told["nonce"], told["encrypt"], told["msg_signature"]
            ),
            NOON,
        ).content
        == b"success"
    )
    for provider, lie in (
        ("wecom", wecom(xml(**said()), token="other")),
        ("dingtalk", robot(secret="other")),
    ):
        await heard(story, provider, lie, 401)
    assert (await story.call("GET", "incidents"))["incidents"] == []
