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
    """The number as E.164, read as one of `region` (ISO 3166) where it has no country code; None where it can be none."""
    try:
        number = phonenumbers.parse(text[:100], region)
    except NumberParseException:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if phonenumbers.is_possible_number(number) else None
