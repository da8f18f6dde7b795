"""Feishu: cards sent, patched and recalled, with a token of the app."""

import json
import re

from tests.channels.contract.fake_service import Call, Contract, is_json

MESSAGE = re.compile(r"/open-apis/im/v1/messages/om_[0-9a-f]{32}")


def judge(call: Call) -> str:
    if call.path == "/open-apis/auth/v3/tenant_access_token/internal":
        assert (call.method, call.body["app_id"]) == ("POST", "cli_1")
        return "token" if call.body["app_secret"] == "s3same" else "revoked_token"
    assert call.headers["authorization"] == "Bearer t-caecc734c2e3328a62489fe0648c4b98779515d3"
    assert is_json(call)
    if call.method == "DELETE":
        assert MESSAGE.fullmatch(call.path)
        return "cancelled"
    assert json.loads(call.body["content"])["elements"]
    assert len(call.body["content"].encode()) <= 30_000
    if call.method == "PATCH":
        assert MESSAGE.fullmatch(call.path)
        assert call.body.keys() == {"content"}
        return "updated"
    assert (call.method, call.path) == ("POST", "/open-apis/im/v1/messages")
    assert (call.query["receive_id_type"], call.body["msg_type"]) == ("chat_id", "interactive")
    assert len(call.body["uuid"]) <= 50
    return "unknown_recipient" if call.body["receive_id"] == "oc_404" else "delivered"


CONTRACT = Contract(
    channel="feishu",
    table=lambda url: {
        "api": url,
        "app_id": "cli_1",
        "app_secret": "s3same",
        "allow_private": True,
    },
    judge=judge,
    recipient="oc_5ad11d72b830411d72b836c20",
    unknown="oc_404",
    revoked={"app_secret": "revoked-secret"},
)
