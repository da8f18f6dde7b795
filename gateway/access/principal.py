"""The principal of a request, as the permission table sees it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.directory.roles import Role, parse_roles


class MachineRole(StrEnum):
    """A stand-in for a role, for keys that belong to no person: the widest scope over records."""

    READER = "machine_reader"
    WRITER = "machine_writer"


PrincipalRole = Role | MachineRole

STAFF: frozenset[PrincipalRole] = frozenset({*Role, *MachineRole}) - {Role.REPORTER}
"""The roles of staff, machines included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person or machine that makes a request, with its roles, groups and identities.

    `name` is what timelines show: a person's login, a key's name. `groups` are slugs.
    `identities`, in lower case, are what a record may name the person by: login, e-mail address,
    telephone number; `contact` is the best of these.
    """

    name: str
    parts: frozenset[PrincipalRole] = frozenset()
    groups: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    contact: str = ""

    @property
    def is_outsider(self) -> bool:
        """Return whether this is a reporter who is not staff."""
        return self.parts.isdisjoint(STAFF)


def principal_of_person(
    login: str, email: str, phone: str, roles: Iterable[str], groups: Iterable[str] = ()
) -> Principal:
    """Return the principal of a person, from the columns of their row."""
    names = frozenset(text.lower() for text in (login, email, phone) if text)
    return Principal(
        name=login,
        parts=parse_roles(roles),
        groups=frozenset(groups),
        identities=names,
        contact=email or login,
    )


NOBODY = Principal(name="")
"""A principal that may do nothing."""
