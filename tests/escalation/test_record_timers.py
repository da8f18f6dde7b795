"""What a record's timers wait for and what they do."""

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.durations import WorkingTime
from gateway.errors import Misconfigured
from gateway.escalation.duties import with_announcements
from gateway.escalation.management import EscalationRules
from gateway.escalation.record_timers import (
    SlaRules,
    explain,
    grading_due,
    refresh_timers,
    with_grading_deadline,
)
from gateway.escalation.timer_effects import close_resolved, end_hold, notify_thresholds
from gateway.incidents.claims import OVERDUE, mark_claim_reviewed
from gateway.incidents.ledger import Ledger
from gateway.incidents.record import Revision
from gateway.settings import ManagementRule
from gateway.sla import reporter_answers
from gateway.sla.calendar import RoundTheClock
from gateway.sla.clocks import read_clocks
from gateway.sla.policies import read_policies
from gateway.sla.policy_choice import PolicyChoice
from gateway.vocabulary import Closure, HoldReason, Impact, Kind, State, Urgency
from tests.sla.stories import POLICIES, POLICY, SETTINGS, an_incident, ledger_of, ledgers, minute

RULES = SlaRules(
    POLICIES,
    "itil-minutes",
    EscalationRules(
        (ManagementRule((1, 2), ("boss", "nobody"), ("opened", "breach")),),
        {"boss": ("smtp:boss@example.com",)},
    ),
    PolicyChoice("itil-minutes"),
)
RECORDED = ((0, "record", 1),)
FRESH = an_incident(ledger_of(RECORDED))


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


def test_unknown_policy_falls_back_to_default() -> None:
    assert explain(replace(FRESH, policy="gone"), RULES, minute(3)) == read_clocks(
        POLICY, FRESH.ledger, minute(3)
    )
    assert SlaRules.from_settings(SETTINGS).policies.keys() == POLICIES.keys()


def test_empty_target_is_misconfigured() -> None:
    shipped = SETTINGS.sla.policies["itil-minutes"]
    broken = msgspec.structs.replace(
        shipped, targets={**shipped.targets, 1: {"desk": WorkingTime()}}
    )
    with pytest.raises(Misconfigured):
        read_policies(msgspec.structs.replace(SETTINGS.sla, policies={"itil-minutes": broken}))


def test_overdue_update_reminds_incident_manager_with_own_cause() -> None:
    (early,), (late,) = (RULES.escalation.update_overdue(FRESH, minute(at)) for at in (10, 20))
    assert [one.role for one in early.recipients] == ["incident_manager"]
    assert early.cause != late.cause
    assert early.facts["due_at"] == minute(10).isoformat()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, ""),
        ({"suppressed": True}, ""),
        ({"master_id": 9}, ""),
        ({"security": True}, "security"),
    ],
)
def test_reports_and_complaints_are_silenced_only_by_security_flag(
    fields: dict[str, object], why: str
) -> None:
    incident = replace(FRESH, **fields)  # type: ignore[arg-type]
    (report,) = RULES.escalation.reported(incident, 1, "a full disk")
    (complaint,) = RULES.escalation.announce_complaint(incident, 7, "nobody calls back")
    assert (report.silenced, complaint.silenced) == (why, why)
    assert [one.role for one in (*report.recipients, *complaint.recipients)] == [
        "leader",
        "director",
    ]
    assert (complaint.cause, complaint.facts["reason"]) == ("complaint#7", "nobody calls back")


CLAIM = {"claimed_impact": Impact.BUSINESS, "claimed_urgency": Urgency.URGENT}
CLAIMED = an_incident(ledger_of([(0, "record", 3), (30, "assign", "2")]), priority=3, **CLAIM)


def test_ungraded_urgent_claim_notifies_manager_at_claimed_desk_target() -> None:
    assert (
        grading_due(RULES, CLAIMED)
        == refresh_timers(RULES, CLAIMED, minute(1))[1][0].due_at
        == minute(5)
    )
    early = notify_thresholds(RULES, CLAIMED, minute(4))
    assert (early.events, early.announcements) == ((), ())
    late = notify_thresholds(RULES, CLAIMED, minute(5))
    assert late.events == ((OVERDUE, {"due_at": minute(5)}),)
    (told,) = late.announcements
    assert [one.role for one in told.recipients] == ["incident_manager"]
    assert (told.facts["claimed_priority"], told.facts["to_do"]) == (1, "grade")
    again = notify_thresholds(RULES, late.after, minute(6))
    assert (grading_due(RULES, late.after), again.events) == (None, ())


def test_only_grading_message_of_urgent_claim_has_due_time() -> None:
    opened = Revision(
        after=replace(CLAIMED, assignee="olga"), actor="rita", events=(("opened", {}),)
    )
    told = with_grading_deadline(RULES, with_announcements(RULES.escalation, opened))
    due = {
        one.template: (one.facts.get("due_at"), one.bare.get("due_at"))
        for one in told.announcements
    }
    assert due == {
        "grade_this": (minute(5).isoformat(), minute(5).isoformat()),
        "assigned": (None, None),
    }
    assert with_grading_deadline(RULES, opened) is opened
    mild = replace(opened, after=mark_claim_reviewed(CLAIMED), announcements=told.announcements)
    assert with_grading_deadline(RULES, mild) is mild


def test_related_incident_times_only_its_claim() -> None:
    related = replace(CLAIMED, master_id=3)
    assert (
        grading_due(RULES, related)
        == refresh_timers(RULES, related, minute(1))[1][0].due_at
        == minute(5)
    )
    late = notify_thresholds(RULES, related, minute(59))
    assert [event for event, _ in late.events] == [OVERDUE]
    assert [one.silenced for one in late.announcements] == [""]
    assert late.after.next_due_at is None


def test_graded_or_unclaimed_incident_has_no_grading_due() -> None:
    assert [grading_due(RULES, one) for one in (mark_claim_reviewed(CLAIMED), FRESH)] == [
        None,
        None,
    ]
    untimed = replace(CLAIMED, policy="severity-ladder")
    assert grading_due(RULES, untimed) is None


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


class CountedCalendar(RoundTheClock):
    """A calendar that goes round the clock and remembers for which spans it was asked."""

    def __init__(self) -> None:
        self.asked: list[timedelta] = []

    def between(self, since: datetime, until: datetime, /) -> timedelta:
        self.asked.append(until - since)
        return super().between(since, until)


def test_calendar_cache_is_warmed_for_next_month() -> None:
    usual, unused = CountedCalendar(), CountedCalendar()
    policies = {"usual": replace(POLICY, calendar=usual), "other": replace(POLICY, calendar=unused)}
    rules = SlaRules(policies, "usual", RULES.escalation, PolicyChoice("usual"))
    rules.warm(minute(0))
    assert usual.asked == [timedelta(days=31)]
    assert unused.asked == []
    rules.warm_all(minute(0))
    assert unused.asked == [timedelta(days=31)]
