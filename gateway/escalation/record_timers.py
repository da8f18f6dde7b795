"""The timers of a record: their due times and the effect of their firing. Pure.

Both the runner and every operation call these functions. Four of the kinds of timer belong here:
the next SLA threshold, automatic closing, the end of a hold, and the next step of the escalation
ladder.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from gateway.escalation import ladder
from gateway.escalation.ladder import LadderStep
from gateway.escalation.management import EscalationRules, crossing_cause
from gateway.incidents.announcement import Announcement
from gateway.incidents.claims import GRADE, OVERDUE, awaits_grading, claimed_priority
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Incident, Revision, TimerChange
from gateway.settings import Settings
from gateway.sla import clocks, reporter_answers, thresholds
from gateway.sla.policies import read_policies, read_tailored
from gateway.sla.policy import ClockName, Policy, digest
from gateway.sla.policy_choice import INCIDENT, PolicyChoice, read_choice
from gateway.sla.thresholds import Crossing, ThresholdState
from gateway.vocabulary import LIVE, Closure, Kind, State, TimerKind

ACTOR = "gateway"

SPREAD = 300
"""The seconds over which automatic closing of records resolved together is spread."""

Event = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SlaRules:
    """The rules about time and notification: policies by name, the default, and the escalation.

    `choice` says which policy a new record gets, `tailored` holds the policies with a service's
    own targets, `settings` are what it was all read from.
    """

    policies: Mapping[str, Policy]
    default: str
    escalation: EscalationRules
    choice: PolicyChoice
    tailored: Mapping[tuple[str, str], Policy] = field(default_factory=dict)
    settings: Settings | None = None

    def versions(self, also: Iterable[str]) -> Mapping[str, str]:
        """Return the version of each policy, with all that services and the ladder add to it.

        Names of `also` that are no policy any more have the version of the default.
        """
        own = {name: self._version(name) for name in self.policies}
        return dict.fromkeys(also, own[self.default]) | own

    def _version(self, name: str) -> str:
        services = sorted(
            (service, policy.version)
            for (of, service), policy in self.tailored.items()
            if of == name
        )
        steps, patience = self.escalation.steps_of(name), self.escalation.patience
        return digest(
            (
                self.policies[name].version,
                services,
                steps,
                *([patience] if steps and patience else []),
            )
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> "SlaRules":
        """Return the rules of the configuration; raise Misconfigured."""
        policies = read_policies(settings.sla)
        tailored = read_tailored(settings.sla, policies)
        return cls(
            policies,
            settings.sla.default,
            EscalationRules.from_settings(settings),
            read_choice(settings.sla),
            tailored,
            settings,
        )

    def warm(self, now: datetime) -> None:
        """Compute the calendars that incidents will need, so that the first one does not wait."""
        names = {
            self.default,
            *self.choice.services.values(),
            *(use.policy for use in self.choice.uses.get(INCIDENT, ())),
        }
        _warm((self.policies[name] for name in names), now)

    def warm_all(self, now: datetime) -> None:
        """Compute all other calendars.

        The first that names a country takes most of a second, which would block an event loop.
        """
        _warm((*self.policies.values(), *self.tailored.values()), now)

    def policy(self, incident: Incident) -> Policy:
        """Return the policy of a record with the targets of its service.

        A record whose policy left the configuration is treated under the default.
        """
        return self.named(incident.policy, incident.kind, incident.service)

    def named(self, policy: str, kind: str, service: str) -> Policy:
        """Return the policy of that name for records of that kind and service.

        For an unknown name it is the default.
        """
        name = policy if policy in self.policies else self.default
        if self.tailored and kind == INCIDENT and (own := self.tailored.get((name, service))):
            return own
        return self.policies[name]

    def policy_after(self, before: Incident, after: Incident) -> str:
        """Return the policy name that a record has after a change.

        It is another one only where new records with these values would get different policies.
        """
        was, now = (
            self.policy_for(
                kind=one.kind, service=one.service, source=one.source, priority=one.priority
            ).name
            for one in (before, after)
        )
        return before.policy if now == was else now

    def policy_for(self, *, kind: str, service: str, source: str, priority: int) -> Policy:
        """Return the policy that a new record gets."""
        return self.named(self.choice.policy_for(kind, service, source, priority), kind, service)


def _warm(policies: Iterable[Policy], now: datetime) -> None:
    """Compute the calendars of the policies for the next month."""
    for policy in policies:
        policy.calendar.between(now, now + timedelta(days=31))


def refresh_timers(
    rules: SlaRules, incident: Incident, now: datetime, standing: ThresholdState | None = None
) -> tuple[Incident, tuple[TimerChange, ...]]:
    """Return the record with marks, next threshold and breach flag up to date, and its timers.

    To be called after every change. A target loosened by the change takes back the marks and the
    breach that it puts ahead again. `standing` is the state of the record's thresholds now, for
    a caller who knows it already.
    """
    stand = standing or thresholds.threshold_state(
        rules.policy(incident), incident.ledger, _present(incident, now)
    )
    marks = stand.settle(incident.marks)
    sla_due = _next_due(rules, incident, marks, stand)
    fresh = replace(incident, marks=marks, breached=stand.breached, next_due_at=sla_due)
    return fresh, _arms(rules, fresh, stand)


def timer_armings(rules: SlaRules, incident: Incident, now: datetime) -> tuple[TimerChange, ...]:
    """Return one arming for each of the kinds above, in the order of `TimerKind`; None disarms.

    The ladder only where there is one. A threshold that is passed and not notified yet is due at
    once. Records that follow a master follow its clocks: their SLA timer is that of an urgent
    claim alone.
    """
    stand = thresholds.threshold_state(
        rules.policy(incident), incident.ledger, _present(incident, now)
    )
    return _arms(
        rules,
        replace(incident, next_due_at=_next_due(rules, incident, incident.marks, stand)),
        stand,
    )


def _arms(rules: SlaRules, incident: Incident, stand: ThresholdState) -> tuple[TimerChange, ...]:
    """Return the armings of a record whose next threshold is up to date."""
    always = (
        TimerChange(TimerKind.SLA, incident.next_due_at),
        TimerChange(TimerKind.AUTO_CLOSE, _close_due(rules.policy(incident), incident)),
        TimerChange(
            TimerKind.HOLD_EXPIRY, incident.hold_until if incident.state is State.ON_HOLD else None
        ),
    )
    if not rules.escalation.has_ladder(incident.policy):
        return always
    step = _next_step(rules, incident, stand)
    return (*always, TimerChange(TimerKind.LADDER, None if step is None else step.due))


def fire(rules: SlaRules, incident: Incident, kind: TimerKind, now: datetime) -> Revision | None:
    """Return the revision of a timer that fires.

    It has no events when nothing is due any more; None for a kind of another package.
    """
    now = _present(incident, now)
    policy = rules.policy(incident)
    match kind:
        case TimerKind.SLA:
            return _tell(rules, policy, incident, now)
        case TimerKind.AUTO_CLOSE:
            return _close(rules, incident, now)
        case TimerKind.HOLD_EXPIRY:
            return _resume(rules, incident, now)
        case TimerKind.LADDER:
            return _climb(rules, incident, now)
        case _:
            return None


def explain(incident: Incident, rules: SlaRules, at: datetime) -> tuple[clocks.ClockReading, ...]:
    """Return every clock of a record with every segment."""
    return clocks.read_clocks(rules.policy(incident), incident.ledger, _present(incident, at))


def _tell(rules: SlaRules, policy: Policy, incident: Incident, now: datetime) -> Revision:
    stand = thresholds.threshold_state(policy, incident.ledger, now)
    marks = stand.settle(incident.marks)
    crossings = stand.due_now(marks) if _counts(incident) else ()
    ungraded = grading_due(rules, incident)
    if ungraded is not None and ungraded > now:
        ungraded = None
    if not crossings and ungraded is None:
        return _revision(rules, incident, now, standing=stand)
    events: list[Event] = []
    announcements: list[Announcement] = []
    if ungraded is not None:
        events.append((OVERDUE, {"due_at": ungraded}))
        announcements += rules.escalation.announce_ungraded(incident, ungraded)
        marks = (*marks, OVERDUE)
    for crossing in thresholds.worst_per_clock(crossings):
        events.append(_event(crossing))
        announcements += rules.escalation.crossed(incident, crossing)
        if (
            incident.kind == Kind.SERVICE_REQUEST
            and crossing.breach
            and crossing.clock is ClockName.OVERALL
        ):
            events.append(("conversion_asked", {"due_at": crossing.due_at}))
            announcements += rules.escalation.announce_conversion(incident, crossing)
    marks = (*marks, *(crossing.mark for crossing in crossings))
    sla_due = _next_due(rules, replace(incident, marks=marks), marks, stand)
    after = replace(
        incident, marks=marks, breached=stand.breached, next_due_at=sla_due, updated_at=now
    )
    armed = _arms(rules, after, stand)
    told = tuple(announcements)
    return Revision(
        after=after,
        actor=ACTOR,
        events=tuple(events),
        timers=armed,
        marks_only=True,
        announcements=told,
    )


def merge_raise_and_breach(rules: SlaRules, revision: Revision, now: datetime) -> Revision:
    """Return a raise in priority with the breaches that it causes at once, as one message."""
    before, incident = revision.before, revision.after
    if before is None or incident.priority >= before.priority or not _counts(incident):
        return revision
    stand = thresholds.threshold_state(
        rules.policy(incident), incident.ledger, _present(incident, now)
    )
    crossings = stand.due_now(incident.marks)
    worth = thresholds.worst_per_clock(crossings)
    breaches = [crossing for crossing in worth if crossing.breach]
    if not breaches:
        return revision
    marks = (*incident.marks, *(crossing.mark for crossing in crossings))
    after, armed = refresh_timers(rules, replace(incident, marks=marks), now, stand)
    told = rules.escalation.merge_breach(after, revision.announcements, breaches[-1])
    events = (*revision.events, *map(_event, worth))
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


def _next_step(rules: SlaRules, incident: Incident, stand: ThresholdState) -> LadderStep | None:
    if incident.state not in LIVE or incident.master_id is not None:
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


def _climb(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    """Return the revision that notifies of every step due.

    Those due together are notified together.
    """
    stand = thresholds.threshold_state(rules.policy(incident), incident.ledger, now)
    after, announcements = incident, list[Announcement]()
    while (step := _next_step(rules, after, stand)) is not None and step.due <= now:
        step = ladder.skip_missed(step, stand.overall, now)
        announcements += rules.escalation.announce_unresolved(after, step)
        after = replace(after, marks=ladder.with_rung_mark(after.marks, step, now))
    fresh, armed = refresh_timers(rules, after, now, stand)
    if not announcements:
        return Revision(after=after, actor=ACTOR, events=(), timers=armed)
    told = replace(fresh, updated_at=now)
    return Revision(
        after=told,
        actor=ACTOR,
        events=(),
        timers=armed,
        marks_only=True,
        announcements=tuple(announcements),
    )


def _close(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    due = _close_due(rules.policy(incident), incident)
    if due is None or due > now:
        return _revision(rules, incident, now)
    after = replace(
        incident, state=State.CLOSED, closure=Closure.AUTOMATIC, closed_at=now, updated_at=now
    )
    return _revision(
        rules,
        after,
        now,
        (("closed", {"closure": Closure.AUTOMATIC, "resolved_at": incident.resolved_at}),),
    )


def _resume(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    until = incident.hold_until
    if incident.state is not State.ON_HOLD or until is None or until > now:
        return _revision(rules, incident, now)
    state = incident.held_state or State.IN_PROGRESS
    ledger = (*incident.ledger, LedgerEntry(now, ClockEvent.RESUME, reason="hold expired"))
    after = replace(
        incident,
        state=state,
        ledger=ledger,
        hold_reason=None,
        hold_until=None,
        held_state=None,
        updated_at=now,
    )
    return _revision(
        rules,
        after,
        now,
        (("resumed", {"cause": "hold_expired", "hold_until": until, "state": state}),),
    )


def _revision(
    rules: SlaRules,
    after: Incident,
    now: datetime,
    events: tuple[Event, ...] = (),
    *,
    standing: ThresholdState | None = None,
) -> Revision:
    """Return a revision.

    Without events only the timers are written and the record stays as it was.
    """
    fresh, armed = refresh_timers(rules, after, now, standing)
    if not events:
        return Revision(after=after, actor=ACTOR, events=(), timers=armed)
    return Revision(after=replace(fresh, updated_at=now), actor=ACTOR, events=events, timers=armed)


def _event(crossing: Crossing) -> Event:
    instants = {"at": crossing.at, "due_at": crossing.due_at}
    facts = {
        "clock": crossing.clock,
        "mark": crossing.mark,
        "share": crossing.share,
        **instants,
        "cause": crossing_cause(crossing),
    }
    return "sla_breached" if crossing.breach else "sla_warning", facts


def _counts(incident: Incident) -> bool:
    """Return whether thresholds of the record are notified: not finished, and without a master."""
    return incident.master_id is None and (
        incident.state in LIVE or incident.state is State.RESOLVED
    )


def _sla_due(
    incident: Incident, marks: Collection[str], standing: ThresholdState
) -> datetime | None:
    if not _counts(incident):
        return None
    passed = standing.due_now(marks)
    return min(crossing.at for crossing in passed) if passed else standing.next_due


def _next_due(
    rules: SlaRules, incident: Incident, marks: Collection[str], standing: ThresholdState
) -> datetime | None:
    """Return the next due time of the SLA timer.

    It is that of a threshold of a clock, or of the grading of an urgent claim.
    """
    due = (_sla_due(incident, marks, standing), grading_due(rules, incident))
    return min((at for at in due if at is not None), default=None)


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


def _close_due(policy: Policy, incident: Incident) -> datetime | None:
    if incident.state is not State.RESOLVED or incident.resolved_at is None:
        return None
    begins = reporter_answers.waits_from(incident.marks, incident.resolved_at)
    if begins is None:
        return None
    close_at = policy.auto_close_in.add(begins, policy.auto_close_after)
    return close_at + timedelta(seconds=crc32(incident.number.encode()) % SPREAD)


def _present(incident: Incident, now: datetime) -> datetime:
    """Return `now`, or the newest clock event if that is later, so that time never goes back.

    Another connection's statement may have carried a later stamp.
    """
    return max(now, incident.ledger[-1].at)
