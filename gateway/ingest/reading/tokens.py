"""Verification of cloud tokens (JWT, RFC 7519), which some senders use to authenticate. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from gateway.errors import Unauthenticated
from gateway.ingest.reading.signatures import UnknownSigningKey

ALGORITHMS = ("RS256", "PS256", "ES256")
"""The accepted algorithms, whatever a token says.

All are asymmetric, so that no public key can be used as a shared secret.
"""

TYPES = frozenset({"RSA", "EC"})
LEEWAY = timedelta(seconds=60)
LONGEST = 8_192


@dataclass(frozen=True, slots=True)
class TokenRequirements:
    """The accepted issuers and audience of a token, and the time to check it against."""

    issuers: tuple[str, ...]
    audience: str
    now: datetime


def find_bearer_token(headers: Mapping[str, str]) -> str:
    """Return the token of the Authorization header; raises Unauthenticated where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not 0 < len(token) <= LONGEST:
        raise Unauthenticated("the request brings no token of the sender's cloud")
    return token.strip()


def verify_token(token: str, keys: bytes, wanted: TokenRequirements) -> Mapping[str, Any]:
    """Return the claims of a token once every check has passed.

    Raises Unauthenticated, and UnknownKey when it is worth fetching the keys again. The address
    of the keys is never taken from the token.
    """
    try:
        told = jwt.decode(token, _keys(keys), algorithms=list(ALGORITHMS)).claims
    except InvalidKeyIdError as error:
        raise UnknownSigningKey(
            "the token is signed with a key that its cloud does not show"
        ) from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Unauthenticated("the token is not signed by the sender's cloud") from error
    if (why := _objection(told, wanted)) is not None:
        raise Unauthenticated(f"the token is {why}")
    return told


def _objection(told: Mapping[str, Any], wanted: TokenRequirements) -> str | None:
    """Return why these claims are not accepted, or None."""
    now, leeway = wanted.now.timestamp(), LEEWAY.total_seconds()
    audience = told.get("aud")
    if told.get("iss") not in wanted.issuers:
        return "of another issuer"
    if wanted.audience not in (audience if isinstance(audience, list) else [audience]):
        return "for another audience"
    if not _number(told.get("exp")) or told["exp"] <= now - leeway:
        return "too old"
    if not _number(told.get("iat")) or told["iat"] > now + leeway:
        return "of the future"
    if not _number(told.get("nbf", 0)) or told.get("nbf", 0) > now + leeway:
        return "not valid yet"
    return None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@lru_cache(maxsize=8)
def _keys(document: bytes) -> KeySet:
    """Return the signing keys of a JWK set (RFC 7517); raises Unauthenticated if there are none."""
    try:
        listed = msgspec.json.decode(document, type=dict[str, Any]).get("keys")
        usable = (
            [one for one in listed if one.get("kty") in TYPES and one.get("use", "sig") == "sig"]
            if listed
            else []
        )
        return KeySet.import_key_set({"keys": usable})
    except (
        msgspec.DecodeError,
        JoseError,
        AttributeError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:
        raise Unauthenticated("the keys of the sender's cloud cannot be used") from error
