"""The verification of ID tokens by the rules of OpenID Connect Core 1.0, 3.1.3.7. Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256")
"""The accepted signature algorithms, whatever a token's header says.

All are asymmetric, so that no public key can pass for a shared secret.
"""

KEY_TYPES = frozenset({"RSA", "EC"})

LEEWAY = timedelta(seconds=60)
"""The greatest difference accepted between the clocks of the provider and of PostgreSQL."""


class UntrustedToken(Exception):
    """An ID token that fails a check; the text is for the log."""


class UnknownProviderKey(UntrustedToken):
    """An ID token signed with a key that is not among the known ones: perhaps a newer one."""


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


def signing_keys(document: Mapping[str, Any]) -> KeySet:
    """Return the keys of a JWK set (RFC 7517) that may sign; raise Untrusted if there is none."""
    listed = document.get("keys")
    usable = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"
    ]
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise UntrustedToken(f"the provider's keys cannot be used: {error}") from error


def verify_id_token(token: str, keys: KeySet, expected: ExpectedClaims) -> Subject:
    """Return the subject of a token that passes every check.

    Raises Untrusted, and UnknownKey if the provider's keys should be fetched again.
    """
    try:
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    except InvalidKeyIdError as error:
        raise UnknownProviderKey(str(error)) from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise UntrustedToken(f"{type(error).__name__}: {error}") from error
    if (why := objection(claims, expected)) is not None:
        raise UntrustedToken(why)
    verified = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
    return Subject(claims["sub"], claims["email"] if verified else "")


def objection(claims: Mapping[str, Any], expected: ExpectedClaims) -> str | None:  # noqa: PLR0911 - one return a claim
    """Return the reason why these claims are not accepted, or None."""
    if claims.get("iss") != expected.issuer:
        return "another issuer"
    audience = claims.get("aud")
    if expected.audience not in (audience if isinstance(audience, list) else [audience]):
        return "another audience"
    if (
        claims.get(
            "azp", None if isinstance(audience, list) and len(audience) > 1 else expected.audience
        )
        != expected.audience
    ):
        return "another authorized party"
    if not isinstance(nonce := claims.get("nonce"), str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        return "another nonce"
    now, leeway = expected.now.timestamp(), LEEWAY.total_seconds()
    if not _number(claims.get("exp")) or claims["exp"] <= now - leeway:
        return "expired"
    if not _number(claims.get("iat")) or claims["iat"] > now + leeway:
        return "issued in the future"
    if not _number(claims.get("nbf", 0)) or claims.get("nbf", 0) > now + leeway:
        return "not valid yet"
    if not isinstance(subject := claims.get("sub"), str) or not 0 < len(subject) <= 255:
        return "no subject"
    return None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
