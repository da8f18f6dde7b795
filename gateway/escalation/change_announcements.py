"""The notifications that follow from a change of a record, whatever made it. Pure.

Alerts, people and timers all ask here before a revision is written.
"""

from datetime import datetime

from gateway.escalation.duties import with_announcements
from gateway.escalation.record_timers import (
    SlaRules,
    merge_raise_and_breach,
    with_grading_deadline,
)
from gateway.incidents.record import Revision


def announce_change(rules: SlaRules, revision: Revision, now: datetime) -> Revision:
    """Return the revision with the notifications of everybody who must act after it.

    A raise in priority that breaches a target at once makes one message. The caller has brought
    clocks and timers up to date; such a breach adds to `timers`.
    """
    told = with_announcements(rules.escalation, revision)
    told = with_grading_deadline(rules, told)
    return merge_raise_and_breach(rules, told, now)
