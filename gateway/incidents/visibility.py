"""Visibility: which records exist for somebody, for reads and messages alike. Pure.

What somebody may not see is not there for them: lists, links and locks leave it out, and asking for it by number is answered as
asking for a number that was never given out. Statements ask by the function `may_see` of PostgreSQL, which decides the same.
A message about it says nothing of it (`notify/withholding.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.directory.roles import Role
from gateway.incidents.record import Incident

SECURITY_ROLES: frozenset[str] = frozenset({Role.INCIDENT_MANAGER, Role.SECURITY})
"""The roles that may see security incidents."""


def has_security_role(roles: Iterable[str]) -> bool:
    """Return whether somebody with these roles may see security incidents."""
    return not SECURITY_ROLES.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Visibility:
    """`ordinary` are all records without the security flag, `security` those with it, `names` in lower case one's own.

    One's own is what one recorded or is the contact of, and never what is flagged.
    """

    ordinary: bool = False
    security: bool = False
    names: tuple[str, ...] = ()

    def sees(self, incident: Incident) -> bool:
        """Whether the record is there for them."""
        if incident.security:
            return self.security
        own = (incident.owner, incident.contact, incident.recorded_by)
        return self.ordinary or any(name.lower() in self.names for name in own)

    def parameters(self) -> tuple[bool, bool, list[str]]:
        """For statements: whether security records, whether ordinary ones, and the names."""
        return self.security, self.ordinary, list(self.names)


EVERYTHING = Visibility(ordinary=True, security=True)
