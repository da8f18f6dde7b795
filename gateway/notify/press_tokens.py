"""The signed value of a button: HMAC-SHA256 over secret, record, how often it was reopened, and its version. Pure.

A token is `pRECORD-REOPENED-VERSION-SIGNATURE`, the signature 128 bits in lower-case base32: short enough for every vendor.
"""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass

from gateway.incidents.record import Incident

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
        return f"{signed}-{_signature(self.secrets[0], signed)}"

    def read(self, token: str) -> Pressable | None:
        """What the token was made for; None for one that is not ours."""
        found = SHAPE.fullmatch(token)
        if found is None:
            return None
        signed = token.rpartition("-")[0]
        if not any(hmac.compare_digest(_signature(secret, signed), found[4]) for secret in self.secrets):
            return None
        return Pressable(int(found[1]), int(found[2]), int(found[3]))


def _signature(secret: bytes, signed: str) -> str:
    mac = hmac.digest(secret, b"chat button v1\0" + signed.encode(), "sha256")
    return b32encode(mac[:16]).decode().rstrip("=").lower()
