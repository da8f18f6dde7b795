"""A contact method as a value: a channel and an address there. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.directory.person import EMAIL
from gateway.errors import Flaw
from gateway.settings.notify import BY_LOGIN
from gateway.settings.recipients import MAIL, RecipientAddress

MOST = 10
"""The most contact methods of one person."""


@dataclass(frozen=True, slots=True)
class PersonContactMethod:
    """One contact method of a person.

    An empty address stands for the e-mail address or telephone that they have.
    """

    channel: str
    address: str = ""


def targets(
    login: str, email: str, methods: Sequence[PersonContactMethod]
) -> tuple[RecipientAddress, ...]:
    """Return where each method leads, in order; without any, the person is reached by e-mail."""
    found = [_target(login, email, one) for one in methods or (PersonContactMethod("mail"),)]
    return tuple(one for one in dict.fromkeys(found) if one.address)


def _target(login: str, email: str, method: PersonContactMethod) -> RecipientAddress:
    if method.channel == "mail":
        return RecipientAddress(MAIL, method.address or email)
    if method.channel in BY_LOGIN:
        return RecipientAddress(method.channel, login)
    return RecipientAddress(method.channel, method.address)


def flaws(methods: Iterable[PersonContactMethod]) -> Iterator[Flaw]:
    """Yield what is wrong with the form of each method.

    The channel checks where an address leads.
    """
    for place, method in enumerate(methods):
        where = f"/methods/{place}/address"
        if method.channel == "mail":
            if method.address and not (
                method.address.isascii() and EMAIL.fullmatch(method.address)
            ):
                yield Flaw(
                    where, "write it as name@example.com, or leave it out for the person's own"
                )
        elif method.channel in BY_LOGIN:
            if method.address:
                yield Flaw(where, "leave it out: the telephone of the person is used")
        elif not method.address:
            yield Flaw(where, "is needed for this channel")
