"""A client of the OpenID Connect identity provider: its metadata, keys and token endpoint.

Only addresses that the address guard allows are called, by https unless private addresses are
allowed, and no redirect is followed.
"""

import base64
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from joserfc.jwk import KeySet

from gateway.access.id_token import ExpectedClaims, Subject, verify_id_token
from gateway.egress.address_guard import AddressGuard, AddressRefused, PinnedResolver
from gateway.errors import Unauthenticated, Unavailable
from gateway.settings import Oidc
from gateway.timing.clock import Clock
from gateway.tokens.foreign_tokens import UnknownTokenKey, signing_keys

T = TypeVar("T")
log = structlog.get_logger()

TIMEOUT_S = 5.0
LARGEST = 262_144
BELIEVED_S = 3_600.0
"""Seconds for which the provider's metadata and keys are cached."""

AGAIN_S = 60.0
"""Seconds between two fetches for an unknown key, so that not every bad token causes one."""


class Metadata(msgspec.Struct, frozen=True):
    """The fields used of the provider's configuration (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Tokens(msgspec.Struct, frozen=True):
    """The field used of the token endpoint's response."""

    id_token: str


class IdentityProvider:
    """A client of one provider that caches its metadata and keys."""

    def __init__(self, settings: Oidc, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._guard = (
            AddressGuard(private=True, ports=None) if settings.allow_private else AddressGuard()
        )
        self._session = ClientSession(
            connector=TCPConnector(
                resolver=PinnedResolver(self._guard), use_dns_cache=False, limit=8
            ),
            timeout=ClientTimeout(total=TIMEOUT_S),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={
                "user-agent": "incident-gateway",
                "accept": "application/json",
                "accept-encoding": "identity",
            },
        )
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def metadata(self) -> Metadata:
        """Return the provider's endpoints; raise Unavailable if they cannot be read."""
        now = self._clock.monotonic()
        if self._metadata is None or now >= self._metadata[0] + BELIEVED_S:
            body = await self._fetch(
                "GET", self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            )
            found = _decoded(body, Metadata)
            if found.issuer != self._settings.issuer:
                raise Unavailable(
                    "the identity provider calls itself by another name than login.oidc.issuer"
                )
            self._metadata = (now, found)
        return self._metadata[1]

    async def subject(
        self, code: str, verifier: str, redirect_url: str, expected: ExpectedClaims
    ) -> Subject:
        """Return the person that the authorization code stands for.

        Raises Unavailable, Unauthenticated, and Untrusted for a token that fails a check.
        """
        token = await self._exchange(code, verifier, redirect_url)
        try:
            return verify_id_token(token, await self._signing_keys(BELIEVED_S), expected)
        except UnknownTokenKey:
            return verify_id_token(token, await self._signing_keys(AGAIN_S), expected)

    async def _signing_keys(self, believed: float) -> KeySet:
        now = self._clock.monotonic()
        if self._keys is None or now >= self._keys[0] + believed:
            document = _decoded(
                await self._fetch("GET", (await self.metadata()).jwks_uri), dict[str, Any]
            )
            self._keys = (now, signing_keys(document))
        return self._keys[1]

    async def _exchange(self, code: str, verifier: str, redirect_url: str) -> str:
        settings = self._settings
        named = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret, safe='')}"
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_url,
            "client_id": settings.client_id,
            "code_verifier": verifier,
        }
        headers = (
            {"authorization": "Basic " + base64.b64encode(named.encode()).decode()}
            if settings.client_secret
            else {}
        )
        body = await self._fetch(
            "POST", (await self.metadata()).token_endpoint, data=form, headers=headers
        )
        return _decoded(body, Tokens).id_token

    async def _fetch(self, method: str, address: str, **more: Any) -> bytes:
        try:
            url = self._guard.check_url(address)
            if url.scheme != "https" and not self._settings.allow_private:
                raise Unavailable("the identity provider is called by https only")
            async with self._session.request(method, url, allow_redirects=False, **more) as answer:
                body = await _bounded(answer)
        except AddressRefused as refusal:
            raise Unavailable(f"the identity provider's address is refused: {refusal}") from refusal
        except (ClientError, OSError) as error:
            raise Unavailable("the identity provider cannot be reached") from error
        if 400 <= answer.status < 500 and method == "POST":
            log.warning("code_refused", status=answer.status)
            raise Unauthenticated("the identity provider does not know this log-in: begin again")
        if answer.status != 200:
            raise Unavailable(f"the identity provider answered {answer.status}")
        return body


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for chunk in answer.content.iter_chunked(65_536):
        body += chunk
        if len(body) > LARGEST:
            raise Unavailable("the identity provider's answer is too large")
    return body


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unavailable("the identity provider's answer cannot be read") from error
