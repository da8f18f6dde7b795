"""The due times of a record's timers, and the effect of each when it fires."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.escalation.timers import (
    BUSY,
    CLEARED_BECAUSE,
    AlertActivity,
    FiringTimer,
    close_resolved,
    end_hold,
    fire,
    notify_thresholds,
    refresh_timers,
)
from gateway.incidents.ledger import Ledger
from gateway.incidents.record import Incident
from gateway.sla import reporter_answers
from gateway.sla.clocks import read_clocks
from gateway.vocabulary import Closure, HoldReason, Kind, State, TimerKind
from tests.escalation.fresh_record import FRESH, RECORDED, RULES
from tests.sla.stories import POLICY, an_incident, ledger_of, ledgers, minute


def test_breach_is_recorded_marked_announced_and_rearmed() -> None:
    revision = notify_thresholds(RULES, FRESH, minute(5))
    assert [slug for slug, _ in revision.events] == ["sla_breached"]
    assert [one.role for one in revision.announcements[0].recipients] == ["boss", "nobody"]
    assert revision.after.marks == ("desk@50", "desk@75", "desk@90", "desk@breach")
    assert revision.after.breached
    assert revision.after.next_due_at == revision.timers[0].due_at == minute(15)
    assert len(revision.announcements) == 1


def test_clock_stopped_at_due_time_is_not_announced() -> None:
    assigned = an_incident(ledger_of([(0, "record", 1), (300, "assign", "2")]))
    revision = notify_thresholds(RULES, assigned, minute(5))
    assert (revision.events, revision.after.breached) == ((), False)
    told = replace(assigned, marks=("desk@50", "desk@75", "desk@90", "desk@breach"), breached=True)
    fresh, _ = refresh_timers(RULES, told, minute(5))
    assert (fresh.marks, fresh.breached) == (("desk@50", "desk@75", "desk@90"), False)


@given(ledgers(), st.floats(0, 400))
def test_marks_only_firing_changes_only_marks(ledger: Ledger, minutes: float) -> None:
    incident = an_incident(ledger)
    now = max(minute(minutes), ledger[-1].at)
    revision = notify_thresholds(RULES, incident, now)
    if revision.marks_only:
        kept = {
            name: getattr(incident, name)
            for name in ("marks", "breached", "next_due_at", "updated_at")
        }
        assert replace(revision.after, **kept) == incident


def test_stale_firing_changes_nothing() -> None:
    for effect in (notify_thresholds, close_resolved, end_hold):
        revision = effect(RULES, FRESH, minute(1))
        assert (revision.events, revision.after) == ((), FRESH)


def test_warning_without_rule_is_recorded() -> None:
    revision = notify_thresholds(RULES, FRESH, minute(2.5))
    assert [slug for slug, _ in revision.events] == ["sla_warning"]


def test_passed_unannounced_threshold_is_due_at_once() -> None:
    assert refresh_timers(RULES, FRESH, minute(3))[1][0].due_at == minute(2.5)
    assert refresh_timers(RULES, replace(FRESH, master_id=3), minute(3))[1][0].due_at is None


def test_resolved_incident_auto_closes_after_48_hours_with_spread() -> None:
    resolved = an_incident(
        ledger_of([*RECORDED, (60, "resolve", None)]), state=State.RESOLVED, resolved_at=minute(1)
    )
    due = refresh_timers(RULES, resolved, minute(2))[1][1].due_at
    assert due is not None
    assert timedelta() <= due - minute(1) - timedelta(hours=48) < timedelta(seconds=300)
    closed = close_resolved(RULES, resolved, due)
    assert (closed.after.state, closed.after.closure, closed.after.closed_at) == (
        State.CLOSED,
        Closure.AUTOMATIC,
        due,
    )
    assert {arm.due_at for arm in closed.timers} == {None}


def test_expired_hold_resumes_incident_and_clocks() -> None:
    held = an_incident(
        ledger_of([*RECORDED, (60, "hold", None)]),
        state=State.ON_HOLD,
        hold_until=minute(9),
        hold_reason=HoldReason.AWAITING_USER,
        held_state=State.ASSIGNED,
    )
    assert [arm.due_at for arm in refresh_timers(RULES, held, minute(2))[1]] == [
        None,
        None,
        minute(9),
    ]
    resumed = end_hold(RULES, held, minute(9))
    assert (resumed.after.state, resumed.after.hold_until) == (State.ASSIGNED, None)
    assert resumed.timers[0].due_at == minute(10.5)


def test_refresh_drops_marks_ahead_of_loosened_target() -> None:
    loosened = an_incident(
        ledger_of([*RECORDED, (1800, "set_priority", 4)]),
        priority=4,
        marks=("overall@50", "overall@breach"),
    )
    fresh, _ = refresh_timers(RULES, loosened, minute(1))
    assert fresh.marks == ()


@pytest.mark.parametrize(("kind", "asked"), [(Kind.SERVICE_REQUEST, True), (Kind.INCIDENT, False)])
def test_owner_of_overdue_request_is_asked_to_convert_it(kind: Kind, *, asked: bool) -> None:
    overall = read_clocks(POLICY, FRESH.ledger, minute(0))[-1].due_at
    assert overall is not None
    revision = notify_thresholds(RULES, replace(FRESH, kind=kind, owner="dora"), overall)
    questions = [detail for slug, detail in revision.events if slug == "conversion_asked"]
    assert questions == ([{"due_at": overall}] if asked else [])
    told = [one for one in revision.announcements if one.template == "convert"]
    assert [[to.role for to in one.recipients] for one in told] == ([["owner"]] if asked else [])


def test_unread_reporter_answer_delays_auto_close() -> None:
    ledger = ledger_of([*RECORDED, (60, "resolve", None)])
    resolved = an_incident(ledger, state=State.RESOLVED, resolved_at=minute(1))
    waiting = replace(resolved, marks=reporter_answers.mark_unread((), minute(1)))
    assert refresh_timers(RULES, waiting, minute(2))[1][1].due_at is None
    looked_at = replace(
        resolved, marks=reporter_answers.mark_read(waiting.marks, minute(1), minute(90))
    )
    usual, later = (
        refresh_timers(RULES, one, minute(91))[1][1].due_at for one in (resolved, looked_at)
    )
    assert usual is not None
    assert later == usual + timedelta(minutes=89)


RESOLVED = an_incident(
    ledger_of([*RECORDED, (60, "resolve", None)]), state=State.RESOLVED, resolved_at=minute(1)
)


HELD = an_incident(
    ledger_of([*RECORDED, (60, "hold", None)]),
    state=State.ON_HOLD,
    hold_until=minute(9),
    hold_reason=HoldReason.AWAITING_USER,
    held_state=State.ASSIGNED,
)


SHELVED = an_incident(ledger_of(RECORDED), shelved_until=minute(9), shelved_by="ann")


MAJOR = an_incident(ledger_of(RECORDED), major=True)


LATE = minute(9) + timedelta(days=3)


FIRED = {
    TimerKind.SLA: (FRESH, ["sla_breached"]),
    TimerKind.AUTO_CLOSE: (RESOLVED, ["closed"]),
    TimerKind.HOLD_EXPIRY: (HELD, ["resumed"]),
    TimerKind.ALERT_EXPIRY: (FRESH, ["resolved"]),
    TimerKind.FLAP_SETTLE: (FRESH, ["resolved"]),
    TimerKind.LADDER: (FRESH, []),
    TimerKind.STATUS_UPDATE: (MAJOR, []),
    TimerKind.PAGING: (FRESH, []),
    TimerKind.SHELF_END: (SHELVED, ["unshelved"]),
}


def events_of(kind: TimerKind, incident: Incident) -> list[str]:
    revision = fire(RULES, incident, FiringTimer(kind, minute(5)), LATE)
    return [event for event, _ in revision.events]


@pytest.mark.parametrize("kind", TimerKind)
def test_fired_timer_has_effect_of_its_kind(kind: TimerKind) -> None:
    incident, events = FIRED[kind]
    told = events_of(kind, incident)
    assert told[: len(events)] == events
    assert bool(told) == bool(events)


@pytest.mark.parametrize("kind", CLEARED_BECAUSE)
def test_incident_is_not_cleared_while_alert_fires_or_is_written(kind: TimerKind) -> None:
    firing = FiringTimer(kind, minute(5), AlertActivity(1, minute(7)))
    kept = fire(RULES, FRESH, firing, minute(5))
    assert (kept.events, kept.after) == ((), FRESH)
    assert [(arm.kind, arm.due_at) for arm in kept.timers] == [(kind, minute(7))]
    busy = fire(RULES, FRESH, replace(firing, alerts=AlertActivity(0, None, busy=True)), minute(5))
    assert [(arm.kind, arm.due_at) for arm in busy.timers] == [(kind, minute(5) + BUSY)]


@pytest.mark.parametrize("kind", [*CLEARED_BECAUSE, TimerKind.STATUS_UPDATE])
def test_timer_of_resolved_incident_changes_nothing(kind: TimerKind) -> None:
    revision = fire(RULES, RESOLVED, FiringTimer(kind, minute(5)), minute(5))
    assert (revision.events, revision.timers, revision.announcements) == ((), (), ())


def test_overdue_status_update_of_major_incident_is_announced() -> None:
    revision = fire(RULES, MAJOR, FiringTimer(TimerKind.STATUS_UPDATE, minute(5)), minute(5))
    assert revision.marks_only
    assert revision.announcements == RULES.escalation.update_overdue(MAJOR, minute(5))
