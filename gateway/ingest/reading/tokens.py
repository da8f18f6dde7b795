"""Verification of cloud tokens (JWT, RFC 7519), which some senders use to authenticate. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from joserfc.jwk import KeySet

from gateway.errors import Unauthenticated
from gateway.ingest.reading.signatures import UnknownSigningKey
from gateway.tokens import foreign_tokens
from gateway.tokens.foreign_tokens import (
    RefusedClaim,
    TokenRequirements,
    UnknownTokenKey,
    UntrustedToken,
)

LONGEST = 8_192

REFUSALS = {
    "iss": "of another issuer",
    "aud": "for another audience",
    "exp": "too old",
    "iat": "of the future",
    "nbf": "not valid yet",
}
"""The fault of a token as the sender is told it, by the claim that is missing or wrong."""


def find_bearer_token(headers: Mapping[str, str]) -> str:
    """Return the token of the Authorization header; raises Unauthenticated where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not 0 < len(token) <= LONGEST:
        raise Unauthenticated("the request brings no token of the sender's cloud")
    return token.strip()


def verify_token(token: str, keys: bytes, wanted: TokenRequirements) -> Mapping[str, Any]:
    """Return the claims of a token once every check has passed.

    Raises Unauthenticated, and UnknownSigningKey when it is worth fetching the keys again.
    """
    try:
        return foreign_tokens.verify_token(token, _keys(keys), wanted)
    except UnknownTokenKey as error:
        raise UnknownSigningKey(
            "the token is signed with a key that its cloud does not show"
        ) from error
    except RefusedClaim as refusal:
        why = REFUSALS.get(refusal.claim, "not as the standard wants it")
        raise Unauthenticated(f"the token is {why}") from refusal
    except UntrustedToken as error:
        raise Unauthenticated("the token is not signed by the sender's cloud") from error


@lru_cache(maxsize=8)
def _keys(document: bytes) -> KeySet:
    """Return the signing keys of a JWK set (RFC 7517); raises Unauthenticated if there are none."""
    try:
        return foreign_tokens.signing_keys(msgspec.json.decode(document, type=dict[str, Any]))
    except (msgspec.DecodeError, UntrustedToken) as error:
        raise Unauthenticated("the keys of the sender's cloud cannot be used") from error
