"""The due times of a record's timers, up to date after every change. Pure.

They follow from the record: the next SLA threshold, automatic closing, the end of a hold, and
the next step of the escalation ladder. `timer_effects` says what firing them means.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from gateway.escalation import ladder
from gateway.escalation.crossings import crossing_cause, merge_breach
from gateway.escalation.ladder import LadderStep
from gateway.escalation.management import EscalationRules
from gateway.incidents.claims import GRADE, OVERDUE, awaits_grading, claimed_priority
from gateway.incidents.record import Incident, Revision, TimerChange
from gateway.settings import Settings
from gateway.sla import clocks, reporter_answers, thresholds
from gateway.sla.policies import read_policies, read_tailored
from gateway.sla.policy import Policy, digest
from gateway.sla.policy_choice import INCIDENT, PolicyChoice, read_choice
from gateway.sla.thresholds import Crossing, ThresholdState
from gateway.vocabulary import LIVE, ClockName, State, TimerKind

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
        rules.policy(incident), incident.ledger, present(incident, now)
    )
    marks = stand.settle(incident.marks)
    sla_due = next_sla_due(rules, incident, marks, stand)
    fresh = replace(incident, marks=marks, breached=stand.breached, next_due_at=sla_due)
    return fresh, armings(rules, fresh, stand)


def armings(rules: SlaRules, incident: Incident, stand: ThresholdState) -> tuple[TimerChange, ...]:
    """Return the armings of a record whose next threshold is up to date; None disarms.

    They come in the order of `TimerKind`, the ladder's only where there is one. A threshold that
    is passed and not notified yet is due at once. Records that follow a master follow its
    clocks: their SLA timer is that of an urgent claim alone.
    """
    always = (
        TimerChange(TimerKind.SLA, incident.next_due_at),
        TimerChange(TimerKind.AUTO_CLOSE, close_due(rules.policy(incident), incident)),
        TimerChange(
            TimerKind.HOLD_EXPIRY, incident.hold_until if incident.state is State.ON_HOLD else None
        ),
    )
    if not rules.escalation.has_ladder(incident.policy):
        return always
    step = next_ladder_step(rules, incident, stand)
    return (*always, TimerChange(TimerKind.LADDER, None if step is None else step.due))


def explain(incident: Incident, rules: SlaRules, at: datetime) -> tuple[clocks.ClockReading, ...]:
    """Return every clock of a record with every segment."""
    return clocks.read_clocks(rules.policy(incident), incident.ledger, present(incident, at))


def merge_raise_and_breach(rules: SlaRules, revision: Revision, now: datetime) -> Revision:
    """Return a raise in priority with the breaches that it causes at once, as one message."""
    before, incident = revision.before, revision.after
    if before is None or incident.priority >= before.priority or not notifies_thresholds(incident):
        return revision
    stand = thresholds.threshold_state(
        rules.policy(incident), incident.ledger, present(incident, now)
    )
    crossings = stand.due_now(incident.marks)
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


def next_ladder_step(
    rules: SlaRules, incident: Incident, stand: ThresholdState
) -> LadderStep | None:
    """Return the next step of the ladder, None where nobody is to be notified."""
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


def notifies_thresholds(incident: Incident) -> bool:
    """Return whether thresholds of the record are notified: not finished, and without a master."""
    return incident.master_id is None and (
        incident.state in LIVE or incident.state is State.RESOLVED
    )


def _sla_due(
    incident: Incident, marks: Collection[str], standing: ThresholdState
) -> datetime | None:
    if not notifies_thresholds(incident):
        return None
    passed = standing.due_now(marks)
    return min(crossing.at for crossing in passed) if passed else standing.next_due


def next_sla_due(
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


def close_due(policy: Policy, incident: Incident) -> datetime | None:
    """Return the time at which a resolved record is closed, None if it is not."""
    if incident.state is not State.RESOLVED or incident.resolved_at is None:
        return None
    begins = reporter_answers.waits_from(incident.marks, incident.resolved_at)
    if begins is None:
        return None
    close_at = policy.auto_close_in.add(begins, policy.auto_close_after)
    return close_at + timedelta(seconds=crc32(incident.number.encode()) % SPREAD)


def present(incident: Incident, now: datetime) -> datetime:
    """Return `now`, or the newest clock event if that is later, so that time never goes back.

    Another connection's statement may have carried a later stamp.
    """
    return max(now, incident.ledger[-1].at)
