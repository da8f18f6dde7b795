"""Apprise: a service of the library that posts JSON."""

from tests.channels.contract.fake_service import Call, Contract, is_json


def judge(call: Call) -> str:
    assert (call.method, call.path, is_json(call)) == ("POST", "/hook", True)
    assert call.body["title"]
    return "delivered"


CONTRACT = Contract(
    channel="apprise",
    table=lambda url: {"urls": {"ops": f"{url.replace('http', 'json')}/hook?cto=2&rto=2"}},
    judge=judge,
    recipient="ops",
    unknown="nothing",
    lacks={
        "slow_down": "the library says only that a message was not accepted",
        "revoked_token": "the library says only that a message was not accepted",
        "unknown_recipient": "the library says only that a message was not accepted",
        "updated": "the library cannot",
        "cancelled": "the library cannot",
    },
)
