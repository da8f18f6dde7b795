"""The signed tag by which a reply finds its record: HMAC-SHA256 over the record's id. Pure.

A tag is `rRECORD-SIGNATURE`: the record's id, and 128 bits in lower-case base32, because relays
change the case of addresses. It does not expire: people answer old mails. In messages to staff it
is `rRECORD-MOMENT-SIGNATURE`, the moment that the message tells of in microseconds, in base 36:
a command in a reply is for the record as it was then.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import ascii_lowercase, digits

from gateway.incidents.labels import LOCALES
from gateway.incidents.ledger import EPOCH, microseconds
from gateway.tokens.signing import is_signed, short_signature

LABEL = b"mail reply v1"

TAG = re.compile(
    r"(?<![A-Za-z0-9])r([1-9][0-9]{0,17}(?:-[0-9a-z]{8,11})?)-([a-z2-7]{26})(?![A-Za-z0-9])",
    re.ASCII | re.IGNORECASE,
)

DIGITS = digits + ascii_lowercase

MARKERS = ("Please write your reply above this line", "请在此行上方回复")
"""The first line of the gateway's own mails, in the order of LOCALES."""

READ_AT_MOST = 20
"""The most tags of one text that are checked."""


@dataclass(frozen=True, slots=True)
class ReplyTag:
    """The record of a tag, and the moment that the message told of, None if it has none."""

    incident_id: int
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReplyTokens:
    """The issuer and verifier of reply tags: signs with the first secret, accepts all."""

    secrets: tuple[bytes, ...]

    def make(self, incident_id: int, told_at: datetime | None = None) -> str:
        """Return the tag of a record, with the moment that its message tells of, if given."""
        signed = str(incident_id) if told_at is None else f"{incident_id}-{_base36(told_at)}"
        return f"r{signed}-{short_signature(self.secrets[0], LABEL, signed)}"

    def read(self, text: str) -> int | None:
        """Return the id of the record of the first valid tag in a text, None if there is none."""
        found = self.read_tag(text)
        return None if found is None else found.incident_id

    def read_tag(self, text: str) -> ReplyTag | None:
        """Return the first valid tag in a text, None if there is none."""
        for place, found in enumerate(TAG.finditer(text)):
            if place >= READ_AT_MOST:
                break
            signed = found[1].lower()
            if is_signed(self.secrets, LABEL, signed, found[2].lower(), short_signature):
                incident_id, _, moment = signed.partition("-")
                return ReplyTag(int(incident_id), _moment(moment) if moment else None)
        return None


def _base36(at: datetime) -> str:
    left, letters = microseconds(at), ""
    while left:
        left, place = divmod(left, 36)
        letters = DIGITS[place] + letters
    return letters


def _moment(text: str) -> datetime:
    return EPOCH + timedelta(microseconds=int(text, 36))


def add_tag(address: str, tag: str) -> str:
    """Return an address with the tag appended to its local part (RFC 5233)."""
    name, _, domain = address.rpartition("@")
    return f"{name}+{tag}@{domain}"


def reply_marker_line(locale: str) -> str:
    """Return the first line of mails in that language, above which people write their reply."""
    return f"##- {dict(zip(LOCALES, MARKERS, strict=True)).get(locale, ' / '.join(MARKERS))} -##"  # type: ignore[call-overload]
