"""How reporters say they can be reached, in the one way it is kept. Pure."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_EMAIL = re.compile(
    r"[^\s@<>()\[\]\",;:\\\x00-\x1f\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_](?:[\w-]{0,61}[^\W_])"
)


def email_of(text: str) -> str | None:
    """The address in lower case, None where the text is none that mail could be sent to."""
    address = text.strip().lower()
    return address if len(address) <= 254 and _EMAIL.fullmatch(address) else None


def phone_of(text: str, region: str) -> str | None:
    """The number as E.164, read as one of `region` (ISO 3166) where it has no country code; None where it can be none.

    One of the region's own must be one that is given out there: dialling codes before it could stand for anything else.
    """
    said = text.strip()[:100]
    try:
        number = phonenumbers.parse(said, region)
    except NumberParseException:
        return None
    right = phonenumbers.is_possible_number if said.startswith(("+", "00")) else phonenumbers.is_valid_number
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if right(number) else None
