"""The message about an urgent claim states the time by which it is to be graded."""

from dataclasses import replace

from gateway.escalation.change_announcements import with_grading_deadline
from gateway.escalation.duties import with_announcements
from gateway.incidents.claims import mark_claim_reviewed
from gateway.incidents.record import Revision
from tests.escalation.fresh_record import CLAIMED, RULES
from tests.sla.stories import minute


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
