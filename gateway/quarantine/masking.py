"""Masking of secrets in bodies that are shown to people. Pure."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

BLOT = "***"
NAMES = (
    r"pass(?:word|wd|phrase)?|secrets?|token|authorization|cookie|credentials?|signature|private[_-]?key|"
    r"(?:api|access|auth|routing|service|integration|genie|app|signing)[_-]?key"
)
NAMED = re.compile(rf"(?:[\w-]*[_-])?(?:{NAMES})", re.IGNORECASE)
IN_TEXT = re.compile(
    rf'((?:{NAMES})["\']?\s*[:=]\s*)("(?:[^"\\]|\\.)*+"?|[^\s"&,;}}\]]+)', re.IGNORECASE
)
WORDS = re.compile(
    r"(?i)\b(bearer|basic|genie_?key)\s+[\w.~+/=-]{8,}|\bwhsec_[\w+/=]{8,}|\bgwk_[\w-]{8,}|(?<=://)[^/\s:@]{1,256}:[^/\s@]{1,256}(?=@)"
)
NEVER_STORED = re.compile(r"sign|auth|token|secret|key|cookie|forwarded|real-ip", re.IGNORECASE)
MOST, LONGEST = 40, 8_192
"""The most headers kept of one request, and the most characters of each."""

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_secret(name: str) -> bool:
    """Return whether values of this name are secret: apiKey, routing_key, X-Auth-Token."""
    return NAMED.fullmatch(CAMEL.sub("_", name)) is not None


def mask_value(told: Any, name: str = "") -> Any:
    """Return a decoded value with its secrets masked."""
    if name and is_secret(name) and told is not None and not isinstance(told, bool):
        return BLOT
    if isinstance(told, dict):
        return {inner: mask_value(one, inner) for inner, one in told.items()}
    if isinstance(told, list):
        return [mask_value(one, name) for one in told]
    return mask_text(told) if isinstance(told, str) else told


def mask_text(told: str) -> str:
    """Return a text with everything that looks like a secret masked, in any format."""
    return IN_TEXT.sub(lambda found: found[1] + _blotted(found[2]), WORDS.sub(BLOT, told))


def mask_body(told: bytes) -> str:
    """Return a body as text with secrets masked: JSON by its names, other bodies as plain text."""
    try:
        return msgspec.json.encode(mask_value(msgspec.json.decode(told))).decode()
    except (msgspec.DecodeError, ValueError, RecursionError):
        return mask_text(told.decode("utf-8", "replace"))


def storable_headers(told: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that may be kept beside a body, without those that identify the sender.

    Names are in lower case. The values stay unmasked, since reading the body again needs them:
    they are masked when they are shown.
    """
    names = [name for name in told if not (is_secret(name) or NEVER_STORED.search(name))]
    return {
        name.lower(): told[name].encode("utf-8", "replace").decode()[:LONGEST]
        for name in names[:MOST]
    }


def _blotted(found: str) -> str:
    return f'"{BLOT}"' if found.startswith('"') else BLOT
