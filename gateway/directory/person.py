"""A person and a group as values, and what may be written into them. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

from gateway.directory.roles import GroupTier, Role
from gateway.errors import Flaw, Unprocessable
from gateway.zones import zones

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
"""E.164 once what people write between the digits is gone; whether it rings is for the telephone to find out."""

BETWEEN_DIGITS = re.compile(r"[\s().\-/]")

EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>,;\"]{1,64}@[^@\s\x00-\x1f\x7f<>,;\"]{1,253}")

RESERVED = frozenset({"reporter", "gateway", "system", "desk", "me"})
"""Names that timelines use for others than people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, field by field as in the table of the same name; `groups` are the slugs of the active ones."""

    id: int
    login: str
    name: str
    email: str
    phone: str
    locale: str
    zone: str
    active: bool
    roles: frozenset[Role]
    skills: tuple[str, ...]
    groups: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People who share work of one tier; `members` are logins."""

    id: int
    slug: str
    name: str
    tier: GroupTier
    active: bool
    skills: tuple[str, ...]
    members: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """An active person with an e-mail address or another contact method.

    `groups` are those they belong to, `shifts` those whose shift they work now; `at_desk` says that one of these is a desk.
    """

    login: str
    email: str = ""
    phone: str = ""
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    shifts: frozenset[str] = frozenset()
    at_desk: bool = False


def phone(text: str) -> str:
    """A number as E.164 has it, "" for none; raises Unprocessable."""
    number = BETWEEN_DIGITS.sub("", text)
    if number and PHONE.fullmatch(number) is None:
        raise Unprocessable(
            "the phone number is not international", flaws=(Flaw("/phone", "write it as +8613800138000: plus, country, number"),)
        )
    return number


def email(text: str) -> str:
    """An address that can be written into a header, "" for none; raises Unprocessable."""
    address = text.strip()
    if address and EMAIL.fullmatch(address) is None:
        raise Unprocessable("the e-mail address cannot be one", flaws=(Flaw("/email", "write it as name@example.com"),))
    return address


def zone(name: str) -> str:
    """A time zone of the IANA list; raises Unprocessable."""
    if name not in zones():
        raise Unprocessable(f"{name!r} is no time zone", flaws=(Flaw("/zone", "a name of the IANA list, such as Asia/Shanghai"),))
    return name


def login(name: str) -> str:
    """A login that timelines do not use for something else; raises Unprocessable."""
    if name in RESERVED:
        raise Unprocessable(f"{name!r} is no name for a person", flaws=(Flaw("/login", "means something else: choose another"),))
    return name


def words(given: list[str]) -> list[str]:
    """Skills as they are compared: lower case, each once, in order."""
    return sorted({word.strip().lower() for word in given} - {""})
