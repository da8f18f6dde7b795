"""The stored body of a chat vendor's call contains no token of the vendor.

Nor does it contain an address to which anybody may post a response.
"""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.chat.kept_body import mask_secrets

SECRET = "gIkuvaNzQIHg97ATvDxqgjtO"
HOOK = f"https://oapi.dingtalk.com/robot/sendBySession?session={SECRET}"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"token": SECRET, "text": "hello"}).encode(),
        json.dumps(
            {"header": {"token": SECRET}, "event": {"text": "hello"}}, separators=(",", ":")
        ).encode(),
        json.dumps({"sessionWebhook": HOOK, "text": "hello"}, indent=2).encode(),
        json.dumps({"sessionWebhook": HOOK, "text": "hello"}).replace("/", "\\/").encode(),
        urlencode({"token": SECRET, "response_url": HOOK, "text": "hello"}).encode(),
        urlencode(
            {"text": "hello", "payload": json.dumps({"token": SECRET, "response_url": HOOK})}
        ).encode(),
        urlencode(
            {"text": "hello", "payload": json.dumps({"token": SECRET}, separators=(",", ":"))}
        ).encode(),
    ],
)
def test_tokens_and_reply_addresses_are_redacted_from_stored_body(body: bytes) -> None:
    kept = mask_secrets(body)
    assert SECRET.encode() not in kept
    assert b"hello" in kept


@given(
    st.dictionaries(
        st.sampled_from(["token", "text", "response_url", "tokens"]),
        st.text(max_size=50),
        max_size=4,
    )
)
def test_redacted_json_stays_valid_and_otherwise_unchanged(said: dict[str, str]) -> None:
    kept = json.loads(mask_secrets(json.dumps(said).encode()))
    assert kept.keys() == said.keys()
    for name in ("text", "tokens"):
        if "token=" not in said.get(name, "") and "response_url=" not in said.get(name, ""):
            assert kept.get(name) == said.get(name)
