"""The signed tag by which a reply finds its record: HMAC-SHA256 over the record's id. Pure.

A tag is `rRECORD-SIGNATURE`: the record's id, and 128 bits in lower-case base32, because relays
change the case of addresses. It does not expire: people answer old mails.
"""

import re
from dataclasses import dataclass

from gateway.incidents.labels import LOCALES
from gateway.tokens.signing import is_signed, short_signature

LABEL = b"mail reply v1"

TAG = re.compile(
    r"(?<![A-Za-z0-9])r([1-9][0-9]{0,17})-([a-z2-7]{26})(?![A-Za-z0-9])", re.ASCII | re.IGNORECASE
)

MARKERS = ("Please write your reply above this line", "请在此行上方回复")
"""The first line of the gateway's own mails, in the order of LOCALES."""

READ_AT_MOST = 20
"""The most tags of one text that are checked."""


@dataclass(frozen=True, slots=True)
class ReplyTokens:
    """The issuer and verifier of reply tags: signs with the first secret, accepts all."""

    secrets: tuple[bytes, ...]

    def make(self, incident_id: int) -> str:
        """Return the tag of a record."""
        return f"r{incident_id}-{short_signature(self.secrets[0], LABEL, str(incident_id))}"

    def read(self, text: str) -> int | None:
        """Return the id of the record of the first valid tag in a text, None if there is none."""
        for place, found in enumerate(TAG.finditer(text)):
            if place >= READ_AT_MOST:
                break
            if is_signed(self.secrets, LABEL, found[1], found[2].lower(), short_signature):
                return int(found[1])
        return None


def add_tag(address: str, tag: str) -> str:
    """Return an address with the tag appended to its local part (RFC 5233)."""
    name, _, domain = address.rpartition("@")
    return f"{name}+{tag}@{domain}"


def reply_marker_line(locale: str) -> str:
    """Return the first line of mails in that language, above which people write their reply."""
    return f"##- {dict(zip(LOCALES, MARKERS, strict=True)).get(locale, ' / '.join(MARKERS))} -##"  # type: ignore[call-overload]
