"""One text of an object, found without the rest being understood: a key in a body of somebody who is not known yet. Pure."""

import re
from functools import lru_cache

import msgspec

from gateway.errors import Malformed
from gateway.ingest.reading import limits

LONGEST = 512
"""ASCII characters of the text that is found; a longer one is none."""


def text_member(body: bytes, name: str) -> str | None:
    """Return the text that stands under a name at the top of a body, "" being none.

    A body that is no sound JSON is searched for the first text that stands under that name: mending it costs more than
    somebody may ask for who is not known.
    """
    try:
        raw = limits.decode(body, dict[str, msgspec.Raw]).get(name)
        return limits.item(raw, str) or None if raw is not None else None
    except Malformed:
        written = _written(name).search(body.replace(b"\0", b""))  # without its NULs, UTF-16 of ASCII is ASCII
        return written[1].decode() if written is not None else None


@lru_cache(maxsize=16)
def _written(name: str) -> "re.Pattern[bytes]":
    return re.compile(rf'"{re.escape(name)}"\s*+:\s*+"([ !#-\[\]-~]{{1,{LONGEST}}})"'.encode())
