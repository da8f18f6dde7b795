"""Roles of people and tiers of groups in the process (docs/process.md, who). Pure."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """A role of a person, which permissions follow from; a person may have several."""

    REPORTER = "reporter"
    SERVICE_DESK = "service_desk"
    TIER2 = "tier2"
    TIER3 = "tier3"
    INCIDENT_MANAGER = "incident_manager"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    SECURITY = "security"


def parse_roles(words: Iterable[str]) -> frozenset[Role]:
    """Return the roles among these words.

    A role that only a newer release knows is left out and grants nothing.
    """
    return frozenset(role for role in Role if role in set(words))


class GroupTier(StrEnum):
    """The tier of support that a group works at."""

    DESK = "desk"
    TIER2 = "tier2"
    TIER3 = "tier3"
