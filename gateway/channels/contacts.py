"""Normal forms of the e-mail addresses and telephone numbers of reporters. Pure."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_EMAIL = re.compile(
    r"[^\s@<>()\[\]\",;:\\\x00-\x1f\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_](?:[\w-]{0,61}[^\W_])"
)


def normalise_email(text: str) -> str | None:
    """Return the address in lower case, None if no mail could be sent to it."""
    address = text.strip().lower()
    return address if len(address) <= 254 and _EMAIL.fullmatch(address) else None


def normalise_phone(text: str, region: str) -> str | None:
    """Return the number in E.164, None if it cannot be a telephone number.

    A number without a country code is read as one of `region` (ISO 3166), and must be assigned
    there: with a dialling prefix it could mean anything else.
    """
    said = text.strip()[:100]
    try:
        number = phonenumbers.parse(said, region)
    except NumberParseException:
        return None
    right = (
        phonenumbers.is_possible_number
        if said.startswith(("+", "00"))
        else phonenumbers.is_valid_number
    )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if right(number) else None
