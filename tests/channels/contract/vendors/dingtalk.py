"""DingTalk: an application's cards, created and changed by the sender's own id."""

from uuid import UUID

from tests.channels.contract.fake_service import Call, Contract, is_json


def judge(call: Call) -> str:
    assert is_json(call)
    if call.path == "/v1.0/oauth2/accessToken":
        assert (call.method, call.body["appKey"]) == ("POST", "key")
        return "token" if call.body["appSecret"] == "s3cret" else "revoked_token"
    assert call.headers["x-acs-dingtalk-access-token"] == "fw8ef8we8f76e6f7s8dxxxx"
    if call.path == "/v1.0/robot/oToMessages/batchSend":
        assert len(call.body["msgParam"].encode()) <= 20_000
        assert call.body["robotCode"] == "robot"
        return "delivered"
    assert str(UUID(call.body["outTrackId"])) == call.body["outTrackId"]
    values = call.body["cardData"]["cardParamMap"].values()
    assert all(isinstance(value, str) and len(value.encode()) <= 1_000 for value in values)
    if call.path == "/v1.0/card/instances":
        assert call.method == "PUT"
        return "updated"
    assert (call.method, call.path) == ("POST", "/v1.0/card/instances/createAndDeliver")
    assert call.body["cardTemplateId"] == "template"
    unknown = call.body["openSpaceId"] == "dtv1.card//IM_ROBOT.nobody"
    return "unknown_recipient" if unknown else "delivered"


CONTRACT = Contract(
    channel="dingtalk",
    table=lambda url: {
        "address": url,
        "robot_address": url,
        "app_key": "key",
        "app_secret": "s3cret",
        "robot_code": "robot",
        "card_template": "template",
        "card_route": "incidents",
        "allow_private": True,
    },
    judge=judge,
    recipient="manager1",
    unknown="nobody",
    revoked={"app_secret": "revoked-secret"},
    waits=10,
    lacks={"cancelled": "a card that was delivered stays"},
)
