"""Bark: pushes as JSON to a device's key; Apple takes four kilobytes."""

import json

from tests.channels.contract.fake_service import Call, Contract, is_json

DEVICE = "ynJ5Ft4atkMkWeo2PAvFhF"
seen: set[str] = set()


def judge(call: Call) -> str:
    assert (call.method, call.path, is_json(call)) == ("POST", "/push", True)
    body = call.body
    assert len(body["id"].encode()) <= 64
    if body["device_key"] == "ynJ5Ft4atkMkWeo2PAvFhX":
        return "unknown_recipient"
    assert body["device_key"] == DEVICE
    if body.get("delete") == "1":
        assert body["id"] in seen
        return "cancelled"
    assert body["level"] in {"critical", "timeSensitive", "active", "passive"}
    assert body["body"]
    assert len(json.dumps(body, ensure_ascii=False).encode()) <= 4_096 - 300
    known = body["id"] in seen
    seen.add(body["id"])
    return "updated" if known else "delivered"


CONTRACT = Contract(
    channel="bark",
    table=lambda url: {"address": url, "allow_private": True},
    judge=judge,
    recipient=DEVICE,
    unknown="ynJ5Ft4atkMkWeo2PAvFhX",
    lacks={
        "slow_down": "the server limits nobody",
        "revoked_token": "there is no token; a device that is gone is tried in the vendor's test",
    },
)
