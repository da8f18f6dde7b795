"""The rule that keeps incidents from being silent below a master: who may follow whom, and how one is let go. Pure.

An incident that follows a master has no clock and tells nobody, for its master does both. So it may follow only a master that
is open, at least as urgent, and there for everybody who would work on the incident itself.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Any, Protocol

from gateway.incidents.model import LIVE, Kind, State
from gateway.incidents.record import Incident, Revision

BY_HAND = "by hand"
"""The reason of a link that somebody made."""


class Ranked(Protocol):
    """What decides where an incident may stand: its own facts, or those a batch knows of it."""

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


PLACES = frozenset({"priority", "security"})
"""The fields that people correct and that decide who may follow an incident."""


def may_loosen(revision: Revision) -> bool:
    """Return whether followers may have to be let go after this change of a master."""
    if revision.after.master_id is not None or revision.marks_only:
        return False
    names = {event for event, _ in revision.events}
    if revision.after.state not in LIVE:
        return not names.isdisjoint({"resolved", "closed", "rejected"})
    return "converted" in names or not PLACES.isdisjoint(_corrected(revision))


def _corrected(revision: Revision) -> Iterable[str]:
    for event, facts in revision.events:
        if event == "changed":
            yield from (change["field"] for change in facts.get("changes", ()))


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
