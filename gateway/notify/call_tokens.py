"""The signed token of an outgoing call: record, version, callee and expiry. Pure.

HMAC-SHA256 over all of it, 256 bits. Only Twilio receives it, so that a key pressed in another
call means nothing; it is bound to the version, so that a key pressed late does not acknowledge
an incident that has fired again since.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.errors import Forbidden
from gateway.tokens.signing import is_signed, signature

LABEL = b"phone call v1"

SHAPE = re.compile(
    r"([1-9][0-9]{0,17})\.([0-9]{1,9})\.([1-9][0-9]{0,11})\.([A-Za-z0-9_-]{43})\.([a-z0-9][a-z0-9._-]{0,63})",
    re.ASCII,
)

VALID = timedelta(hours=1)
"""The time for which a call can be answered; by then it would be about something else."""


@dataclass(frozen=True, slots=True)
class CallSubject:
    """The subject of a call: a record at a version, the callee's login, the time of the call."""

    incident_id: int
    version: int
    login: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CallTokens:
    """The issuer and verifier of call tokens: signs with the first secret, accepts all."""

    secrets: tuple[bytes, ...]

    def make(self, called: CallSubject) -> str:
        """Return the token of a call."""
        ends = int((called.made_at + VALID).timestamp())
        signed = signature(self.secrets[0], LABEL, _signed(called, ends))
        return f"{called.incident_id}.{called.version}.{ends}.{signed}.{called.login}"

    def read(self, token: str, now: datetime) -> CallSubject:
        """Return the subject of the call; raises Forbidden for a forged or expired token."""
        found = SHAPE.fullmatch(token)
        if found is None:
            raise Forbidden("this is no call that the gateway made")
        ends = int(found[3])
        made_at = datetime.fromtimestamp(ends, UTC) - VALID
        called = CallSubject(int(found[1]), int(found[2]), found[5], made_at)
        if (
            not is_signed(self.secrets, LABEL, _signed(called, ends), found[4])
            or ends <= now.timestamp()
        ):
            raise Forbidden("this is no call that the gateway made, or it is too old")
        return called


def _signed(called: CallSubject, ends: int) -> str:
    return f"{called.incident_id}\0{called.version}\0{ends}\0{called.login}"
