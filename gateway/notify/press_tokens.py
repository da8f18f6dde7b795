"""The signed value of a button: HMAC-SHA256 over secret, record, how often it was reopened, and its version. Pure.

A token is `pRECORD-REOPENED-VERSION-SIGNATURE`, the signature 128 bits in lower-case base32: short enough for every vendor.
"""

import re
from dataclasses import dataclass

from gateway.incidents.record import Incident
from gateway.signing import is_signed, short_signature

LABEL = b"chat button v1"

SHAPE = re.compile(r"p([1-9][0-9]{0,17})-([0-9]{1,9})-([0-9]{1,9})-([a-z2-7]{26})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pressable:
    """What a button was shown for: the record as it stood then."""

    incident_id: int
    reopened: int
    version: int

    def is_stale(self, incident: Incident) -> bool:
        """Whether the record was reopened or fired again since: whoever pressed saw another trouble than there is."""
        return incident.reopened != self.reopened or incident.version < self.version


@dataclass(frozen=True, slots=True)
class PressTokens:
    """Makes tokens by the first of its secrets and believes those of all of them."""

    secrets: tuple[bytes, ...]

    def make(self, incident: Incident) -> str:
        """The token of a record as it stands."""
        signed = f"p{incident.id}-{incident.reopened}-{incident.version}"
        return f"{signed}-{short_signature(self.secrets[0], LABEL, signed)}"

    def read(self, token: str) -> Pressable | None:
        """What the token was made for; None for one that is not ours."""
        found = SHAPE.fullmatch(token)
        if found is None:
            return None
        signed = token.rpartition("-")[0]
        if not is_signed(self.secrets, LABEL, signed, found[4], short_signature):
            return None
        return Pressable(int(found[1]), int(found[2]), int(found[3]))
