"""Signed links that let one member of staff open one record without a key.

A link is `SECRET.RECORD.END.READER.SIGNATURE`; the reader, in URL-safe base64, is a person's
login and the second in which it was made, or the role of an address.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from gateway.access.reporter_links import INVALID, ReporterLinks
from gateway.errors import Forbidden, NotFound
from gateway.tokens.signing import is_signed, short_signature

LABEL = b"staff link v1"
FORM_LABEL = b"staff form v1"

SHAPE = re.compile(
    r"([0-9a-f]{8})\.([1-9][0-9]{0,17})\.([1-9][0-9]{0,11})\.([A-Za-z0-9_-]{2,400})\.([A-Za-z0-9_-]{43})",
    re.ASCII,
)


FORM_SHAPE = re.compile(r"([1-9][0-9]{0,8})-([a-z2-7]{26})", re.ASCII)


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


class LinkExpired(NotFound):
    """A link that the gateway made, whose time is over."""

    def __init__(self, opened: StaffLink) -> None:
        super().__init__(INVALID)
        self.opened = opened


@dataclass(frozen=True, slots=True)
class StaffLinks:
    """A maker and reader of signed links; secrets and validity are those of reporters' links."""

    links: ReporterLinks

    def make(self, opened: StaffLink, now: datetime) -> str:
        """Return a signed link to a record for one reader."""
        ends = int((now + self.links.valid).timestamp())
        made = f"@{int(now.timestamp())}" if opened.kind is ReaderKind.PERSON else ""
        reader = (
            urlsafe_b64encode(f"{opened.kind}:{opened.name}{made}".encode()).rstrip(b"=").decode()
        )
        return self.links.sign(LABEL, opened.incident_id, ends, reader)

    def read(self, link: str, now: datetime) -> StaffLink:
        """Return the record and reader of a link.

        Raises LinkExpired for one whose time is over, and NotFound for a bad one.
        """
        found = SHAPE.fullmatch(link)
        if found is None or not self.links.is_signed(LABEL, link):
            raise NotFound(INVALID)
        opened = _opened(int(found[2]), found[4])
        if int(found[3]) <= now.timestamp():
            raise LinkExpired(opened)
        return opened

    def form_token(self, link: str, version: int) -> str:
        """Return the token of the forms of a page, bound to its link and the version it showed."""
        text = _form_text(link, version)
        return f"{version}-{short_signature(self.links.secrets[0], FORM_LABEL, text)}"

    def read_form_token(self, link: str, token: str) -> int:
        """Return the version that the page showed; raises Forbidden for a token of another page."""
        found = FORM_SHAPE.fullmatch(token)
        if found is None or not is_signed(
            self.links.secrets,
            FORM_LABEL,
            _form_text(link, int(found[1])),
            found[2],
            short_signature,
        ):
            raise Forbidden("this form is of another page: open the link again")
        return int(found[1])


def _form_text(link: str, version: int) -> str:
    return f"{link}\0{version}"


def _opened(incident_id: int, reader: str) -> StaffLink:
    """Return the record and reader of a signed link; raises NotFound for an unknown reader."""
    try:
        kind, _, name = urlsafe_b64decode(reader + "==").decode().partition(":")
        name, _, made = (
            name.rpartition("@") if kind == ReaderKind.PERSON and "@" in name else (name, "", "")
        )
        made_at = datetime.fromtimestamp(int(made), UTC) if made else None
        return StaffLink(incident_id, ReaderKind(kind), name, made_at)
    except (NotBase64, ValueError) as error:
        raise NotFound(INVALID) from error
