"""Duties: the roles that must act on an incident, and their notification after a change. Pure.

Every change is handled alike, by comparing the duties before it with those after it: assigning,
raising in priority, reopening, detaching from a master, converting and taking back a security
flag need no rule of their own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.escalation.management import (
    SECURITY,
    TIER3,
    EscalationRules,
    claimed_facts,
    without_master_silence,
)
from gateway.escalation.policies.paging import CALLED
from gateway.incidents.announcement import Announcement, Recipient
from gateway.incidents.announcements.addressing import DESK
from gateway.incidents.claims import GRADE, awaits_grading, claimed_priority
from gateway.incidents.hierarchy import UnfitReason
from gateway.incidents.ledger import ClockEvent
from gateway.incidents.record import Incident, Revision
from gateway.vocabulary import LIVE, Resolution, State, Tier

REASON = 500
"""The most characters of a reason that a message carries."""

TAKEN = (State.IN_PROGRESS, State.ESCALATED)
"""The states in which somebody works on a record, or sees to it that a vendor does."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A role that must act on a record.

    `subject` names the person, group or occasion where the role alone does not.

    A duty to `work` on it is that of the person or group it was given to; the others come from
    the rules.
    """

    role: str
    subject: str = ""
    work: bool = False


Duties = Mapping[Duty, int]
"""The duties with the priority that whoever has the duty must know of."""


def duties(escalation: EscalationRules, incident: Incident) -> Duties:
    """Return the duties of the record now.

    While the record follows a master, the master is acted on instead; but an urgent claim is
    graded of every record.
    """
    claimed = claimed_priority(incident)
    claim = {Duty(DESK, GRADE): claimed} if claimed is not None and awaits_grading(incident) else {}
    if incident.master_id is not None:
        return claim
    if incident.state in LIVE:
        ruled = [Duty(role) for role in escalation.roles(incident, "opened")]
        flagged = [Duty(SECURITY)] if incident.security else []
        return dict.fromkeys([*ruled, *flagged, *_work(incident)], incident.priority) | claim
    return {Duty("owner", incident.owner, work=True): 0} if _is_to_be_confirmed(incident) else {}


def _work(incident: Incident) -> Iterator[Duty]:
    """Yield the duty of whoever works on the record next.

    A record on hold waits for nobody here, and a vendor has no login.
    """
    person = incident.handler or incident.assignee
    if incident.state is State.ON_HOLD:
        return
    if incident.state is State.ESCALATED and incident.tier is Tier.THIRD:
        yield Duty(TIER3, incident.assignee_group, work=True)
        if incident.handler and incident.handler != incident.assignee:
            yield Duty("handler", incident.handler, work=True)
    elif person:
        yield Duty("handler", person, work=True)
    elif incident.tier is Tier.DESK and incident.returned:
        yield Duty(DESK, str(incident.returned), work=True)
    elif incident.assignee_group:
        yield Duty("group", incident.assignee_group, work=True)


def _is_to_be_confirmed(incident: Incident) -> bool:
    """Return whether the desk must ask the reporter to confirm.

    So it is where others than the desk solved the record.
    """
    return (
        incident.state is State.RESOLVED
        and incident.tier is not Tier.DESK
        and incident.resolution is not Resolution.VANISHED
    )


def with_announcements(escalation: EscalationRules, revision: Revision) -> Revision:
    """Return the revision with its notifications: one for every duty that is new or more urgent.

    A role that the change itself notifies of the record, such as by declaring it major, is
    notified once. Where an escalation policy calls those on call, their group is left in peace.
    """
    before, after = revision.before, revision.after
    passed_on = _passed_on(revision)
    owed = {**duties(escalation, after), **_given_below_a_master(revision), **passed_on}
    if revision.marks_only or not revision.events or not owed:
        return revision
    was = (
        {}
        if before is None or (before.security and not after.security)
        else duties(escalation, before)
    )
    if _given_anew(before, after):
        was = {duty: priority for duty, priority in was.items() if not duty.work}
    was = {duty: priority for duty, priority in was.items() if duty not in passed_on}
    took_on = _took_on(before, after)
    said = [made for made in revision.announcements if not made.silenced]
    told = {one.role for made in said for one in made.recipients}
    called = any(made.cause.startswith(CALLED) for made in said)
    new = [
        duty
        for duty, priority in owed.items()
        if priority < was.get(duty, priority + 1)
        and not (duty.work and took_on)
        and duty.role not in told
        and not (duty.work and duty.role in {"group", DESK} and called)
    ]
    if not new:
        return revision
    made = _announcements(escalation, revision, new, was)
    return replace(revision, announcements=(*revision.announcements, *made))


def _given_below_a_master(revision: Revision) -> Duties:
    """Return the duties of those who were given a related record by hand.

    They have them whatever becomes of its master.
    """
    before, after = revision.before, revision.after
    if (
        before is None
        or before.master_id is None
        or after.master_id is None
        or after.state not in LIVE
    ):
        return {}
    given = any(event in GIVING_EVENTS for event, _ in revision.events)
    known = set(_work(before)) if given and not _given_anew(before, after) else set()
    return {duty: after.priority for duty in _work(after) if duty not in known} if given else {}


PASSING_EVENTS = ("declined", "released")
"""The events by which somebody leaves a record to the next, in the order of their weight."""


def _passing(revision: Revision) -> str:
    """Return the event by which the change leaves the record to the next, "" if it does not."""
    events = {event for event, _ in revision.events}
    return next((event for event in PASSING_EVENTS if event in events), "")


def _passed_on(revision: Revision) -> Duties:
    """Return the duty of whoever is next after somebody declined the record or gave it back.

    It is that of the group, or of the desk where there is none; nobody's while somebody has it.
    """
    after = revision.after
    if not _passing(revision) or after.handler or after.assignee:
        return {}
    work = list(_work(after))
    return dict.fromkeys(work or [Duty(DESK, _passing(revision), work=True)], after.priority)


def _given_anew(before: Incident | None, after: Incident) -> bool:
    """Return whether a record in work was assigned again, if only to the same person."""
    return before is not None and before.state in TAKEN and after.state is State.ASSIGNED


def _took_on(before: Incident | None, after: Incident) -> bool:
    """Return whether the change is that somebody accepted the record, who therefore knows of it."""
    known = 0 if before is None else len(before.ledger)
    return any(entry.event is ClockEvent.ACCEPT for entry in after.ledger[known:])


def _announcements(
    escalation: EscalationRules, revision: Revision, new: list[Duty], was: Duties
) -> Iterator[Announcement]:
    """Yield one announcement per occasion.

    A person who is several of its recipients is notified once.
    """
    before, after = revision.before, revision.after
    stamp = "" if before is None else f"#{after.version}"
    occasions: dict[tuple[str, bool], list[Recipient]] = {}
    for duty in new:
        passed = _passing(revision)
        at_work = passed or _occasion_of_work(before, after, duty)
        occasion = at_work if duty.work else _occasion(before)
        occasion = GRADE if duty.subject == GRADE else "raised" if duty in was else occasion
        occasions.setdefault((occasion, duty.work), []).append(_recipient(escalation, after, duty))
    why = _why(revision)
    for (occasion, work), recipients in occasions.items():
        more = {**why, **_asked(after, occasion, work=work)}
        if not work and _is_shut_out(revision):
            more |= {"to_do": "replace_worker"}
        made = escalation.announcement(
            after, tuple(recipients), cause=occasion + stamp, template=occasion, more=more
        )
        made = without_master_silence(made) if work or occasion == GRADE else made
        made = made if work else escalation.with_stand_in(made, after)
        yield replace(made, recorded=not work, optional=occasion == "resolved")


GIVING_EVENTS = frozenset({"assigned", "escalated", "returned"})
"""The timeline events by which somebody gives a record to others."""

REASONED_EVENTS = frozenset(
    {"assigned", "changed", "converted", "escalated", "reopened", "resumed", "returned", "unlinked"}
)
"""The timeline events whose note says why somebody must act."""


def _why(revision: Revision) -> dict[str, Any]:
    """Return the reasons given with the change, and the priority before it raised that."""
    before, after = revision.before, revision.after
    notes = [
        facts["note"]
        for event, facts in revision.events
        if event in REASONED_EVENTS and facts.get("note")
    ]
    left = [
        facts["master"]
        for event, facts in revision.events
        if event == "unlinked" and facts.get("master") and facts.get("reason") != UnfitReason.HIDDEN
    ]
    raising = [
        facts["incident"]
        for event, facts in revision.events
        if event == "raised" and facts.get("incident")
    ]
    notes += [
        facts["reason"]
        for event, facts in revision.events
        if event in PASSING_EVENTS and facts.get("reason")
    ]
    why = {"reason": str(notes[0])[:REASON]} if notes else {}
    why |= {"left_by": revision.actor} if _passing(revision) else {}
    why |= {"raised_by": raising[-1]} if raising else {}
    why |= {"left_master": left[-1]} if left else {}
    return why | (
        {"was_priority": before.priority}
        if before is not None and before.priority > after.priority
        else {}
    )


def _is_shut_out(revision: Revision) -> bool:
    """Return whether the change hides a security incident from somebody who works on it."""
    return any(event == "withdrawn" and facts.get("from") for event, facts in revision.events)


def _asked(incident: Incident, occasion: str, *, work: bool) -> dict[str, Any]:
    """Return the extra facts of a message about what its recipient is to do."""
    if occasion == GRADE:
        return {**claimed_facts(incident), "to_do": "grade"}
    if work and occasion == "resolved":
        return {"to_do": "ask_reporter" if incident.contact else "confirm"}
    return {}


def _recipient(escalation: EscalationRules, incident: Incident, duty: Duty) -> Recipient:
    """Return the recipient of a duty.

    The desk stands in for a worker, group or tier that the directory does not know.
    """
    found = escalation.recipient(duty.role, incident)
    if duty.role == SECURITY:
        return escalation.officers(incident)
    if duty.role == TIER3:
        return replace(
            found, group=incident.assignee_group, instead=escalation.recipient(DESK, incident)
        )
    if duty.work and found.own and found.instead is None:
        return replace(found, instead=escalation.recipient(DESK, incident))
    return replace(found, group=incident.assignee_group) if duty.work and not found.own else found


def _occasion(before: Incident | None) -> str:
    """Return the occasion that the roles of the rules are notified of: opened or reopened."""
    return (
        "opened"
        if before is None or before.state in LIVE or before.master_id is not None
        else "reopened"
    )


def _occasion_of_work(before: Incident | None, after: Incident, duty: Duty) -> str:
    """Return the occasion that those who work on the record are notified of."""
    if after.state is State.RESOLVED:
        return "resolved"
    if duty.role == DESK:
        return "returned"
    if before is not None and before.state not in LIVE:
        return "reopened"
    if before is not None and before.state is State.ON_HOLD:
        return "resumed"
    return "escalated" if after.state is State.ESCALATED else "assigned"
