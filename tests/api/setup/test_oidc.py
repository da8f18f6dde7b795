"""Tests of the login by OpenID Connect, with a provider that can send false answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

from gateway.access.identity_provider import IdentityProvider
from gateway.access.login import LoginService
from gateway.access.oidc import OidcLogin
from gateway.api.setup.oidc import COOKIE
from gateway.db.pool import Pool
from gateway.settings import Oidc
from tests.support import identity_provider as idp
from tests.support.api import Api
from tests.support.clock import FakeClock
from tests.support.identity_provider import CLIENT, NEXT_KEY, SECRET, FakeIdentityProvider, signed

BACK = "https://gateway.example/api/v1/login/oidc/callback"
VERIFIED = {"email": "ANN@example.com", "email_verified": True}


@pytest.fixture
async def provider(clock: FakeClock) -> AsyncIterator[FakeIdentityProvider]:
    made = FakeIdentityProvider(clock)
    server = TestServer(made.app())
    await server.start_server()
    made.issuer = str(server.make_url("/")).rstrip("/")
    yield made
    await server.close()


@pytest.fixture
async def oidc(
    provider: FakeIdentityProvider, login: LoginService, clock: FakeClock
) -> AsyncIterator[OidcLogin]:
    settings = Oidc(provider.issuer, CLIENT, SECRET, BACK, "openid email", allow_private=True)
    asked = IdentityProvider(settings, clock)
    yield OidcLogin(login, asked, settings, BACK)
    await asked.close()


@pytest.fixture
async def ann(api: Api) -> None:
    await api.call(
        "POST",
        "/api/v1/people",
        {"login": "ann", "name": "Ann", "email": "ann@example.com", "roles": ["tier2"]},
    )


async def begin(api: Api) -> tuple[dict[str, str], dict[str, str]]:
    """Begin a login; return the parameters for the provider and the browser's cookie."""
    answer = await api.client.get("/api/v1/login/oidc", allow_redirects=False)
    assert answer.status == 302, await answer.text()
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)
    return dict(URL(answer.headers["Location"]).query), {"Cookie": f"{COOKIE}={cookie.value}"}


async def finish(api: Api, query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
    answer = await api.client.get("/api/v1/login/oidc/callback", params=query, headers=headers)
    return answer.status, await answer.json(content_type=None)


async def log_in(api: Api, provider: FakeIdentityProvider) -> tuple[int, Any]:
    sent, browser = await begin(api)
    return await finish(api, {"code": provider.authorize(sent), "state": sent["state"]}, browser)


@pytest.mark.usefixtures("ann")
async def test_first_login_matches_verified_email_and_later_logins_the_subject(
    api: Api, provider: FakeIdentityProvider, clock: FakeClock
) -> None:
    provider.claims = VERIFIED
    status, opened = await log_in(api, provider)
    assert (status, opened["person"]["login"]) == (200, "ann")
    me = await api.client.get("/api/v1/me", headers={"X-Api-Key": opened["token"]})
    assert (await me.json())["name"] == "ann"
    provider.claims = {"email": "other@example.com", "email_verified": True}
    assert (await log_in(api, provider))[1]["person"]["login"] == "ann"
    provider.claims = VERIFIED | {"sub": "u-2"}
    assert (await log_in(api, provider))[0] == 401
    assert (await api.call("DELETE", "/api/v1/people/ann/identity"))[0] == 204
    assert (
        await api.client.get("/api/v1/me", headers={"X-Api-Key": opened["token"]})
    ).status == 200
    clock.advance(timedelta(seconds=5))
    assert (
        await api.client.get("/api/v1/me", headers={"X-Api-Key": opened["token"]})
    ).status == 401
    assert (await log_in(api, provider))[1]["person"]["login"] == "ann"
    assert (await api.call("DELETE", "/api/v1/people/nobody/identity"))[0] == 404
    assert provider.asked["configuration"] == provider.asked["keys"] == 1


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "claims", [{}, {"email": "ann@example.com"}, VERIFIED | {"email": "eve@example.com"}]
)
async def test_login_of_unknown_or_unverified_identity_returns_401(
    api: Api, provider: FakeIdentityProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert (await log_in(api, provider))[0] == 401


@pytest.mark.usefixtures("ann")
async def test_login_of_deactivated_person_returns_401(
    api: Api, provider: FakeIdentityProvider
) -> None:
    provider.claims = VERIFIED
    assert (await log_in(api, provider))[0] == 200
    await api.call("DELETE", "/api/v1/people/ann")
    assert (await log_in(api, provider))[0] == 401


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "sign",
    [
        idp.unsigned,
        idp.signed_with_public_key_as_secret,
        lambda claims: signed(claims, idp.FOREIGN_KEY),
    ],
)
async def test_token_not_signed_by_provider_returns_401(
    api: Api, provider: FakeIdentityProvider, sign: Any
) -> None:
    provider.claims, provider.sign = VERIFIED, sign
    status, problem = await log_in(api, provider)
    assert (status, problem["detail"]) == (
        401,
        "the identity provider's answer is not to be trusted",
    )


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "claims", [{"iss": "https://evil.example"}, {"aud": "x"}, {"exp": 1}, {"nonce": "x"}]
)
async def test_token_with_wrong_issuer_audience_expiry_or_nonce_returns_401(
    api: Api, provider: FakeIdentityProvider, claims: dict[str, Any]
) -> None:
    provider.claims = VERIFIED | claims
    assert (await log_in(api, provider))[0] == 401


@pytest.mark.usefixtures("ann")
async def test_login_state_is_single_use_bound_to_browser_and_expires(
    api: Api, provider: FakeIdentityProvider, clock: FakeClock
) -> None:
    provider.claims = VERIFIED
    sent, browser = await begin(api)
    query = {"code": provider.authorize(sent), "state": sent["state"]}
    assert (await finish(api, query, {"Cookie": "gateway_login=other"}))[0] == 401
    assert (await finish(api, query | {"state": "other"}, browser))[0] == 401
    assert (await finish(api, query, browser))[0] == 200
    provider.authorize(sent)
    assert (await finish(api, query, browser))[0] == 401
    sent, browser = await begin(api)
    clock.advance(timedelta(minutes=10))
    assert (await finish(api, {"code": provider.authorize(sent), "state": sent["state"]}, browser))[
        0
    ] == 401


@pytest.mark.usefixtures("ann")
async def test_error_wrong_issuer_or_stolen_code_returns_401(
    api: Api, provider: FakeIdentityProvider
) -> None:
    provider.claims = VERIFIED
    sent, browser = await begin(api)
    query = {"code": provider.authorize(sent), "state": sent["state"]}
    assert (await finish(api, query | {"error": "access_denied"}, browser))[0] == 401
    assert (await finish(api, query | {"iss": "https://evil.example"}, browser))[0] == 401
    sent, browser = await begin(api)
    theirs, _ = await begin(api)
    assert (
        await finish(api, {"code": provider.authorize(theirs), "state": sent["state"]}, browser)
    )[0] == 401
    assert (await finish(api, {}, {}))[0] == 401


@pytest.mark.usefixtures("ann")
async def test_rotated_provider_key_is_fetched_at_limited_rate(
    api: Api, provider: FakeIdentityProvider, clock: FakeClock
) -> None:
    provider.claims = VERIFIED
    assert (await log_in(api, provider))[0] == 200
    provider.sign = lambda claims: signed(claims, NEXT_KEY, "ES256")
    assert (await log_in(api, provider))[0] == 401
    provider.keys = [NEXT_KEY]
    clock.advance(timedelta(seconds=61))
    assert (await log_in(api, provider))[0] == 200
    assert provider.asked["keys"] == 2


async def test_unavailable_or_misidentified_provider_returns_503(
    api: Api, provider: FakeIdentityProvider
) -> None:
    provider.calls_itself = "https://evil.example"
    assert (await api.client.get("/api/v1/login/oidc")).status == 503
    provider.calls_itself, provider.answers = None, 500
    assert (await api.client.get("/api/v1/login/oidc")).status == 503


async def test_private_provider_address_is_refused_unless_allowed(
    provider: FakeIdentityProvider, clock: FakeClock, api: Api, oidc: OidcLogin
) -> None:
    strict = Oidc(provider.issuer, CLIENT, SECRET, BACK, "openid", allow_private=False)
    asked = IdentityProvider(strict, clock)
    object.__setattr__(oidc, "provider", asked)
    status, problem = await finish_nothing(api)
    await asked.close()
    assert (status, "refused" in problem["detail"], provider.asked) == (503, True, {})


async def finish_nothing(api: Api) -> tuple[int, Any]:
    answer = await api.client.get("/api/v1/login/oidc", allow_redirects=False)
    return answer.status, await answer.json(content_type=None)


async def test_number_of_pending_logins_is_limited(api: Api, pool: Pool) -> None:
    statuses = [
        (await api.client.get("/api/v1/login/oidc", allow_redirects=False)).status
        for _ in range(33)
    ]
    assert statuses == [302] * 30 + [429] * 3
    assert await pool.fetchval("SELECT count(*) FROM login_state") == 30
