"""The due times of a record: its thresholds, grading, closing and ladder steps. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from gateway.escalation import ladder
from gateway.escalation.crossings import crossing_cause
from gateway.escalation.ladder import LadderStep
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.claims import OVERDUE, awaits_grading, claimed_priority
from gateway.incidents.record import Incident
from gateway.sla import clocks, reporter_answers
from gateway.sla.policy import Policy
from gateway.sla.thresholds import Crossing, ThresholdState
from gateway.vocabulary import LIVE, ClockName, State

SPREAD = 300
"""The seconds over which automatic closing of records resolved together is spread."""

Event = tuple[str, Mapping[str, Any]]


def explain(incident: Incident, rules: SlaRules, at: datetime) -> tuple[clocks.ClockReading, ...]:
    """Return every clock of a record with every segment."""
    return clocks.read_clocks(rules.policy(incident), incident.ledger, present(incident, at))


def next_sla_due(
    rules: SlaRules, incident: Incident, marks: Collection[str], standing: ThresholdState
) -> datetime | None:
    """Return the next due time of the SLA timer.

    It is that of a threshold of a clock, or of the grading of an urgent claim.
    """
    due = (_sla_due(rules, incident, marks, standing), untold_grading_due(rules, incident))
    return min((at for at in due if at is not None), default=None)


def _sla_due(
    rules: SlaRules, incident: Incident, marks: Collection[str], standing: ThresholdState
) -> datetime | None:
    if not notifies_thresholds(incident):
        return None
    passed = thresholds_to_tell(rules, incident, marks, standing)
    return min(crossing.at for crossing in passed) if passed else standing.next_due


def thresholds_to_tell(
    rules: SlaRules, incident: Incident, marks: Collection[str], standing: ThresholdState
) -> tuple[Crossing, ...]:
    """Return the passed thresholds that somebody is to be notified of now.

    Of a shelved record these are the breaches that the settings name; the others stay without a
    mark, and so are due once it returns.
    """
    if not notifies_thresholds(incident):
        return ()
    passed = standing.due_now(marks)
    if not incident.is_shelved:
        return passed
    return tuple(one for one in passed if one.breach and one.clock in rules.shelving.breaches)


def notifies_thresholds(incident: Incident) -> bool:
    """Return whether thresholds of the record are notified: not finished, and without a master."""
    return incident.master_id is None and (
        incident.state in LIVE or incident.state is State.RESOLVED
    )


def grading_due(rules: SlaRules, incident: Incident) -> datetime | None:
    """Return the time by which the desk must grade a report.

    It is the desk's target for the priority that its reporter claims. None where there is
    nothing to grade, or the incident manager has been notified that it was not graded in time.
    """
    claimed = claimed_priority(incident)
    if claimed is None or OVERDUE in incident.marks or not awaits_grading(incident):
        return None
    policy = rules.policy(incident)
    target = policy.targets[claimed].get(ClockName.DESK)
    return None if target is None else policy.calendar.add(incident.recorded_at, target)


def untold_grading_due(rules: SlaRules, incident: Incident) -> datetime | None:
    """Return when the incident manager is to be told that a report is not graded.

    While the record is shelved that waits.
    """
    return None if incident.is_shelved else grading_due(rules, incident)


def close_due(policy: Policy, incident: Incident) -> datetime | None:
    """Return the time at which a resolved record is closed, None if it is not."""
    if incident.state is not State.RESOLVED or incident.resolved_at is None:
        return None
    begins = reporter_answers.waits_from(incident.marks, incident.resolved_at)
    if begins is None:
        return None
    close_at = policy.auto_close_in.add(begins, policy.auto_close_after)
    return close_at + timedelta(seconds=crc32(incident.number.encode()) % SPREAD)


def next_ladder_step(
    rules: SlaRules, incident: Incident, stand: ThresholdState
) -> LadderStep | None:
    """Return the next step of the ladder, None where nobody is to be notified."""
    if incident.state not in LIVE or incident.master_id is not None or incident.is_shelved:
        return None
    acknowledged = incident.responded_at is not None
    step = ladder.next_step(
        rules.escalation.ladder(incident), incident.marks, stand.overall, acknowledged=acknowledged
    )
    noted = ladder.acknowledgement_time(incident.marks, incident.reopened, incident.priority)
    return (
        step
        if step is None or noted is None
        else ladder.postponed_step(step, noted, rules.escalation.patience)
    )


def threshold_event(crossing: Crossing) -> Event:
    """Return the event of the timeline for a crossed threshold."""
    instants = {"at": crossing.at, "due_at": crossing.due_at}
    facts = {
        "clock": crossing.clock,
        "mark": crossing.mark,
        "share": crossing.share,
        **instants,
        "cause": crossing_cause(crossing),
    }
    return "sla_breached" if crossing.breach else "sla_warning", facts


def present(incident: Incident, now: datetime) -> datetime:
    """Return `now`, or the newest clock event if that is later, so that time never goes back.

    Another connection's statement may have carried a later stamp.
    """
    return max(now, incident.ledger[-1].at)
