"""Vonage: text messages of an application, whose key signs a token for each request."""

from tests.channels.contract.fake_service import Call, Contract, is_json
from tests.channels.contract.vendors.twilio import prepare
from tests.channels.phone.carriers import FakeCarrier, vonage_request, vonage_tables


async def judge(call: Call) -> str:
    seen = FakeCarrier()
    await vonage_request(seen, call.request)
    if "token" in seen.wrong:
        return "revoked_token"
    assert (call.path, is_json(call), seen.wrong) == ("/v1/messages", True, [])
    assert (call.body["channel"], call.body["message_type"]) == ("sms", "text")
    assert 1 <= len(call.body["text"]) <= 1_000
    return "unknown_recipient" if call.body["to"] == "15005550001" else "delivered"


CONTRACT = Contract(
    channel="sms",
    table=vonage_tables,
    judge=judge,
    recipient="olga",
    unknown="invalid",
    revoked={"application_id": "revoked-application"},
    lacks={
        "updated": "a text message cannot be changed",
        "cancelled": "a text message cannot be taken back",
    },
    prepare=prepare,
)
