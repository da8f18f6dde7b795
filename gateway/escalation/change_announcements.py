"""The notifications that follow from a change of a record, whatever made it. Pure.

Alerts, people and timers all ask here before a revision is written.
"""

from dataclasses import replace
from datetime import datetime

from gateway.escalation.crossings import merge_breach
from gateway.escalation.due_times import (
    grading_due,
    present,
    threshold_event,
    thresholds_to_tell,
)
from gateway.escalation.duties import with_announcements
from gateway.escalation.policies.following import follow_change
from gateway.escalation.shelf_return import return_from_shelf, with_shelving_news
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import refresh_timers
from gateway.incidents.claims import GRADE
from gateway.incidents.record import Revision
from gateway.sla import thresholds


def announce_change(rules: SlaRules, revision: Revision, now: datetime) -> Revision:
    """Return the revision with the notifications of everybody who must act after it.

    A raise in priority that breaches a target at once makes one message. The caller has brought
    clocks and timers up to date; such a breach, and a shelving that the change ends, add to
    `timers`.
    """
    returned = return_from_shelf(rules, revision, now)
    told = follow_change(rules.escalation, returned, present(returned.after, now))
    told = with_announcements(rules.escalation, told)
    told = with_grading_deadline(rules, told)
    told = merge_raise_and_breach(rules, told, now)
    return with_shelving_news(rules.escalation, told)


def merge_raise_and_breach(rules: SlaRules, revision: Revision, now: datetime) -> Revision:
    """Return a raise in priority with the breaches that it causes at once, as one message."""
    before, incident = revision.before, revision.after
    if before is None or incident.priority >= before.priority:
        return revision
    stand = thresholds.threshold_state(
        rules.policy(incident), incident.ledger, present(incident, now)
    )
    crossings = thresholds_to_tell(rules, incident, incident.marks, stand)
    worth = thresholds.worst_per_clock(crossings)
    breaches = [crossing for crossing in worth if crossing.breach]
    if not breaches:
        return revision
    marks = (*incident.marks, *(crossing.mark for crossing in crossings))
    after, armed = refresh_timers(rules, replace(incident, marks=marks), now, stand)
    told = merge_breach(rules.escalation, after, revision.announcements, breaches[-1])
    events = (*revision.events, *map(threshold_event, worth))
    return replace(
        revision, after=after, events=events, timers=(*revision.timers, *armed), announcements=told
    )


def with_grading_deadline(rules: SlaRules, revision: Revision) -> Revision:
    """Return the revision with the deadline of grading in the message about an urgent claim."""
    due = None if not revision.announcements else grading_due(rules, revision.after)
    if due is None:
        return revision
    said = {"due_at": due.isoformat()}
    told = tuple(
        replace(one, facts={**one.facts, **said}, bare={**one.bare, **said})
        if one.template == GRADE
        else one
        for one in revision.announcements
    )
    return replace(revision, announcements=told)
