"""Announcements of SLA clocks that are nearly due or overdue. Pure."""

from dataclasses import replace

from gateway.escalation.management import EscalationRules
from gateway.incidents.announcement import ON_CALL, Announcement
from gateway.incidents.ledger import microseconds
from gateway.incidents.record import Incident
from gateway.sla.thresholds import Crossing


def announce_crossing(
    escalation: EscalationRules, incident: Incident, crossing: Crossing
) -> tuple[Announcement, ...]:
    """Return the notification of a clock that is nearly due or overdue.

    The same threshold under a new target is a new cause. `due_at` of the message is when the
    whole target is used up.

    A warning goes only to roles that somebody fills.
    """
    on, template = ("breach", "sla_breached") if crossing.breach else ("warning", "sla_warning")
    roles = [
        role
        for role in escalation.roles(incident, on)
        if crossing.breach or not escalation.recipient(role, incident).nobody
    ]
    due = {} if crossing.target_at is None else {"due_at": crossing.target_at.isoformat()}
    more = {"clock": crossing.clock, **due, "share": crossing.share}
    return escalation.announce(
        roles, incident, cause=crossing_cause(crossing), template=template, more=more
    )


def merge_breach(
    escalation: EscalationRules,
    incident: Incident,
    told: tuple[Announcement, ...],
    crossing: Crossing,
) -> tuple[Announcement, ...]:
    """Return the notifications of a raise in priority joined with the breach that it causes.

    They are one message, also to those whom only the breach concerns.
    """
    breach = announce_crossing(escalation, incident, crossing)
    of_raise = next(
        (one for one in told if one.recorded and one.recipients[0].role != ON_CALL), None
    )
    if of_raise is None or not breach:
        return (*told, *breach)
    known = {recipient.role for recipient in of_raise.recipients}
    more = tuple(one for one in breach[0].recipients if one.role not in known)
    said = {
        name: breach[0].facts[name]
        for name in ("clock", "due_at", "share")
        if name in breach[0].facts
    }
    together = replace(
        of_raise,
        recipients=(*of_raise.recipients, *more),
        facts={**of_raise.facts, **said},
        bare={**of_raise.bare, **said},
    )
    return tuple(together if one is of_raise else one for one in told)


def crossing_cause(crossing: Crossing) -> str:
    """Return the name of one firing of one threshold.

    It is the threshold's mark, and in microseconds since when it has been passed.
    """
    return f"sla:{crossing.mark}:{microseconds(crossing.at)}"
