"""Paging: the calls that an escalation policy makes about a record, step by step. Pure.

A run begins when a record opens, reopens, becomes more urgent or is given back, and stops when
somebody acknowledges it, it is over, or it follows a master.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from gateway.escalation import ladder, steps
from gateway.escalation.management import MANAGER, EscalationRules
from gateway.escalation.policies.policy import EscalationPolicy, RunStep
from gateway.escalation.policies.recipients import step_recipients
from gateway.escalation.steps import NextStep, StepNotifications
from gateway.incidents.announcement import Announcement
from gateway.incidents.announcements.addressing import DESK
from gateway.incidents.escalation_run import EscalationRun, NotifiedStep
from gateway.incidents.record import Incident
from gateway.vocabulary import LIVE, State

UNREAD = timedelta(seconds=5)
"""The time until the next look at a record whose policy was not read yet by this replica."""

TAKEN = frozenset({State.IN_PROGRESS, State.ON_HOLD, State.ESCALATED})
"""The states in which somebody has taken a record."""

UNACKNOWLEDGED = "unacknowledged"
"""The message that nobody has taken a record, so that the next step is called."""


CALLED = "policy:"
"""The beginning of the cause of every message that a policy makes."""


class Paging(NamedTuple):
    """A run after a change or a firing, the calls that it makes, and events of the timeline."""

    run: EscalationRun | None
    calls: tuple[Announcement, ...] = ()
    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()


def is_acknowledged(incident: Incident) -> bool:
    """Return whether somebody has taken the record, or acknowledged its escalation."""
    noted = ladder.acknowledgement_time(incident.marks, incident.reopened, incident.priority)
    return incident.state in TAKEN or noted is not None


def is_paged(incident: Incident) -> bool:
    """Return whether somebody is to be called: it is open and nothing else covers it."""
    covered = incident.master_id is not None or incident.suppressed or incident.is_shelved
    return incident.state in LIVE and not covered


def paging_due(rules: EscalationRules, incident: Incident, now: datetime) -> datetime | None:
    """Return when a record's policy does something next, None if never."""
    run = incident.escalation
    if run is None or run.since is None or not is_paged(incident):
        return None
    policy = rules.book.kept(run.policy, run.version)
    if policy is None:
        return now + UNREAD
    coming = next_call(policy, run)
    due = (None if coming is None else coming.due, comes_back_at(policy, run))
    return min((at for at in due if at is not None), default=None)


def step_cause(run: EscalationRun, step: str) -> str:
    """Return the cause of the messages of a step of a run, by which each is sent once."""
    return f"{CALLED}{run.number}:{step}"


def next_call(policy: EscalationPolicy, run: EscalationRun) -> NextStep[RunStep] | None:
    """Return the next step of a run to call, None when all are called or it does not run."""
    if (since := run.since) is None:
        return None
    told = {one.step: StepNotifications(1, one.at) for one in run.told}
    return steps.next_step(
        policy.run_steps,
        told,
        lambda length: since + length,
        acknowledged=run.acknowledged_at is not None,
    )


def comes_back_at(policy: EscalationPolicy, run: EscalationRun) -> datetime | None:
    """Return when a record that is acknowledged counts as forgotten, None if never."""
    lasts = policy.definition.acknowledged_for
    return None if lasts is None or run.acknowledged_at is None else run.acknowledged_at + lasts


PASSED_OVER = "escalation_step_passed_over"
"""The event of a step that calls nobody because of its hours."""


def new_run(incident: Incident, policy: EscalationPolicy, now: datetime) -> EscalationRun:
    """Return a new run of the policy that nobody was called in yet."""
    number = 1 if incident.escalation is None else incident.escalation.number + 1
    return EscalationRun(policy=policy.slug, version=policy.version, number=number, since=now)


def begin_after(incident: Incident, policy: EscalationPolicy, now: datetime) -> Paging:
    """Return a new run for a record that somebody was given just now.

    That person stands for the steps that come at once.
    """
    first = [step for step in policy.run_steps if not step.after]
    told = tuple(NotifiedStep(step.name, now) for step in first)
    return Paging(replace(new_run(incident, policy, now), told=told))


def call(
    rules: EscalationRules,
    incident: Incident,
    policy: EscalationPolicy,
    run: EscalationRun,
    now: datetime,
    template: str,
    more: Mapping[str, Any] | None = None,
) -> Paging:
    """Return the run with every step called that is due; one outside its hours is passed over."""
    calls: list[Announcement] = []
    events: list[tuple[str, Mapping[str, Any]]] = []
    definition = policy.definition
    while (coming := next_call(policy, run)) is not None and coming.due <= now:
        step, place = coming.step, coming.step.place
        applies = rules.book.applies(policy, definition.steps[place].hours, now)
        at = now if applies else coming.due
        run = replace(run, told=(*run.told, NotifiedStep(step.name, at)))
        said = {
            "policy": definition.name,
            "step": place + 1,
            "steps": len(definition.steps),
            "round": step.round + 1,
        }
        if not applies:
            events.append((PASSED_OVER, {**said, "hours": definition.steps[place].hours}))
            continue
        calls.append(
            rules.announcement(
                incident,
                step_recipients(rules, incident, definition.steps, place),
                cause=step_cause(run, step.name),
                template=template,
                more={"escalation": said, **(more or {})},
            )
        )
    return Paging(run, tuple(calls), tuple(events))


def skip_to_next(
    rules: EscalationRules,
    incident: Incident,
    policy: EscalationPolicy,
    run: EscalationRun,
    now: datetime,
    by: str,
) -> Paging:
    """Return the run with its next step called at once.

    `by` is who cannot take the record, "" where the step before reached nobody.

    Its clock is set forward to that step, and those before it count as called in time. After the
    last step the desk and the incident manager are told.
    """
    open_again = replace(run, acknowledged_at=None)
    coming = next_call(policy, open_again)
    more = {"left_by": by} if by else {}
    if coming is None:
        cause = f"{CALLED}{run.number}:declined#{incident.version}"
        told = rules.announce(
            (DESK, MANAGER), incident, cause=cause, template=UNACKNOWLEDGED, more=more
        )
        return Paging(open_again, told)
    since = now - coming.step.after
    after = {step.name: step.after for step in policy.run_steps}
    known = tuple(
        NotifiedStep(one.step, since + after[one.step]) for one in run.told if one.step in after
    )
    forward = replace(open_again, since=since, told=known)
    return call(rules, incident, policy, forward, now, UNACKNOWLEDGED, more)
