"""Keys of the gateway taken out of what is kept, shown or logged. Pure.

A key stands in paths, headers, addresses and bodies of senders. Whose it is, is kept by its column;
the key itself is kept nowhere.
"""

import re
from collections.abc import Mapping

MARK = "gwk_"
BLOT = "***"

KEY = re.compile(r"gwk_[A-Za-z0-9_-]{8,120}")
KEY_BYTES = re.compile(rb"gwk_(?:[A-Za-z0-9_-]|=\r?\n){8,120}")
"""In mails a key may be broken over two lines (quoted-printable)."""


def without_keys(text: str) -> str:
    """Return a text with every key in it blotted out."""
    return KEY.sub(BLOT, text) if MARK in text else text


def body_without_keys(body: bytes) -> bytes:
    """Return a body with every key in it blotted out; it can be read as before."""
    return KEY_BYTES.sub(BLOT.encode(), body) if MARK.encode() in body else body


def pairs_without_keys(pairs: Mapping[str, str]) -> dict[str, str]:
    """Return headers or parameters with every key in them blotted out."""
    return {without_keys(name): without_keys(value) for name, value in pairs.items()}
