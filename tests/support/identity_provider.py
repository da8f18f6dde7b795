"""A small OpenID Connect provider that can be made to lie."""

import base64
import hmac
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.support.clock import FakeClock

CLIENT, SECRET = "gateway", "s3cret: with a colon"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
NEXT_KEY = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
FOREIGN_KEY = RSAKey.generate_key(2048, {"kid": "one"})


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", **header: Any) -> str:
    return jwt.encode(
        {"alg": algorithm, "kid": key.kid} | header, claims, key, algorithms=[algorithm]
    )


def unsigned(claims: dict[str, Any]) -> str:
    return ".".join((_part({"alg": "none"}), _part(claims), ""))


def signed_with_public_key_as_secret(claims: dict[str, Any]) -> str:
    """Return the classic algorithm confusion: HS256 with the public key's PEM as the secret."""
    said = ".".join((_part({"alg": "HS256", "kid": "one"}), _part(claims)))
    return said + "." + _text(hmac.digest(KEY.as_pem(private=False), said.encode(), "sha256"))


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class FakeIdentityProvider:
    """A fake provider.

    `claims` overrides claims of the token; `sign` makes the token; `asked` counts requests by
    path.
    """

    clock: FakeClock
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    sign: Any = signed
    keys: list[Any] = field(default_factory=lambda: [KEY])
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    calls_itself: str | None = None
    answers: int = 200

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self.configuration),
                web.get("/keys", self.published),
                web.post("/token", self.token),
            ]
        )
        return app

    def authorize(self, query: dict[str, str], code: str = "c0de") -> str:
        """Simulate a login at the provider and return a code for these parameters."""
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        self.codes[code] = query
        return code

    async def configuration(self, _: web.Request) -> web.Response:
        self._count("configuration")
        ends = {name: f"{self.issuer}/{path}" for name, path in ENDPOINTS.items()}
        return web.json_response(
            {"issuer": self.calls_itself or self.issuer, **ends}, status=self.answers
        )

    async def published(self, _: web.Request) -> web.Response:
        self._count("keys")
        rubbish = [{"kty": "oct", "k": "AAAA", "kid": "one"}, {"kty": "unheard of"}, 7]
        return web.json_response({"keys": [*rubbish, *KeySet(self.keys).as_dict()["keys"]]})

    async def token(self, request: web.Request) -> web.Response:
        self._count("token")
        form = {name: str(value) for name, value in (await request.post()).items()}
        name, _, secret = (
            base64.b64decode(request.headers["Authorization"].removeprefix("Basic "))
            .decode()
            .partition(":")
        )
        asked = self.codes.pop(form["code"], None)
        if asked is None or (unquote(name), unquote(secret)) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_grant"}, status=400)
        challenge = (
            base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest())
            .rstrip(b"=")
            .decode()
        )
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(self.clock.at.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        return web.json_response(
            {"id_token": self.sign(claims | self.claims), "token_type": "Bearer"}
        )

    def _count(self, what: str) -> None:
        self.asked[what] = self.asked.get(what, 0) + 1


ENDPOINTS = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
