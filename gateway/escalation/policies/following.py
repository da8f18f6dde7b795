"""The run of a record's escalation policy after a change, and when its timer fires. Pure."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from gateway.escalation.management import EscalationRules
from gateway.escalation.policies import paging
from gateway.escalation.policies.paging import (
    UNACKNOWLEDGED,
    Paging,
    comes_back_at,
    is_acknowledged,
    is_paged,
    paging_due,
    step_cause,
)
from gateway.escalation.policies.policy import EscalationPolicy
from gateway.incidents.escalation_run import EscalationRun
from gateway.incidents.record import ACTOR, Incident, Revision, TimerChange
from gateway.vocabulary import LIVE, State, TimerKind

DECLINED = "declined"
"""The event of somebody who cannot take a record: the next step is called at once."""

EXPIRED = "acknowledgement_expired"
"""The event of a record that was acknowledged and then forgotten."""

FORGOTTEN = "forgotten"
"""The message about such a record, to its handler and to the policy's first step."""


def follow_change(rules: EscalationRules, revision: Revision, now: datetime) -> Revision:
    """Return the revision with the run of its record up to date, and the calls that it makes."""
    after = revision.after
    if after.escalation is None and not rules.book.current:
        return revision
    if not revision.events or revision.marks_only:
        return revision
    made = _followed(rules, revision, now)
    if made.run == after.escalation and not made.calls:
        return revision
    return _with_paging(rules, revision, made, now)


def _followed(rules: EscalationRules, revision: Revision, now: datetime) -> Paging:
    before, after = revision.before, revision.after
    run = after.escalation
    if not is_paged(after):
        return Paging(None if run is None else replace(run, since=None, acknowledged_at=None))
    policy = _policy(rules, before, after, now)
    if policy is None:
        asked = run is not None and _has_other_values(before, after)
        return Paging(replace(run, policy="", since=None) if run is not None and asked else run)
    if run is not None and run.since is not None and (by := _declined_by(revision)):
        return paging.skip_to_next(rules, after, policy, run, now, by)
    if is_acknowledged(after):
        return Paging(_acknowledged(revision, policy, run, now))
    if why := _why(before, after, policy):
        return paging.call(rules, after, policy, paging.new_run(after, policy, now), now, why)
    return paging.begin_after(after, policy, now) if _is_given(revision) else Paging(run)


def _declined_by(revision: Revision) -> str:
    return revision.actor if any(event == DECLINED for event, _ in revision.events) else ""


def _policy(
    rules: EscalationRules, before: Incident | None, after: Incident, now: datetime
) -> EscalationPolicy | None:
    """Return the policy of a record: another one where its values ask for it, else what it has."""
    run = after.escalation
    if run is None or _has_other_values(before, after):
        chosen = rules.book.choose(after, now)
        if run is None or chosen is None or chosen.slug != run.policy:
            return chosen
    return rules.book.kept(run.policy, run.version)


def _has_other_values(before: Incident | None, after: Incident) -> bool:
    """Return whether the values that choose a policy have changed."""
    return before is None or _values(before) != _values(after)


def _values(incident: Incident) -> tuple[object, ...]:
    return incident.kind, incident.priority, incident.service, incident.assignee_group


def _why(before: Incident | None, after: Incident, policy: EscalationPolicy) -> str:
    """Return the template of the calls of a run that begins with this change, "" if none does."""
    run = after.escalation
    if before is not None and before.is_shelved:
        return UNACKNOWLEDGED
    if before is None or not is_paged(before):
        return "reopened" if before is not None and before.state not in LIVE else "opened"
    if before.priority > after.priority:
        return "raised"
    begins = run is None or run.since is None or run.policy != policy.slug
    given = after.state is State.ASSIGNED and bool(after.handler or after.assignee)
    back = is_acknowledged(before) and not given
    return UNACKNOWLEDGED if begins or back else ""


def _is_given(revision: Revision) -> bool:
    """Return whether the change gives the record to a person, who has the time of a first step."""
    after = revision.after
    given = any(event == "assigned" for event, _ in revision.events)
    return given and bool(after.handler or after.assignee)


def _acknowledged(
    revision: Revision, policy: EscalationPolicy, run: EscalationRun | None, now: datetime
) -> EscalationRun:
    """Return the run of a record that somebody has; what a person does to it counts as work."""
    if run is None or run.policy != policy.slug:
        return replace(paging.new_run(revision.after, policy, now), acknowledged_at=now)
    was = revision.before is not None and is_acknowledged(revision.before)
    if revision.actor == ACTOR and was and run.since is not None:
        return run  # one that was forgotten is called about until a person works on it
    return replace(run, since=run.since or now, acknowledged_at=now)


def call_after_unreached(
    rules: EscalationRules, revision: Revision, causes: Collection[str], now: datetime
) -> Revision:
    """Return the revision with the next step called, if the last one was among the lost `causes`.

    A message is lost if nobody whom it was for was reached.
    """
    after = revision.after
    run = after.escalation
    if run is None or run.since is None or not run.told or run.acknowledged_at is not None:
        return revision
    policy = rules.book.kept(run.policy, run.version)
    if policy is None or not is_paged(after) or step_cause(run, run.told[-1].step) not in causes:
        return revision
    made = paging.skip_to_next(rules, after, policy, run, now, "")
    return _with_paging(rules, revision, made, now)


def _with_paging(
    rules: EscalationRules, revision: Revision, made: Paging, now: datetime
) -> Revision:
    """Return the revision with a run of its record, the calls and events of it, and its timer."""
    fresh = replace(revision.after, escalation=made.run)
    timer = TimerChange(TimerKind.PAGING, paging_due(rules, fresh, now))
    return replace(
        revision,
        after=fresh,
        timers=(*revision.timers, timer),
        events=(*revision.events, *made.events),
        announcements=(*revision.announcements, *made.calls),
    )


def climb_policy(rules: EscalationRules, incident: Incident, now: datetime) -> Revision:
    """Return the revision that makes the calls due, or brings a forgotten record back."""
    run = incident.escalation
    policy = None if run is None else rules.book.kept(run.policy, run.version)
    if run is None or run.since is None or policy is None or not is_paged(incident):
        return _revision(rules, incident, Paging(run), now)
    back = comes_back_at(policy, run)
    if back is None or back > now:
        made = paging.call(rules, incident, policy, run, now, UNACKNOWLEDGED)
        return _revision(rules, incident, made, now)
    again = paging.new_run(incident, policy, now)
    made = paging.call(rules, incident, policy, again, now, FORGOTTEN)
    told = rules.announce(
        ("handler",),
        incident,
        cause=paging.step_cause(run, FORGOTTEN),
        template=FORGOTTEN,
        more={},
    )
    facts = {"acknowledged_at": run.acknowledged_at, "policy": policy.slug}
    events = ((EXPIRED, facts), *made.events)
    return _revision(rules, incident, Paging(made.run, (*told, *made.calls), events), now)


def _revision(rules: EscalationRules, incident: Incident, made: Paging, now: datetime) -> Revision:
    """Return a revision of a firing; without calls and events only the timer is written."""
    changed = made.run != incident.escalation
    fresh = replace(incident, escalation=made.run) if changed else incident
    timers = (TimerChange(TimerKind.PAGING, paging_due(rules, fresh, now)),)
    if not (made.calls or made.events):
        return Revision(after=fresh, actor=ACTOR, events=(), timers=timers)
    return Revision(
        after=replace(fresh, updated_at=now),
        actor=ACTOR,
        events=made.events,
        timers=timers,
        marks_only=True,
        announcements=made.calls,
    )
