"""Gotify: messages with an application's token, deleted with a client's."""

from tests.channels.contract.fake_service import Call, Contract, is_json

APP, CLIENT = "AzyoeNS.D4iJLVa", "CzyoeNS.D4iJLVa"


def judge(call: Call) -> str:
    key = call.headers["x-gotify-key"]
    if call.method == "DELETE":
        assert (call.path, key) == ("/message/25", CLIENT)
        return "cancelled"
    if key == "A4040000000000.":
        return "unknown_recipient"
    if key != APP:
        return "revoked_token"
    assert (call.method, call.path, is_json(call)) == ("POST", "/message", True)
    assert call.body["message"]
    assert 0 <= call.body["priority"] <= 10
    assert call.body["extras"]["client::display"] == {"contentType": "text/plain"}
    return "delivered"


CONTRACT = Contract(
    channel="gotify",
    table=lambda url: {
        "address": url,
        "apps": {"ops": APP},
        "client_token": CLIENT,
        "allow_private": True,
    },
    judge=judge,
    recipient="ops",
    unknown="A4040000000000.",
    revoked={"apps": {"ops": "Arevoked0000000"}},
    lacks={
        "slow_down": "the server limits nobody",
        "updated": "a message cannot be changed",
    },
)
