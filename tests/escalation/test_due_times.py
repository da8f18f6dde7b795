"""An urgent claim is to be graded within the desk target of the claimed priority."""

from dataclasses import replace

from gateway.escalation.due_times import grading_due
from gateway.escalation.timers import notify_thresholds, refresh_timers
from gateway.incidents.claims import OVERDUE, mark_claim_reviewed
from tests.escalation.fresh_record import CLAIMED, FRESH, RULES
from tests.sla.stories import minute


def test_graded_or_unclaimed_incident_has_no_grading_due() -> None:
    assert [grading_due(RULES, one) for one in (mark_claim_reviewed(CLAIMED), FRESH)] == [
        None,
        None,
    ]
    untimed = replace(CLAIMED, policy="severity-ladder")
    assert grading_due(RULES, untimed) is None


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
