"""An ID token is accepted if all of it is valid, and refused if one claim is wrong."""

from typing import Any

import pytest
from joserfc.jwk import KeySet

from gateway.access.id_token import ExpectedClaims, Subject, verify_id_token
from gateway.tokens.foreign_tokens import UnknownTokenKey, UntrustedToken, signing_keys
from tests.support.clock import NOON
from tests.support.identity_provider import (
    FOREIGN_KEY,
    KEY,
    NEXT_KEY,
    signed,
    signed_with_public_key_as_secret,
    unsigned,
)

NOW = int(NOON.timestamp())
EXPECTED = ExpectedClaims("https://id.example", "gateway", "n0nce", NOON)
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example",
    "aud": "gateway",
    "sub": "u-1",
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "n0nce",
    "email": "ann@example.com",
    "email_verified": True,
}
PUBLISHED = signing_keys(KeySet([KEY, NEXT_KEY]).as_dict())


@pytest.mark.parametrize(
    ("key", "algorithm"), [(KEY, "RS256"), (KEY, "PS256"), (NEXT_KEY, "ES256")]
)
def test_valid_id_token_identifies_subject(key: Any, algorithm: str) -> None:
    assert verify_id_token(signed(CLAIMS, key, algorithm), PUBLISHED, EXPECTED) == Subject(
        "u-1", "ann@example.com"
    )


@pytest.mark.parametrize(
    "more",
    [
        {"aud": ["gateway"]},
        {"aud": ["x", "gateway"], "azp": "gateway"},
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"nbf": NOW},
        {"nbf": NOW + 60},
    ],
)
def test_claims_allowed_by_standard_are_accepted(more: dict[str, Any]) -> None:
    assert verify_id_token(signed(CLAIMS | more), PUBLISHED, EXPECTED).id == "u-1"


@pytest.mark.parametrize(
    "more",
    [
        {"iss": "https://id.example.evil"}, {"iss": "https://id.example/"}, {"iss": None},
        {"aud": "other"}, {"aud": ["other"]}, {"aud": None}, {"aud": ["gateway", "x"]},
        {"aud": ["gateway", "x"], "azp": "x"}, {"azp": "x"}, {"exp": NOW - 60}, {"exp": None},
        {"exp": "9999999999"}, {"exp": True}, {"iat": NOW + 61}, {"iat": None}, {"nbf": NOW + 61},
        {"nbf": "x"}, {"nonce": "other"}, {"nonce": None}, {"nonce": 1}, {"nonce": "ñ"},
        {"sub": ""}, {"sub": None}, {"sub": "x" * 256}, {"sub": 1}, {"exp": float("nan")},
        {"nbf": None}, {"azp": ["gateway"]}, {"nonce": ["n0nce"]},
    ],
    ids=str,
)  # fmt: skip
def test_id_token_with_one_wrong_claim_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UntrustedToken):
        verify_id_token(signed(CLAIMS | more), PUBLISHED, EXPECTED)


@pytest.mark.parametrize(
    "token",
    [
        unsigned(CLAIMS), signed_with_public_key_as_secret(CLAIMS), signed(CLAIMS, FOREIGN_KEY),
        signed(CLAIMS)[:-4] + "AAAA", signed(CLAIMS, KEY, "RS512"),
        signed(CLAIMS).rpartition(".")[0] + ".", "", "a.b.c", "....", "ä.ö.ü",
        signed(CLAIMS, NEXT_KEY, "ES256", kid="one"), signed(CLAIMS, KEY, "RS256", kid="two"),
    ],
    ids=["none", "HS256 with the public key", "stranger", "bad signature", "RS512", "stripped",
         "empty", "rubbish", "dots", "no ASCII", "EC under an RSA key's name",
         "RSA under an EC key's name"],
)  # fmt: skip
def test_id_token_not_signed_by_provider_is_refused(token: str) -> None:
    with pytest.raises(UntrustedToken):
        verify_id_token(token, PUBLISHED, EXPECTED)


def test_id_token_with_altered_claims_is_refused() -> None:
    head, _, signature = signed(CLAIMS).split(".")
    other = signed(CLAIMS | {"sub": "u-2"}).split(".")[1]
    with pytest.raises(UntrustedToken):
        verify_id_token(f"{head}.{other}.{signature}", PUBLISHED, EXPECTED)


def test_missing_signing_key_raises_unknown_key() -> None:
    with pytest.raises(UnknownTokenKey):
        verify_id_token(
            signed(CLAIMS, NEXT_KEY, "ES256"),
            signing_keys(KeySet([KEY, FOREIGN_KEY]).as_dict()),
            EXPECTED,
        )


@pytest.mark.parametrize(
    "more",
    [{"email_verified": False}, {"email_verified": "true"}, {"email_verified": None}, {"email": 1}],
)
def test_unverified_email_is_ignored(more: dict[str, Any]) -> None:
    assert verify_id_token(signed(CLAIMS | more), PUBLISHED, EXPECTED).email == ""


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": None},
        {"keys": []},
        {"keys": [{"kty": "oct", "k": "AAAA"}]},
        {"keys": [{"kty": "RSA"}]},
    ],
)
def test_key_set_without_signing_keys_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(UntrustedToken):
        signing_keys(document)
