"""Signed links that let a reporter open one record without a key.

A link is `SECRET.RECORD.END.SIGNATURE`: the name of the secret that signed it, the record's id,
the end of its validity in seconds since 1970, and HMAC-SHA256 (256 bits) over these.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.tokens.signing import is_signed, signature

LABEL = b"reporter link v1"

SHAPE = re.compile(
    r"([0-9a-f]{8})\.([1-9][0-9]{0,17})\.([1-9][0-9]{0,11})\.([A-Za-z0-9_-]{43})", re.ASCII
)

INVALID = "this link is not valid, or no longer: ask the service desk"
"""The error message of every invalid link, whatever is wrong with it."""


@dataclass(frozen=True, slots=True)
class ReporterLinks:
    """A maker and reader of links: the first of its secrets signs, all of them are accepted.

    `external_url` is the gateway's address as people reach it, "" where that is not known.
    """

    secrets: tuple[bytes, ...]
    valid: timedelta
    external_url: str = ""

    def address(self, path: str) -> str:
        """Return the absolute URL of a path, "" where the gateway's own address is not known."""
        return f"{self.external_url.rstrip('/')}{path}" if self.external_url else ""

    def make(self, incident_id: int, now: datetime) -> tuple[str, datetime]:
        """Return a link to the record, and the end of its validity."""
        ends = int((now + self.valid).timestamp())
        return self.sign(LABEL, incident_id, ends), datetime.fromtimestamp(ends, UTC)

    def read(self, link: str, now: datetime) -> int:
        """Return the id of the record that the link opens; raise NotFound for a bad link."""
        found = SHAPE.fullmatch(link)
        if found is None:
            raise NotFound(INVALID)
        secret = next((secret for secret in self.secrets if secret_name(secret) == found[1]), None)
        true = is_signed((secret or bytes(32),), LABEL, link.rpartition(".")[0], found[4])
        if not true or secret is None or int(found[3]) <= now.timestamp():
            raise NotFound(INVALID)
        return int(found[2])

    def sign(self, label: bytes, *values: object) -> str:
        """Return a link: the name of the secret, the values and the signature, with dots."""
        text = ".".join(map(str, (secret_name(self.secrets[0]), *values)))
        return f"{text}.{signature(self.secrets[0], label, text)}"

    def is_signed(self, label: bytes, link: str) -> bool:
        """Return whether one of the secrets signed a link, whatever secret it names."""
        text, _, given = link.rpartition(".")
        return is_signed(self.secrets, label, text, given)


def secret_name(secret: bytes) -> str:
    """Return the name that links give a secret; nothing about the secret follows from it."""
    return sha256(b"name of a link secret\0" + secret).hexdigest()[:8]


KEEP = """
INSERT INTO link_secret (id, secret, created_at)
SELECT 'first', $1::bytea, moment($2) WHERE NOT EXISTS (SELECT FROM link_secret)
ON CONFLICT (id) DO NOTHING
"""

KEPT = "SELECT secret FROM link_secret ORDER BY created_at DESC, id LIMIT 2"
"""The query of the two newest secrets in the database.

To change the secret, add a row; the previous one is accepted as long as it is the second.
"""


async def load_link_secrets(
    conn: Connection, setting: str, fresh: bytes, stamp: datetime | None
) -> tuple[bytes, ...]:
    """Return the secrets of the setting, else those in the database.

    If the database has none either, `fresh` becomes the first.
    """
    if given := setting.split():
        return tuple(word.encode() for word in given)
    await conn.execute(KEEP, fresh, stamp)
    kept: Sequence[bytes] = [row["secret"] for row in await conn.fetch(KEPT)]
    return tuple(kept)
