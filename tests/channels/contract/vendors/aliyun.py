"""Aliyun: a template of text messages, by a request that is signed (ACS3-HMAC-SHA256)."""

import json

from tests.channels.contract.fake_service import Call, Contract
from tests.channels.contract.vendors.twilio import prepare
from tests.channels.phone.carriers import FakeCarrier, aliyun_request, aliyun_tables


async def judge(call: Call) -> str:
    seen = FakeCarrier()
    await aliyun_request(seen, call.request)
    if "signature" in seen.wrong:
        return "revoked_token"
    (asked,) = seen.asked
    assert seen.wrong == []
    assert (asked["action"], asked["version"]) == ("SendSms", "2017-05-25")
    values = json.loads(asked["TemplateParam"])
    assert all(1 <= len(value) <= 35 for value in values.values())
    return "unknown_recipient" if asked["PhoneNumbers"] == "10000000000" else "delivered"


CONTRACT = Contract(
    channel="sms",
    table=aliyun_tables,
    judge=judge,
    recipient="olga",
    unknown="unassigned",
    revoked={"access_key_secret": "revoked-secret"},
    waits=60,
    lacks={
        "updated": "a text message cannot be changed",
        "cancelled": "a text message cannot be taken back",
    },
    prepare=prepare,
)
