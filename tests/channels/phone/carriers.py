"""Fake servers of carriers: they check a request as the real ones do, and answer as told."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.channels.opening import ChannelParts
from gateway.channels.phone.outgoing.orders import CallOrder, TemplateValues, TextOrder
from gateway.db.pool import Pool
from gateway.notify.call_tokens import CallSubject
from gateway.settings import Settings, load
from gateway.settings.notify import VendorTables
from tests.support.clock import NOON, FakeClock

ORDER_ID = UUID("018f6c1e-7c1a-7b0e-9c1d-0123456789ab")
VALUES = TemplateValues("INC-20260302-0001", "P1", "database of the order service is down today")
SUBJECT = CallSubject(7, 3, "ann", NOON)
TEXT = TextOrder(ORDER_ID, "+8613800138000", "[INC-1] P1 opened: disk full", VALUES)
CALL = CallOrder(ORDER_ID, "+8613800138000", SUBJECT, VALUES)
PRIVATE_KEY = (
    generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)
SECRETS = (b"s" * 32,)


@dataclass
class FakeCarrier:
    """A carrier's server: what it was asked for, and what it answers."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    url: str = ""
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, asked: dict[str, Any]) -> web.Response:
        self.asked.append(asked)
        self.heard.set()
        body = self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)
        return web.Response(
            status=self.status, body=body, headers=self.headers, content_type="application/json"
        )

    def check(self, what: str, *, holds: bool) -> None:
        if not holds:
            self.wrong.append(what)


@asynccontextmanager
async def serving(fake: FakeCarrier, routes: list[web.RouteDef]) -> AsyncIterator[FakeCarrier]:
    app = web.Application()
    app.router.add_routes(routes)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake


def parts(stack: Any, pool: Pool, tables: Mapping[str, Any]) -> ChannelParts:
    """Return parts with the sections of vendors."""
    return ChannelParts(stack, pool, configured(tables), FakeClock(), SECRETS)


def configured(tables: Mapping[str, Any]) -> Settings:
    """Return settings with the sections of vendors."""
    plain = load(None, {})
    return msgspec.structs.replace(
        plain,
        vendors=VendorTables(tables),
        phone=msgspec.structs.replace(plain.phone, public_url="https://gw.example"),
    )


def aliyun_tables(url: str) -> dict[str, Any]:
    return {
        "access_key_id": "LTAI1",
        "access_key_secret": "s3same",
        "sms_api": url,
        "voice_api": url,
        "sign_name": "某某科技",
        "sms_template": "SMS_15305****",
        "voice_template": "TTS_1001****",
        "allow_private": True,
    }


async def aliyun_request(fake: FakeCarrier, request: web.Request) -> web.Response:
    """Check the signature over what arrived, as Aliyun does."""
    query, head = dict(request.query), request.headers
    kind, _, rest = head["Authorization"].partition(" ")
    told = dict(part.split("=", 1) for part in rest.split(","))
    canonical = "&".join(
        f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in sorted(query.items())
    )
    names = told["SignedHeaders"].split(";")
    lines = "".join(f"{name}:{head[name]}\n" for name in names)
    body = await request.read()
    asked = "\n".join(
        ("POST", request.path, canonical, lines, told["SignedHeaders"], sha256(body).hexdigest())
    )
    to_sign = f"{kind}\n{sha256(asked.encode()).hexdigest()}".encode()
    fake.check(
        "signature", holds=hmac.digest(b"s3same", to_sign, "sha256").hex() == told["Signature"]
    )
    fake.check("key", holds=told["Credential"] == "LTAI1" and kind == "ACS3-HMAC-SHA256")
    fake.check("time", holds=head["x-acs-date"] == "2026-03-02T12:00:00Z")
    fake.check(
        "body", holds=body == b"" and head["x-acs-content-sha256"] == sha256(b"").hexdigest()
    )
    return fake.answer(query | {"action": head["x-acs-action"], "version": head["x-acs-version"]})


def tencent_tables(url: str) -> dict[str, Any]:
    return {
        "secret_id": "AKID1",
        "secret_key": "s3same",
        "sms_api": url,
        "voice_api": url,
        "sms_app_id": "1400006666",
        "sign_name": "某某科技",
        "sms_template": "1110",
        "voice_app_id": "1400007777",
        "voice_template": "4356",
        "allow_private": True,
    }


async def tencent_request(fake: FakeCarrier, request: web.Request) -> web.Response:
    """Check the signature over what arrived, as Tencent Cloud does."""
    body, head = await request.read(), request.headers
    kind, _, rest = head["Authorization"].partition(" ")
    told = dict(part.strip().split("=", 1) for part in rest.split(","))
    key_id, day, service, ending = told["Credential"].split("/")
    names = told["SignedHeaders"].split(";")
    lines = "".join(f"{name}:{head[name]}\n" for name in names)
    digest = sha256(body).hexdigest()
    asked = f"POST\n/\n\n{lines}\n{told['SignedHeaders']}\n{digest}".encode()
    scope = f"{day}/{service}/{ending}"
    to_sign = f"{kind}\n{head['X-TC-Timestamp']}\n{scope}\n{sha256(asked).hexdigest()}"
    key = b"TC3s3same"
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    fake.check(
        "signature", holds=hmac.digest(key, to_sign.encode(), "sha256").hex() == told["Signature"]
    )
    fake.check("key", holds=key_id == "AKID1" and {"content-type", "host"} <= set(names))
    fake.check("time", holds=head["X-TC-Timestamp"] == str(int(NOON.timestamp())))
    fake.check("day", holds=day == "2026-03-02")
    asked_for = {name: head[f"X-TC-{name.title()}"] for name in ("action", "version", "region")}
    return fake.answer(msgspec.json.decode(body) | asked_for | {"service": service})


def vonage_tables(url: str) -> dict[str, Any]:
    return {
        "application_id": "app-1",
        "private_key": PRIVATE_KEY,
        "sender": "+18005551212",
        "key": "gwk_x",
        "api": url,
        "allow_private": True,
    }


async def vonage_request(fake: FakeCarrier, request: web.Request) -> web.Response:
    """Check the token by the public key, as Vonage does."""
    kind, _, token = request.headers["Authorization"].partition(" ")
    read = jwt.decode(token, RSAKey.import_key(PRIVATE_KEY), algorithms=["RS256"])
    fake.check("token", holds=kind == "Bearer" and read.claims["application_id"] == "app-1")
    fake.check("time", holds=read.claims["iat"] == int(NOON.timestamp()))
    lasts = timedelta(seconds=read.claims["exp"] - read.claims["iat"])
    fake.check("end", holds=timedelta(0) < lasts <= timedelta(minutes=15))
    return fake.answer({**msgspec.json.decode(await request.read()), "path": request.path})
