"""The rules for following a master, so that no follower goes unnoticed. Pure.

An incident that follows a master has no clock and notifies nobody, for its master does both. So
it may follow only a master that is open, at least as urgent, and visible to everybody who would
work on the incident itself.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Any, Protocol

from gateway.incidents.record import Incident, Revision
from gateway.vocabulary import LIVE, Kind, State

BY_HAND = "by hand"
"""The reason of a link that a person made."""


class RankedIncident(Protocol):
    """The facts that decide whether an incident may follow another."""

    @property
    def state(self) -> State:
        """The present state."""
        ...

    @property
    def kind(self) -> str:
        """The kind: incident or service request."""
        ...

    @property
    def priority(self) -> int:
        """The priority from 1, the most urgent, to 4."""
        ...

    @property
    def security(self) -> bool:
        """True for a security incident, which only security roles may see."""
        ...

    @property
    def suppressed(self) -> bool:
        """True while planned work keeps it from notifying anybody."""
        ...


class UnfitReason(StrEnum):
    """The reason why an incident may not follow a master."""

    OVER = "master_over"
    HIDDEN = "master_hidden"
    REQUEST = "master_is_request"
    SUPPRESSED = "master_suppressed"
    MILDER = "master_milder"


def find_unfit_reason(master: RankedIncident, follower: RankedIncident) -> UnfitReason | None:
    """Return why `follower` may not follow `master`, or None if it may.

    A follower that is over may follow any master.
    """
    if follower.state not in LIVE:
        return None
    if master.state not in LIVE:
        return UnfitReason.OVER
    if master.security and not follower.security:
        return UnfitReason.HIDDEN
    if master.kind != Kind.INCIDENT and follower.kind == Kind.INCIDENT:
        return UnfitReason.REQUEST
    if master.suppressed:
        return UnfitReason.SUPPRESSED
    return UnfitReason.MILDER if follower.priority < master.priority else None


def may_lose_followers(revision: Revision) -> bool:
    """Return whether a master changed so that some of its followers may have to be detached."""
    before, after = revision.before, revision.after
    if before is None or before.state not in LIVE or after.master_id is not None:
        return False
    milder = after.priority > before.priority
    hidden = (after.security and not before.security) or (
        after.suppressed and not before.suppressed
    )
    return after.state not in LIVE or milder or hidden or after.kind != before.kind


def may_lose_master(revision: Revision) -> bool:
    """Return whether a follower changed so that it may have to be detached."""
    before, after = revision.before, revision.after
    if after.master_id is None or after.state not in LIVE:
        return False
    return (
        before is None or before.master_id != after.master_id or _stands(before) != _stands(after)
    )


def _stands(incident: Incident) -> tuple[bool, str, int, bool]:
    return incident.state in LIVE, incident.kind, incident.priority, incident.security


def detach_follower(
    revision: Revision, master: Incident, why: UnfitReason, *, proposed: bool = False
) -> Revision:
    """Return the revision with the incident detached from its master, and the reason logged."""
    follower = revision.after
    told: dict[str, Any] = {"master": master.number, "reason": why}
    if why is UnfitReason.OVER:
        told["state"] = master.state
    if why is UnfitReason.MILDER:
        told |= {"priority": follower.priority, "master_priority": master.priority}
    events = [*revision.events, ("unlinked", told)]
    if proposed:
        link = {
            "master": master.number,
            "reason": follower.link_reason,
            "score": follower.link_score,
        }
        events.append(("link_proposed", link))
    after = replace(follower, master_id=None, link_reason=None, link_score=None)
    return replace(revision, after=after, events=tuple(events))
