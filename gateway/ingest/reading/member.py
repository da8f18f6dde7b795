"""The search for one text in a body, such as the key of an unauthenticated sender. Pure."""

import re
from functools import lru_cache

import msgspec

from gateway.errors import Malformed
from gateway.ingest.reading import limits

LONGEST = 512
"""Maximum ASCII characters of the text; a longer one is not found."""


def find_text_member(body: bytes, name: str) -> str | None:
    """Return the text of a top-level field of a body, None if it is missing or empty.

    In a body that is not valid JSON the first text under that name is taken: a repair costs more
    than an unauthenticated sender may demand.
    """
    try:
        raw = limits.decode(body, dict[str, msgspec.Raw]).get(name)
        return limits.decode_item(raw, str) or None if raw is not None else None
    except Malformed:
        written = _written(name).search(
            body.replace(b"\0", b"")
        )  # without NULs, UTF-16 of ASCII text is ASCII
        return written[1].decode() if written is not None else None


@lru_cache(maxsize=16)
def _written(name: str) -> "re.Pattern[bytes]":
    return re.compile(rf'"{re.escape(name)}"\s*+:\s*+"([ !#-\[\]-~]{{1,{LONGEST}}})"'.encode())
