"""What people are to the process (docs/process.md, who). Pure."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a person may do follows from these alone; a person may have several."""

    REPORTER = "reporter"
    SERVICE_DESK = "service_desk"
    TIER2 = "tier2"
    TIER3 = "tier3"
    INCIDENT_MANAGER = "incident_manager"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    SECURITY = "security"


def known(words: Iterable[str]) -> frozenset[Role]:
    """The roles among these words: what a newer release wrote and this one does not know gives no right."""
    return frozenset(role for role in Role if role in set(words))


class GroupTier(StrEnum):
    """Where in the process a group works."""

    DESK = "desk"
    TIER2 = "tier2"
    TIER3 = "tier3"
