"""The locations of records that rows of the permission tables name. Pure."""

from enum import StrEnum
from typing import assert_never

from gateway.access.principal import Principal
from gateway.incidents.record import Incident
from gateway.vocabulary import Tier


class RecordLocation(StrEnum):
    """The records that a row covers, by who they are with."""

    ANY = "any record"
    OWN = "one's own: recorded by oneself, or oneself the contact"
    DESK = "with the service desk"
    SECOND = "with tier 2, or with a vendor"
    BEYOND_DESK = "with tier 2, tier 3 or a vendor"
    HANDLED = "handled by oneself"
    PAGED = "that an escalation policy called oneself about"
    THIRD = "with tier 3, or with a vendor and given to oneself or one's group"
    FLAGGED = "flagged as security incident"


def is_at(where: RecordLocation, who: Principal, incident: Incident) -> bool:  # noqa: PLR0911 - one arm a place
    """Return whether the record is one of those that the location names, for the principal."""
    match where:
        case RecordLocation.ANY:
            return True
        case RecordLocation.OWN:
            own = (incident.owner, incident.contact, incident.recorded_by)
            return any(name.lower() in who.identities for name in own)
        case RecordLocation.DESK:
            return incident.tier is Tier.DESK
        case RecordLocation.SECOND:
            return incident.tier in (Tier.SECOND, Tier.VENDOR)
        case RecordLocation.BEYOND_DESK:
            return incident.tier is not Tier.DESK
        case RecordLocation.HANDLED:
            return incident.handler == who.name
        case RecordLocation.PAGED:
            run = incident.escalation
            return run is not None and run.since is not None and who.name in run.called
        case RecordLocation.THIRD:
            return incident.tier is Tier.THIRD or (
                incident.tier is Tier.VENDOR and _given(who, incident)
            )
        case RecordLocation.FLAGGED:
            return incident.security
        case _:
            assert_never(where)


def _given(who: Principal, incident: Incident) -> bool:
    return (
        who.name in (incident.handler, incident.assignee) or incident.assignee_group in who.groups
    )
