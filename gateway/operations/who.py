"""Who is asking, as the permission table sees it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.oncall.roles import Role


class Machine(StrEnum):
    """What stands in for a role where a key belongs to no person: its widest scope over records."""

    READER = "machine_reader"
    WRITER = "machine_writer"


Part = Role | Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody with what they are to the process.

    `name` is what timelines say: a person's login, a key's name. `groups` are slugs. `identities`, in lower case, are
    what a record may name the person by: login, e-mail address, telephone number; `contact` is the best of these.
    """

    name: str
    parts: frozenset[Part] = frozenset()
    groups: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    contact: str = ""


NOBODY = Who(name="")
"""Somebody who may do nothing."""
