"""Web Push: encrypted messages, posted to the address that a browser gave, with a signed proof."""

import json
import re

from gateway.channels.push.webpush.vapid import key_of_secret, to_base64
from gateway.db.pool import Pool
from tests.channels.contract.fake_service import Call, Contract
from tests.support.clock import NOON
from tests.support.push_service import FakeBrowser, verify

SECRET = b"\1" * 32
SERVER_KEY = key_of_secret(SECRET).public
BROWSER = FakeBrowser()
PERSON = """
INSERT INTO person (login, name, locale, roles, created_at, updated_at)
VALUES ($1, $1, 'en', '{}', '2026-01-01', '2026-01-01') ON CONFLICT DO NOTHING
"""
TOPIC = re.compile(r"[A-Za-z0-9_-]{32}")


async def subscribe(pool: Pool, url: str) -> None:
    for login in ("olga", "gone"):
        await pool.execute(PERSON, login)
        await BROWSER.subscribe(pool, login, f"{url}/wpush/v2/{login}", SERVER_KEY)


def judge(call: Call) -> str:
    proof = verify(call.headers["authorization"], f"http://{call.headers['host']}", NOON)
    if proof.claims["sub"] != "mailto:ops@example.com":
        return "revoked_token"
    assert proof.key == SERVER_KEY
    assert call.method == "POST"
    assert call.headers["content-encoding"] == "aes128gcm"
    assert call.headers["content-type"] == "application/octet-stream"
    assert call.headers["ttl"] == "86400"
    assert call.headers["urgency"] in {"very-low", "low", "normal", "high"}
    assert TOPIC.fullmatch(call.headers.get("topic", "t" * 32))
    assert len(call.body) <= 4_096
    shown = json.loads(BROWSER.decrypt(call.body))
    assert shown["title"]
    assert shown["tag"]
    if call.path == "/wpush/v2/gone":
        return "unknown_recipient"
    assert call.path == "/wpush/v2/olga"
    return "delivered" if "topic" in call.headers else "updated"


CONTRACT = Contract(
    channel="webpush",
    table=lambda _: {
        "subject": "mailto:ops@example.com",
        "keys": to_base64(SECRET),
        "allow_private": True,
    },
    judge=judge,
    recipient="olga",
    unknown="gone",
    revoked={"subject": "mailto:nobody@example.com"},
    waits=120,
    lacks={"cancelled": "browsers require that every push is shown"},
    subscribe=subscribe,
)
