"""Visibility of records, for reads and messages alike. Pure.

A record that somebody may not see does not exist for them: lists, links and locks leave it out,
and a request by its number gets the reply for an unknown number. SQL statements use the
PostgreSQL function `may_see`, which decides the same. A message about it contains nothing of it
(`notify/withholding.py`).
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
    """The records that somebody may see.

    `ordinary` are all records without the security flag, `security` those with it. `names` are
    somebody's own names in lower case: they see records without the flag that they own, recorded
    or are the contact of.
    """

    ordinary: bool = False
    security: bool = False
    names: tuple[str, ...] = ()

    def sees(self, incident: Incident) -> bool:
        """Return whether the record is visible."""
        if incident.security:
            return self.security
        own = (incident.owner, incident.contact, incident.recorded_by)
        return self.ordinary or any(name.lower() in self.names for name in own)

    def parameters(self) -> tuple[bool, bool, list[str]]:
        """Return the parameters of `may_see`: security records, ordinary records, and names."""
        return self.security, self.ordinary, list(self.names)
