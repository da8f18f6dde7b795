"""The verification of ID tokens by the rules of OpenID Connect Core 1.0, 3.1.3.7. Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc.jwk import KeySet

from gateway.tokens.foreign_tokens import RefusedClaim, TokenRequirements, verify_token


@dataclass(frozen=True, slots=True)
class ExpectedClaims:
    """The values that a token must match: issuer, audience, nonce and present time."""

    issuer: str
    audience: str
    nonce: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as the provider knows them; `email` is empty unless the provider verified it."""

    id: str
    email: str


def verify_id_token(token: str, keys: KeySet, expected: ExpectedClaims) -> Subject:
    """Return the subject of a token that passes every check.

    Raises UntrustedToken, and UnknownTokenKey if the provider's keys should be fetched again.
    """
    claims = verify_token(
        token, keys, TokenRequirements((expected.issuer,), expected.audience, expected.now)
    )
    if (claim := _wrong_claim(claims, expected)) is not None:
        raise RefusedClaim(claim)
    verified = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
    return Subject(claims["sub"], claims["email"] if verified else "")


def _wrong_claim(claims: Mapping[str, Any], expected: ExpectedClaims) -> str | None:
    """Return the claim of OpenID Connect that is missing or wrong, or None."""
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if several else expected.audience) != expected.audience:
        return "azp"
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        return "nonce"
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        return "sub"
    return None
