"""Twilio: text messages, with the account and its token by basic authentication."""

from base64 import b64decode

from gateway.db.pool import Pool
from tests.channels.contract.fake_service import Call, Contract

TOKEN = "t0ken-of-32-letters-and-digits-1"
PERSON = """
INSERT INTO person (login, name, phone, locale, roles, created_at, updated_at)
VALUES ($1, $1, $2, 'en', '{}', '2026-01-01', '2026-01-01')
"""


async def prepare(pool: Pool) -> None:
    await pool.execute(PERSON, "olga", "+8613800138000")
    await pool.execute(PERSON, "invalid", "+15005550001")
    await pool.execute(PERSON, "unassigned", "+8610000000000")


def judge(call: Call) -> str:
    who = b64decode(call.headers["authorization"].removeprefix("Basic ")).decode()
    if who != f"AC1:{TOKEN}":
        return "revoked_token"
    assert (call.method, call.path) == ("POST", "/2010-04-01/Accounts/AC1/Messages.json")
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert call.body["From"] == "+15550100000"
    assert 1 <= len(call.body["Body"]) <= 1_600
    return "unknown_recipient" if call.body["To"] == "+15005550001" else "delivered"


CONTRACT = Contract(
    channel="sms",
    table=lambda url: {
        "account": "AC1",
        "token": TOKEN,
        "sender": "+15550100000",
        "key": "gwk_x",
        "api": url,
    },
    judge=judge,
    recipient="olga",
    unknown="invalid",
    revoked={"token": "revoked-token"},
    lacks={
        "updated": "a text message cannot be changed",
        "cancelled": "a text message cannot be taken back",
    },
    prepare=prepare,
)
