"""Signed links that let one member of staff read one record without a key.

A link is `SECRET.RECORD.END.READER.SIGNATURE`; the reader, in URL-safe base64, is a person's
login and the second in which it was made, or the role of an address.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from gateway.access.reporter_links import INVALID, ReporterLinks, secret_name
from gateway.errors import NotFound
from gateway.tokens.signing import is_signed, signature

LABEL = b"staff link v1"

SHAPE = re.compile(
    r"([0-9a-f]{8})\.([1-9][0-9]{0,17})\.([1-9][0-9]{0,11})\.([A-Za-z0-9_-]{2,400})\.([A-Za-z0-9_-]{43})",
    re.ASCII,
)


class ReaderKind(StrEnum):
    """The kind of reader that a link is made for: a person or a role."""

    PERSON = "person"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class StaffLink:
    """A record and the reader of a link; `made_at` is None where the link has no time."""

    incident_id: int
    kind: ReaderKind
    name: str
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StaffLinks:
    """A maker and reader of signed links; secrets and validity are those of reporters' links."""

    links: ReporterLinks

    def make(self, opened: StaffLink, now: datetime) -> str:
        """Return a signed link to a record for one reader."""
        secret, ends = self.links.secrets[0], int((now + self.links.valid).timestamp())
        made = f"@{int(now.timestamp())}" if opened.kind is ReaderKind.PERSON else ""
        reader = (
            urlsafe_b64encode(f"{opened.kind}:{opened.name}{made}".encode()).rstrip(b"=").decode()
        )
        text = f"{secret_name(secret)}.{opened.incident_id}.{ends}.{reader}"
        return f"{text}.{signature(secret, LABEL, text)}"

    def read(self, link: str, now: datetime) -> StaffLink:
        """Return the record and reader of a link; raises NotFound for a bad one."""
        found = SHAPE.fullmatch(link)
        signed = found is not None and is_signed(
            self.links.secrets, LABEL, link.rpartition(".")[0], found[5]
        )
        if found is None or not signed or int(found[3]) <= now.timestamp():
            raise NotFound(INVALID)
        try:
            kind, _, name = urlsafe_b64decode(found[4] + "==").decode().partition(":")
            name, _, made = (
                name.rpartition("@")
                if kind == ReaderKind.PERSON and "@" in name
                else (name, "", "")
            )
            made_at = datetime.fromtimestamp(int(made), UTC) if made else None
            return StaffLink(int(found[2]), ReaderKind(kind), name, made_at)
        except (NotBase64, ValueError) as error:
            raise NotFound(INVALID) from error
