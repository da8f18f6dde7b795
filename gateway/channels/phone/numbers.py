"""Normal forms of telephone numbers: E.164 if possible, else as received. Pure."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from gateway.ingest.reading.limits import cut

LONGEST = 64
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
EXTENSION = re.compile(r"[0-9]{2,15}", re.ASCII)
URI = re.compile(r"(?:sips?|tel):([^@;>]*)", re.IGNORECASE)
WITHHELD = frozenset(
    {"", "anonymous", "restricted", "unavailable", "unknown", "private", "blocked", "withheld"}
)
SPELT = frozenset({"+266696687", "+86282452253", "+7378742833", "+2562533", "+8656696"})
"""ANONYMOUS, UNAVAILABLE, RESTRICTED, BLOCKED and UNKNOWN as Twilio spells them in digits.

They are the digits of a telephone's keys that carry the letters.
"""


def to_e164(said: str, region: str) -> str:
    """Return the number in E.164, "" if it is withheld, else the text as received."""
    text = said.replace("\0", "").strip()
    if found := URI.search(text):
        text = found[1].strip()
    if text.lower() in WITHHELD or text in SPELT:
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return cut(text, LONGEST)
    right = (
        phonenumbers.is_possible_number
        if text.startswith(("+", "00"))
        else phonenumbers.is_valid_number
    )
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if right(number)
        else cut(text, LONGEST)
    )


def to_e164_without_plus(said: str, region: str) -> str:
    """Return the same as `to_e164`, for systems that leave out the plus."""
    return to_e164(
        f"+{said}" if re.fullmatch(r"[1-9][0-9]{6,14}", said, re.ASCII) else said, region
    )


def is_one_telephone(number: str) -> bool:
    """Return whether two calls from this number are from the same telephone."""
    return bool(E164.fullmatch(number) or EXTENSION.fullmatch(number))
