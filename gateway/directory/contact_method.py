"""A contact method as a value: a channel and an address there. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.directory.person import EMAIL
from gateway.errors import Flaw
from gateway.settings.notify import BY_LOGIN
from gateway.settings.recipients import MAIL, RecipientAddress

MOST = 10
"""The most contact methods of one person."""


class VerifiedAs(StrEnum):
    """The reason for which messages about incidents go to an address."""

    CODE = "code"
    DIRECTORY = "directory"
    ADMINISTRATOR = "administrator"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class PersonContactMethod:
    """A channel and an address there, as a list of methods states them.

    An empty address stands for the e-mail address or telephone that the person has.
    """

    channel: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMethod:
    """A stored contact method of a person; without `verified_at` no incident is told there."""

    id: int
    channel: str
    address: str
    label: str
    position: int
    verified_at: datetime | None
    verified_as: str


def target_of(login: str, email: str, channel: str, address: str) -> RecipientAddress:
    """Return where a method leads; its address is "" if the person has none."""
    if channel == "mail":
        return RecipientAddress(MAIL, address or email)
    if channel in BY_LOGIN:
        return RecipientAddress(channel, login)
    return RecipientAddress(channel, address)


def verified_unasked(method: PersonContactMethod, *, by_administrator: bool) -> VerifiedAs | None:
    """Return why a new method needs no code, None if it needs one.

    An empty address is the one that administrators keep of the person.
    """
    if not method.address:
        return VerifiedAs.DIRECTORY
    return VerifiedAs.ADMINISTRATOR if by_administrator else None


def form_flaw(method: PersonContactMethod) -> str | None:
    """Return what is wrong with the form of a method, None if nothing is.

    The channel checks where an address leads.
    """
    if method.channel == "mail":
        good = not method.address or (
            method.address.isascii() and EMAIL.fullmatch(method.address) is not None
        )
        return (
            None if good else "write it as name@example.com, or leave it out for the person's own"
        )
    if method.channel in BY_LOGIN:
        words = "leave it out: this channel knows the person by their login"
        return words if method.address else None
    return None if method.address else "is needed for this channel"


def flaws(methods: Iterable[PersonContactMethod]) -> Iterator[Flaw]:
    """Yield what is wrong with the form of each method of a list."""
    for place, method in enumerate(methods):
        if detail := form_flaw(method):
            yield Flaw(f"/methods/{place}/address", detail)
