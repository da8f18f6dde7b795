"""The signed value of a chat button: HMAC-SHA256 over record, reopen count and version. Pure.

A token is `pRECORD-REOPENED-VERSION-SIGNATURE`, the signature 128 bits in lower-case base32:
short enough for every vendor.
"""

import re
from dataclasses import dataclass

from gateway.incidents.record import Incident
from gateway.tokens.signing import is_signed, short_signature

LABEL = b"chat button v1"

SHAPE = re.compile(r"p([1-9][0-9]{0,17})-([0-9]{1,9})-([0-9]{1,9})-([a-z2-7]{26})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ButtonState:
    """The state that a button was shown for: a record, its reopen count and its version."""

    incident_id: int
    reopened: int
    version: int

    def is_stale(self, incident: Incident) -> bool:
        """Return whether the record was reopened or fired again since the button was shown.

        The person who pressed it saw another trouble than there is.
        """
        return incident.reopened != self.reopened or incident.version < self.version


@dataclass(frozen=True, slots=True)
class PressTokens:
    """The issuer and verifier of button tokens: signs with the first secret, accepts all."""

    secrets: tuple[bytes, ...]

    def make(self, incident: Incident) -> str:
        """Return the token of a record in its present state."""
        signed = f"p{incident.id}-{incident.reopened}-{incident.version}"
        return f"{signed}-{short_signature(self.secrets[0], LABEL, signed)}"

    def read(self, token: str) -> ButtonState | None:
        """Return the state that the token was made for.

        None for a token that is not the gateway's.
        """
        found = SHAPE.fullmatch(token)
        if found is None:
            return None
        signed = token.rpartition("-")[0]
        if not is_signed(self.secrets, LABEL, signed, found[4], short_signature):
            return None
        return ButtonState(int(found[1]), int(found[2]), int(found[3]))
