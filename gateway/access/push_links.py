"""Signed links that let one person subscribe browsers to their notifications without a key.

A link is `SECRET.LOGIN.MADE.END.SIGNATURE`: the name of the secret that signed it, the person's
login, the seconds since 1970 in which it was made and in which it ends, and HMAC-SHA256 over
these.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.access.reporter_links import ReporterLinks
from gateway.errors import NotFound

LABEL = b"push link v1"

SHAPE = re.compile(
    r"([0-9a-f]{8})\.([a-z0-9][a-z0-9._-]{0,63})\.([1-9][0-9]{0,11})\.([1-9][0-9]{0,11})"
    r"\.([A-Za-z0-9_-]{43})",
    re.ASCII,
)

VALID = timedelta(days=1)
"""The validity of a link: long enough to open it on the telephone as well."""

INVALID = "this link is not valid, or no longer: make another by POST /api/v1/me/push-link"
"""The error message of every invalid link, whatever is wrong with it."""


@dataclass(frozen=True, slots=True)
class PushLink:
    """The person of a link, and when it was made."""

    login: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class PushLinks:
    """A maker and reader of signed links; the secrets are those of reporters' links."""

    links: ReporterLinks

    def make(self, login: str, now: datetime) -> tuple[str, datetime]:
        """Return a link for a person, and the end of its validity."""
        ends = int((now + VALID).timestamp())
        link = self.links.sign(LABEL, login, int(now.timestamp()), ends)
        return link, datetime.fromtimestamp(ends, UTC)

    def read(self, link: str, now: datetime) -> PushLink:
        """Return the person of a link; raises NotFound for a bad one."""
        found = SHAPE.fullmatch(link)
        signed = found is not None and self.links.is_signed(LABEL, link)
        if found is None or not signed or int(found[4]) <= now.timestamp():
            raise NotFound(INVALID)
        return PushLink(found[2], datetime.fromtimestamp(int(found[3]), UTC))
