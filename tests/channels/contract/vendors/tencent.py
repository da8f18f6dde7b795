"""Tencent Cloud: a template of text messages, by a request that is signed (TC3-HMAC-SHA256)."""

from tests.channels.contract.fake_service import Call, Contract
from tests.channels.contract.vendors.twilio import prepare
from tests.channels.phone.carriers import FakeCarrier, tencent_request, tencent_tables


async def judge(call: Call) -> str:
    seen = FakeCarrier()
    await tencent_request(seen, call.request)
    if "signature" in seen.wrong:
        return "revoked_token"
    (asked,) = seen.asked
    assert seen.wrong == []
    assert (asked["action"], asked["version"]) == ("SendSms", "2021-01-11")
    assert all(1 <= len(value) <= 20 for value in asked["TemplateParamSet"])
    unknown = asked["PhoneNumberSet"] == ["+8610000000000"]
    return "unknown_recipient" if unknown else "delivered"


CONTRACT = Contract(
    channel="sms",
    table=tencent_tables,
    judge=judge,
    recipient="olga",
    unknown="unassigned",
    revoked={"secret_key": "revoked-secret"},
    waits=30,
    lacks={
        "updated": "a text message cannot be changed",
        "cancelled": "a text message cannot be taken back",
    },
    prepare=prepare,
)
