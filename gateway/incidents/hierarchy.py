"""The rules for following a master, so that no incident is silent below one. Pure.

An incident that follows a master has no clock and tells nobody, for its master does both. So it may follow only a master that
is open, at least as urgent, and there for everybody who would work on the incident itself.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Any, Protocol

from gateway.incidents.record import Incident, Revision
from gateway.vocabulary import LIVE, Kind, State

BY_HAND = "by hand"
"""The reason of a link that somebody made."""


class Ranked(Protocol):
    """The facts by which an incident may follow another: its own, or those a batch knows of it."""

    @property
    def state(self) -> State:
        """The present state."""
        ...

    @property
    def kind(self) -> str:
        """An incident or a service request."""
        ...

    @property
    def priority(self) -> int:
        """The urgency from 1, the most urgent, to 4."""
        ...

    @property
    def security(self) -> bool:
        """True for a security incident, which few may see."""
        ...

    @property
    def suppressed(self) -> bool:
        """True while planned work keeps it from telling anybody."""
        ...


class Unfit(StrEnum):
    """The reason why an incident may not follow a master."""

    OVER = "master_over"
    HIDDEN = "master_hidden"
    REQUEST = "master_is_request"
    SUPPRESSED = "master_suppressed"
    MILDER = "master_milder"


def unfit(master: Ranked, follower: Ranked) -> Unfit | None:
    """Return why `follower` may not follow `master`, or None where it may. What is over follows whatever it followed."""
    if follower.state not in LIVE:
        return None
    if master.state not in LIVE:
        return Unfit.OVER
    if master.security and not follower.security:
        return Unfit.HIDDEN
    if master.kind != Kind.INCIDENT and follower.kind == Kind.INCIDENT:
        return Unfit.REQUEST
    if master.suppressed:
        return Unfit.SUPPRESSED
    return Unfit.MILDER if follower.priority < master.priority else None


def may_loosen(revision: Revision) -> bool:
    """Return whether the change leaves a master that some of its followers may not follow any more."""
    before, after = revision.before, revision.after
    if before is None or before.state not in LIVE or after.master_id is not None:
        return False
    milder = after.priority > before.priority
    hidden = (after.security and not before.security) or (after.suppressed and not before.suppressed)
    return after.state not in LIVE or milder or hidden or after.kind != before.kind


def may_outgrow(revision: Revision) -> bool:
    """Return whether the change may leave a follower that its master no longer fits."""
    before, after = revision.before, revision.after
    if after.master_id is None or after.state not in LIVE:
        return False
    return before is None or before.master_id != after.master_id or _stands(before) != _stands(after)


def _stands(incident: Incident) -> tuple[bool, str, int, bool]:
    return incident.state in LIVE, incident.kind, incident.priority, incident.security


def let_go(revision: Revision, master: Incident, why: Unfit, *, proposed: bool = False) -> Revision:
    """Return the revision with the incident on its own again, which the timeline says with its reason."""
    follower = revision.after
    told: dict[str, Any] = {"master": master.number, "reason": why}
    if why is Unfit.OVER:
        told["state"] = master.state
    if why is Unfit.MILDER:
        told |= {"priority": follower.priority, "master_priority": master.priority}
    events = [*revision.events, ("unlinked", told)]
    if proposed:
        link = {"master": master.number, "reason": follower.link_reason, "score": follower.link_score}
        events.append(("link_proposed", link))
    after = replace(follower, master_id=None, link_reason=None, link_score=None)
    return replace(revision, after=after, events=tuple(events))
