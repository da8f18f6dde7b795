"""The effect of a timer of each kind that fires."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.escalation.timer_effects import (
    BUSY,
    CLEARED_BECAUSE,
    AlertActivity,
    FiringTimer,
    fire,
)
from gateway.incidents.record import Incident
from gateway.vocabulary import HoldReason, State, TimerKind
from tests.escalation.test_record_timers import FRESH, RECORDED, RULES
from tests.sla.stories import an_incident, ledger_of, minute

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
