"""Signed tickets of forms, by which a form counts once.

A ticket holds the service, the time at which the form was opened, and a name of its own.

A ticket is `SECRET.SERVICE.OPENED.NAME.SIGNATURE`: which secret signed it, a slug, seconds since
1970, 128 bits, 256 bits of HMAC-SHA256 over all before it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.access.reporter_links import secret_name
from gateway.tokens.signing import is_signed, signature

LABEL = b"form ticket v1"

SHAPE = re.compile(
    r"([0-9a-f]{8})\.([a-z0-9][a-z0-9_-]{0,63})\.([1-9][0-9]{0,11})\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class FormTicket:
    """The ticket of one opened form; `name` is unique to it."""

    service: str
    opened_at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class FormTicketSigner:
    """A signer of tickets: the first secret signs, and signatures by all of them are valid."""

    secrets: tuple[bytes, ...]

    def make(self, service: str, now: datetime, name: bytes) -> str:
        """Return a ticket for a form of the service; `name` is 16 bytes that nobody can guess."""
        signed = f"{secret_name(self.secrets[0])}.{service}.{int(now.timestamp())}.{name.hex()}"
        return f"{signed}.{signature(self.secrets[0], LABEL, signed)}"

    def read(self, text: str) -> FormTicket | None:
        """Return the ticket in the text, None if it is not validly signed."""
        found = SHAPE.fullmatch(text)
        if found is None:
            return None
        secret = next((secret for secret in self.secrets if secret_name(secret) == found[1]), None)
        if (
            not is_signed((secret or bytes(32),), LABEL, text.rpartition(".")[0], found[5])
            or secret is None
        ):
            return None
        return FormTicket(found[2], datetime.fromtimestamp(int(found[3]), UTC), found[4])
