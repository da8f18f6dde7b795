"""Who is asking, as the permission table sees it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.directory.roles import Role, known


class Machine(StrEnum):
    """What stands in for a role where a key belongs to no person: its widest scope over records."""

    READER = "machine_reader"
    WRITER = "machine_writer"


Part = Role | Machine

STAFF: frozenset[Part] = frozenset({*Role, *Machine}) - {Role.REPORTER}
"""The parts of those who work here, machines included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody with what they are to the process.

    `name` is what timelines say: a person's login, a key's name. `groups` are slugs. `identities`, in lower case, are
    what a record may name the person by: login, e-mail address, telephone number; `contact` is the best of these.
    """

    name: str
    parts: frozenset[Part] = frozenset()
    groups: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    contact: str = ""

    @property
    def outsider(self) -> bool:
        """Whether this is somebody who reports and does not work here."""
        return self.parts.isdisjoint(STAFF)


def person_principal(login: str, email: str, phone: str, roles: Iterable[str], groups: Iterable[str] = ()) -> Principal:
    """A person as they are in the database."""
    names = frozenset(text.lower() for text in (login, email, phone) if text)
    return Principal(name=login, parts=known(roles), groups=frozenset(groups), identities=names, contact=email or login)


NOBODY = Principal(name="")
"""Somebody who may do nothing."""
