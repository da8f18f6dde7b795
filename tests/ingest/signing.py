"""Senders that sign: each signs as its documentation says, with a secret of its own, and can be made to lie."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from standardwebhooks import Webhook

from gateway.settings import Intake
from tests.ingest.requests import FIXTURES

OLD, NEW = "the secret before this one", "the secret of today"
WHSEC_OLD, WHSEC_NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_cGxlYXNlIGRvIG5vdCB0ZWxsIGFueWJvZHk="


@dataclass(frozen=True)
class Signer:
    """One sender: its two live secrets, the account it sends for, its fixture, and how it signs a body at a time."""

    slug: str
    secrets: tuple[str, str]
    account: str
    sign: Callable[[str, bytes, datetime], dict[str, str]]
    signature: str
    stale: bool = True

    def body(self) -> bytes:
        return (FIXTURES / self.slug / "firing" / "request.http").read_bytes().partition(b"\n\n")[2]

    def intake(self, *accounts: str) -> Intake:
        return Intake(secrets=self.secrets, accounts=accounts)


def stamp(at: datetime) -> str:
    return str(int(at.timestamp()))


def hexed(secret: str, content: bytes) -> str:
    return hmac.digest(secret.encode(), content, "sha256").hex()


def grafana(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    content = stamp(at).encode() + b":" + body
    return {"x-grafana-alerting-timestamp": stamp(at), "x-grafana-alerting-signature": hexed(secret, content)}


def sentry(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    return {"sentry-hook-timestamp": stamp(at), "sentry-hook-signature": hexed(secret, body)}


def standard(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """By the specification's own library, which takes the time without a zone."""
    mark = Webhook(secret).sign("msg_1", at.astimezone(UTC), body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp(at), "webhook-signature": f"v1a,AAAA {mark}"}


SIGNERS = [
    Signer("grafana", (NEW, OLD), "grafana.example/1", grafana, "x-grafana-alerting-signature"),
    Signer("sentry", (NEW, OLD), "a8e5d37a-696c-4c54-adb5-b3f28d64c7de", sentry, "sentry-hook-signature"),
    Signer("standard_webhooks", (WHSEC_NEW, WHSEC_OLD), "", standard, "webhook-signature"),
]


def lied(headers: Mapping[str, str], name: str, value: str | None) -> dict[str, str]:
    """The headers with one of them changed, or left out."""
    return {n: v for n, v in headers.items() if n != name} | ({name: value} if value is not None else {})
