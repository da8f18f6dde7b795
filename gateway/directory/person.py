"""People and groups as values, and the checks of their fields. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

from gateway.directory.roles import GroupTier, Role
from gateway.errors import Flaw, Unprocessable
from gateway.timing.zones import time_zone_names

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
"""A number in E.164, after removing the characters that people write between the digits.

It is not checked that the number exists.
"""

BETWEEN_DIGITS = re.compile(r"[\s().\-/]")

EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>,;\"]{1,64}@[^@\s\x00-\x1f\x7f<>,;\"]{1,253}")

RESERVED = frozenset({"reporter", "gateway", "system", "desk", "me"})
"""Logins that timelines use for something else than people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, with the columns of the table `person`; `groups` are slugs of active groups."""

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
    """A group of people who share the work of one tier; `members` are logins."""

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

    `groups` are the groups they belong to, `shifts` the groups whose shift they work at the
    time; `at_desk` says that one of these shifts is of a service desk.
    """

    login: str
    email: str = ""
    phone: str = ""
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    shifts: frozenset[str] = frozenset()
    at_desk: bool = False


def phone(text: str) -> str:
    """Return a telephone number in E.164, "" for none; raises Unprocessable."""
    number = BETWEEN_DIGITS.sub("", text)
    if number and PHONE.fullmatch(number) is None:
        raise Unprocessable(
            "the phone number is not international",
            flaws=(Flaw("/phone", "write it as +8613800138000: plus, country, number"),),
        )
    return number


def email(text: str) -> str:
    """Return an e-mail address that is safe in a header, "" for none; raises Unprocessable."""
    address = text.strip()
    if address and EMAIL.fullmatch(address) is None:
        raise Unprocessable(
            "the e-mail address cannot be one",
            flaws=(Flaw("/email", "write it as name@example.com"),),
        )
    return address


def zone(name: str) -> str:
    """Return a time zone of the IANA list; raises Unprocessable for another name."""
    if name not in time_zone_names():
        raise Unprocessable(
            f"{name!r} is no time zone",
            flaws=(Flaw("/zone", "a name of the IANA list, such as Asia/Shanghai"),),
        )
    return name


def login(name: str) -> str:
    """Return a login that timelines do not use for something else; raises Unprocessable."""
    if name in RESERVED:
        raise Unprocessable(
            f"{name!r} is no name for a person",
            flaws=(Flaw("/login", "means something else: choose another"),),
        )
    return name


def normalize_skills(given: list[str]) -> list[str]:
    """Return skills as they are compared: lower case, each once, in order."""
    return sorted({word.strip().lower() for word in given} - {""})
