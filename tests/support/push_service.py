"""A browser that reads pushed messages as RFC 8291 says, and checks who sent them (RFC 8292)."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.db.pool import Pool
from tests.support.clock import NOON

SUBSCRIBE = """
INSERT INTO push_subscription
  (person_id, endpoint, p256dh, auth, server_key, label, created_at)
SELECT id, $2, $3, $4, $5, 'Firefox, Linux', $6 FROM person WHERE login = $1 RETURNING id
"""


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    prk = hmac.digest(salt, secret, "sha256")
    return hmac.digest(prk, info + b"\1", "sha256")[:length]


@dataclass
class FakeBrowser:
    """A browser with the keys of its subscription."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.derive_private_key(7**40, ec.SECP256R1())
    )
    auth: bytes = b"shared secret 16"

    @property
    def p256dh(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def decrypt(self, body: bytes) -> bytes:
        """Return the content of a message of one record; fails for any other."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert (length, len(sealed) <= size <= 4_096) == (65, True)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.private.exchange(ec.ECDH(), point)
        ikm = hkdf(self.auth, shared, b"WebPush: info\0" + self.p256dh + sender, 32)
        key = hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12)
        content, mark, padding = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\2")
        assert (mark, padding.strip(b"\0")) == (b"\2", b"")
        return content

    def posted(self, endpoint: str, server_key: str) -> dict[str, str]:
        """Return what the script of the page posts."""
        return {
            "endpoint": endpoint,
            "p256dh": b64(self.p256dh),
            "auth": b64(self.auth),
            "server_key": server_key,
        }

    async def subscribe(self, pool: Pool, login: str, endpoint: str, server_key: bytes) -> int:
        """Store the subscription of a person; return its id."""
        made: int = await pool.fetchval(
            SUBSCRIBE, login, endpoint, self.p256dh, self.auth, server_key, NOON
        )
        return made


@dataclass(frozen=True, slots=True)
class Proof:
    """The claims of a header of RFC 8292 whose signature is valid, and the key that it names."""

    claims: Mapping[str, Any]
    key: bytes


def verify(header: str, audience: str, now: datetime) -> Proof:
    """Return the claims of a valid header; fails for any other."""
    scheme, _, rest = header.partition(" ")
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, set(given)) == ("vapid", {"t", "k"})
    signed, _, signature = given["t"].rpartition(".")
    head, claims = (json.loads(unb64(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    raw = unb64(signature)
    assert len(raw) == 64
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    key = unb64(given["k"])
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    point.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))
    ends = timedelta(seconds=claims["exp"] - now.timestamp())
    assert timedelta(0) < ends <= timedelta(hours=24)
    assert claims["aud"] == audience
    assert claims["sub"].startswith(("mailto:", "https://"))
    return Proof(claims, key)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A message that a push service took: its path and headers, and what the browser read."""

    path: str
    headers: Mapping[str, str]
    shown: dict[str, Any]
    proof: Proof


@dataclass
class FakePushService:
    """A running push service; `answers` gives other answers than 201 by path."""

    browser: FakeBrowser
    now: datetime
    url: str = ""
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    pushed: list[Pushed] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        try:
            self.pushed.append(await self._read(request))
        except Exception as error:  # noqa: BLE001 - the test fails for it, not the server
            self.faults.append(repr(error))
            return web.Response(status=400)
        status, headers = self.answers.get(request.path, (201, {}))
        return web.Response(status=status, headers=headers)

    async def _read(self, request: web.Request) -> Pushed:
        assert request.method == "POST"
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert headers["content-encoding"] == "aes128gcm"
        assert int(headers["ttl"]) > 0
        body = await request.read()
        assert len(body) <= 4_096
        proof = verify(headers["authorization"], self.url, self.now)
        return Pushed(request.path_qs, headers, json.loads(self.browser.decrypt(body)), proof)


@asynccontextmanager
async def fake_push_service(now: datetime) -> AsyncIterator[FakePushService]:
    """Run a push service for one browser."""
    service = FakePushService(FakeBrowser(), now)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", service.answer)
    server = TestServer(app)
    await server.start_server(auto_decompress=False)
    service.url = str(server.make_url("")).rstrip("/")
    try:
        yield service
        assert service.faults == []
    finally:
        await server.close()
