"""The timers of a record: when each kind is due, and what it does when it fires. Pure.

`armings` and `fire` are the two tables of kinds: mypy refuses `fire` while a kind has no effect.
Timers are brought up to date after every change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from gateway.escalation import ladder
from gateway.escalation.crossings import announce_crossing
from gateway.escalation.due_times import (
    Event,
    close_due,
    next_ladder_step,
    next_sla_due,
    notifies_thresholds,
    present,
    threshold_event,
    thresholds_to_tell,
    untold_grading_due,
)
from gateway.escalation.policies.following import climb_policy
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents import commands, lifecycle
from gateway.incidents.announcement import Announcement
from gateway.incidents.claims import OVERDUE
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import ACTOR, Incident, Revision, TimerChange
from gateway.incidents.shelving import NO_END, UNSHELVED, ending_facts, unshelve
from gateway.sla import thresholds
from gateway.sla.thresholds import Crossing, ThresholdState
from gateway.vocabulary import LIVE, ClockName, Closure, Kind, ShelvingEnd, State, TimerKind

BUSY = timedelta(seconds=1)
"""The time until the next look at alerts that intake is writing right now."""

CLEARED_BECAUSE: Mapping[TimerKind, str] = {
    TimerKind.ALERT_EXPIRY: "not_sent_again",
    TimerKind.FLAP_SETTLE: "quiet_after_flapping",
}
"""The kinds of timers whose effect depends on alerts, each with its reason to clear a record."""


@dataclass(frozen=True, slots=True)
class AlertActivity:
    """The state of an incident's alerts once the lapsed ones are cleared.

    `firing` is the number of those that fire, `next_end` the next time at which one lapses,
    `busy` True while intake writes one that has lapsed.
    """

    firing: int
    next_end: datetime | None
    busy: bool = False


NO_ALERTS = AlertActivity(0, None)


@dataclass(frozen=True, slots=True)
class FiringTimer:
    """A timer that fires: its kind, and the time that it was armed for.

    `alerts` is what the record's alerts do, read for the kinds of `CLEARED_BECAUSE` alone.
    """

    kind: TimerKind
    due_at: datetime
    alerts: AlertActivity = NO_ALERTS


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

    They come in the order of `TimerKind`, the ladder's only where there is one, and the end of a
    shelving only where the record is shelved or may just have ceased to be. A threshold that
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
    shelf = (
        (TimerChange(TimerKind.SHELF_END, incident.shelved_until),)
        if incident.is_shelved or incident.state not in LIVE
        else ()
    )
    if not rules.escalation.has_ladder(incident.policy):
        return (*always, *shelf)
    step = next_ladder_step(rules, incident, stand)
    return (*always, TimerChange(TimerKind.LADDER, None if step is None else step.due), *shelf)


def fire(rules: SlaRules, incident: Incident, timer: FiringTimer, now: datetime) -> Revision:
    """Return the revision of a timer that fires; without events when nothing is due any more."""
    match timer.kind:
        case TimerKind.SLA:
            made = notify_thresholds(rules, incident, now)
        case TimerKind.AUTO_CLOSE:
            made = close_resolved(rules, incident, now)
        case TimerKind.HOLD_EXPIRY:
            made = end_hold(rules, incident, now)
        case TimerKind.LADDER:
            made = climb_ladder(rules, incident, now)
        case TimerKind.ALERT_EXPIRY | TimerKind.FLAP_SETTLE:
            made = clear_quiet(rules, incident, timer, now)
        case TimerKind.STATUS_UPDATE:
            made = remind_of_update(rules, incident, timer.due_at)
        case TimerKind.PAGING:
            made = climb_policy(rules.escalation, incident, present(incident, now))
        case TimerKind.SHELF_END:
            made = end_shelving(rules, incident, now)
        case _:
            assert_never(timer.kind)
    return made


def notify_thresholds(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    """Return the revision that notifies of crossed thresholds and of an ungraded urgent claim."""
    now = present(incident, now)
    stand = thresholds.threshold_state(rules.policy(incident), incident.ledger, now)
    marks = stand.settle(incident.marks)
    crossings = thresholds_to_tell(rules, incident, marks, stand)
    ungraded = untold_grading_due(rules, incident)
    if ungraded is not None and ungraded > now:
        ungraded = None
    events = held_breaches(incident, stand, crossings)
    if not crossings and ungraded is None and not events:
        return _revision(rules, incident, now, standing=stand)
    announcements: list[Announcement] = []
    if ungraded is not None:
        events.append((OVERDUE, {"due_at": ungraded}))
        announcements += rules.escalation.announce_ungraded(incident, ungraded)
        marks = (*marks, OVERDUE)
    for crossing in thresholds.worst_per_clock(crossings):
        events.append(threshold_event(crossing))
        announcements += announce_crossing(rules.escalation, incident, crossing)
        if (
            incident.kind == Kind.SERVICE_REQUEST
            and crossing.breach
            and crossing.clock is ClockName.OVERALL
        ):
            events.append(("conversion_asked", {"due_at": crossing.due_at}))
            announcements += rules.escalation.announce_conversion(incident, crossing)
    marks = (*marks, *(crossing.mark for crossing in crossings))
    sla_due = next_sla_due(rules, replace(incident, marks=marks), marks, stand)
    after = replace(
        incident, marks=marks, breached=stand.breached, next_due_at=sla_due, updated_at=now
    )
    armed = armings(rules, after, stand)
    told = tuple(announcements)
    return Revision(
        after=after,
        actor=ACTOR,
        events=tuple(events),
        timers=armed,
        marks_only=True,
        announcements=told,
    )


def held_breaches(
    incident: Incident, stand: ThresholdState, told: tuple[Crossing, ...]
) -> list[Event]:
    """Return the entry of the timeline that a shelved record is over a target from now on.

    It is not told of yet, and has no mark therefore.
    """
    if not incident.is_shelved or incident.breached or not notifies_thresholds(incident):
        return []
    breaches = [one for one, _ in stand.passed if one.breach and one not in told]
    return [
        ("breach_held", {"clock": one.clock, "due_at": one.due_at, "reason": "shelved"})
        for one in breaches
    ]


def close_resolved(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    """Return the revision that closes a resolved record, if its time has come."""
    now = present(incident, now)
    due = close_due(rules.policy(incident), incident)
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


def end_hold(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    """Return the revision that resumes work on a record whose hold is over."""
    now = present(incident, now)
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


def end_shelving(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    """Return the revision that returns a shelved record whose time has come."""
    now = present(incident, now)
    if incident.shelved_until is None or incident.shelved_until > now:
        return _revision(rules, incident, now)
    ended: Event = (UNSHELVED, ending_facts(incident, ShelvingEnd.TIME))
    returned = _revision(rules, unshelve(incident), now, (ended,))
    return replace(returned, timers=(*returned.timers, NO_END))


def climb_ladder(rules: SlaRules, incident: Incident, now: datetime) -> Revision:
    """Return the revision that notifies of every step due.

    Those due together are notified together.
    """
    now = present(incident, now)
    stand = thresholds.threshold_state(rules.policy(incident), incident.ledger, now)
    after, announcements = incident, list[Announcement]()
    while (step := next_ladder_step(rules, after, stand)) is not None and step.due <= now:
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


def clear_quiet(rules: SlaRules, incident: Incident, timer: FiringTimer, now: datetime) -> Revision:
    """Return the revision that clears an open record if none of its alerts fires any more.

    While one does, the timer is armed anew.
    """
    if incident.state not in LIVE:
        return Revision(after=incident, actor=ACTOR, events=())
    if timer.alerts.busy or timer.alerts.firing:
        again = now + BUSY if timer.alerts.busy else timer.alerts.next_end
        look = TimerChange(timer.kind, again)
        return Revision(after=incident, actor=ACTOR, events=(), timers=(look,))
    cleared = lifecycle.apply_command(
        incident, commands.Clear(reason=CLEARED_BECAUSE[timer.kind]), ACTOR, now
    )
    after, armed = refresh_timers(rules, cleared.after, now)
    return replace(cleared, after=after, timers=armed)


def remind_of_update(rules: SlaRules, incident: Incident, due_at: datetime) -> Revision:
    """Return the reminder of a promised status update of a major incident.

    It was promised for `due_at`. A newer update would have moved the timer.
    """
    if not incident.is_major or incident.state not in LIVE:
        return Revision(after=incident, actor=ACTOR, events=())
    told = rules.escalation.update_overdue(incident, due_at)
    return Revision(after=incident, actor=ACTOR, events=(), marks_only=True, announcements=told)


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
