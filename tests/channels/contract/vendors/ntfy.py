"""ntfy: messages as JSON, named by a sequence id, with a user's token."""

import re

from tests.channels.contract.fake_service import Call, Contract

SEQUENCE = re.compile(r"[-_A-Za-z0-9]{1,64}")
seen: set[str] = set()


def judge(call: Call) -> str:
    if call.headers["authorization"] != "Bearer tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2":
        return "revoked_token"
    if call.method == "DELETE":
        _, topic, sequence = call.path.split("/")
        assert (topic, sequence in seen) == ("ops", True)
        return "cancelled"
    assert (call.method, call.path) == ("POST", "/")
    body = call.body
    if body["topic"] == "private":
        return "unknown_recipient"
    assert body["topic"] == "ops"
    assert SEQUENCE.fullmatch(body["sequence_id"])
    assert 1 <= len(body["message"].encode()) <= 4_096
    assert 1 <= body["priority"] <= 5
    assert len(body.get("actions", ())) <= 3
    for action in body.get("actions", ()):
        assert action["action"] in {"view", "http"}
        assert action["label"]
        assert action["url"].startswith("https://")
    known = body["sequence_id"] in seen
    seen.add(body["sequence_id"])
    return "updated" if known else "delivered"


CONTRACT = Contract(
    channel="ntfy",
    table=lambda url: {
        "address": url,
        "token": "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2",
        "allow_private": True,
    },
    judge=judge,
    recipient="ops",
    unknown="private",
    revoked={"token": "tk_revoked"},
)
