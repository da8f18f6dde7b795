"""Verification of JSON Web Tokens (RFC 7519) that other parties sign. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256")
"""The accepted signature algorithms, whatever a token's header says.

All are asymmetric, so that no public key can pass for a shared secret.
"""

KEY_TYPES = frozenset({"RSA", "EC"})

LEEWAY_S = 60
"""The greatest difference accepted between the clocks of the issuer and of the gateway."""


class UntrustedToken(Exception):
    """A token or a set of keys that fails a check; the text is for the log."""


class UnknownTokenKey(UntrustedToken):
    """A token signed with a key that is not among the known ones: perhaps a newer one."""


class RefusedClaim(UntrustedToken):
    """A signed token of which one claim is missing or wrong."""

    def __init__(self, claim: str) -> None:
        super().__init__(f"the claim {claim} is missing or wrong")
        self.claim = claim


@dataclass(frozen=True, slots=True)
class TokenRequirements:
    """The accepted issuers and audience of a token, and the time to check it against."""

    issuers: tuple[str, ...]
    audience: str
    now: datetime


def signing_keys(document: Mapping[str, Any]) -> KeySet:
    """Return the keys of a JWK set (RFC 7517) that may sign; raises UntrustedToken without any."""
    listed = document.get("keys")
    try:
        usable = [key for key in (listed if isinstance(listed, list) else []) if _may_sign(key)]
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise UntrustedToken(f"the keys cannot be used: {error}") from error


def _may_sign(key: object) -> bool:
    return isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"


def verify_token(token: str, keys: KeySet, wanted: TokenRequirements) -> Mapping[str, Any]:
    """Return the claims of a token once signature, issuer, audience and times have passed.

    Raises UntrustedToken: UnknownTokenKey when it is worth fetching the keys again, and
    RefusedClaim. The address of the keys is never taken from the token.
    """
    try:
        claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
    except InvalidKeyIdError as error:
        raise UnknownTokenKey(str(error)) from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise UntrustedToken(f"{type(error).__name__}: {error}") from error
    registry = jwt.JWTClaimsRegistry(
        now=int(wanted.now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "values": list(wanted.issuers)},
        aud={"essential": True, "value": wanted.audience},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except ClaimError as error:
        raise RefusedClaim(error.claim.partition(",")[0]) from error  # all that are missing
    return claims
