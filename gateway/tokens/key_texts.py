"""Redaction of the gateway's API keys in texts that are stored, shown or logged. Pure.

A key may occur in paths, headers, addresses and bodies of senders. Its owner is stored in a
column of its own; the key itself is stored nowhere.
"""

import re
from collections.abc import Mapping

MARK = "gwk_"
REDACTED = "***"

KEY = re.compile(r"gwk_[A-Za-z0-9_-]{8,120}")
KEY_BYTES = re.compile(rb"gwk_(?:[A-Za-z0-9_-]|=\r?\n){8,120}")
"""The pattern of a key in a mail, where quoted-printable may break it over two lines."""


def redact_keys(text: str) -> str:
    """Return a text with every key in it redacted."""
    return KEY.sub(REDACTED, text) if MARK in text else text


def redact_body_keys(body: bytes) -> bytes:
    """Return a body with every key in it redacted; it can still be parsed."""
    return KEY_BYTES.sub(REDACTED.encode(), body) if MARK.encode() in body else body


def redact_pair_keys(pairs: Mapping[str, str]) -> dict[str, str]:
    """Return headers or parameters with every key in them redacted."""
    return {redact_keys(name): redact_keys(value) for name, value in pairs.items()}
