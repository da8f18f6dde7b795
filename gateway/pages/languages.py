"""The choice of the language of a page. Pure."""

import re
from collections.abc import Iterator

from gateway.incidents.labels import LOCALES, Locale

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)((?:-[A-Za-z0-9]{1,8}){0,8})\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?",
    re.ASCII,
)

LONGEST = 1_000
"""The most characters of the header that are read."""


def choose_language(asked: str | None, accepted: str, default: Locale) -> Locale:
    """Return the language requested by name, else the one accepted best, else the default.

    `accepted` is the Accept-Language header (RFC 9110).
    """
    for locale in LOCALES:
        if asked == locale:
            return locale
    liked = sorted(_liked(accepted[:LONGEST]), key=lambda one: -one[0])
    return next((locale for weight, locale in liked if weight > 0), default)


def _liked(accepted: str) -> Iterator[tuple[float, Locale]]:
    for part in accepted.split(","):
        found = _RANGE.fullmatch(part)
        locale = _OURS.get(found[1].lower()) if found else None
        if found and locale:
            yield float(found[3] or 1), locale


_OURS: dict[str, Locale] = {"en": "en", "zh": "zh-CN"}
