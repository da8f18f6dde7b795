"""Teams: a workflow that takes Adaptive Cards, whose address is signed."""

import json

from tests.channels.contract.fake_service import Call, Contract, is_json

PATH = "/workflows/0ec499be/triggers/manual/paths/invoke"
QUERY = "api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=Kq3%2Bx_Y-1"
KINDS = {"RichTextBlock", "TextBlock", "FactSet"}


def judge(call: Call) -> str:
    if call.path == PATH.replace("0ec499be", "404"):
        return "unknown_recipient"
    assert (call.method, call.path, is_json(call)) == ("POST", PATH, True)
    assert (call.query["api-version"], call.query["sp"]) == ("2016-06-01", "/triggers/manual/run")
    if call.query["sig"] != "Kq3+x_Y-1":
        return "revoked_token"
    assert len(json.dumps(call.body, ensure_ascii=False).encode()) <= 28 * 1024
    (attached,) = call.body["attachments"]
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attached["content"]
    assert (call.body["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} <= KINDS
    for action in card.get("actions", ()):
        assert (action["type"], action["url"][:8]) == ("Action.OpenUrl", "https://")
    return "delivered"


CONTRACT = Contract(
    channel="teams",
    table=lambda url: {
        "workflows": {
            "ops": f"{url}{PATH}?{QUERY}",
            "gone": f"{url}{PATH.replace('0ec499be', '404')}?{QUERY}",
        },
        "allow_private": True,
    },
    judge=judge,
    recipient="ops",
    unknown="gone",
    waits=10,
    lacks={
        "revoked_token": "the signature is part of the address, tried in the vendor's own test",
        "updated": "a workflow does not tell what it posted",
        "cancelled": "a workflow does not tell what it posted",
    },
)
