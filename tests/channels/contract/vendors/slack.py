"""Slack: chat.postMessage, chat.update and chat.delete, with a bot's token."""

from tests.channels.contract.fake_service import Call, Contract, is_json

CASES = {"chat.postMessage": "delivered", "chat.update": "updated", "chat.delete": "cancelled"}


def judge(call: Call) -> str:
    if call.headers["authorization"] != "Bearer xoxb-1":
        return "revoked_token"
    assert (call.method, is_json(call)) == ("POST", True)
    case = CASES[call.path.removeprefix("/api/")]
    if call.body["channel"] == "C404":
        return "unknown_recipient"
    if case != "delivered":
        assert call.body["ts"] == "1503435956.000247"
    if case != "cancelled":
        _content(call)
    return case


def _content(call: Call) -> None:
    assert len(call.body["text"]) <= 40_000
    for block in call.body["blocks"]:
        if block["type"] == "section":
            assert 1 <= len(block["text"]["text"]) <= 3_000
        for element in block.get("elements", ()):
            assert len(element["text"]["text"]) <= 75
            assert len(element["value"]) <= 2_000


CONTRACT = Contract(
    channel="slack",
    table=lambda url: {"api": f"{url}/api", "token": "xoxb-1", "allow_private": True},
    judge=judge,
    recipient="C123ABC456",
    unknown="C404",
    revoked={"token": "xoxb-revoked"},
    waits=30,
)
