"""The people who must act on a record, and those who are notified after a change."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.escalation.duties import duties, with_announcements
from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.incidents.record import Revision
from gateway.settings import ManagementRule
from gateway.vocabulary import LIVE, Resolution, State, Tier
from tests.escalation.duties import CHANGE, GIVEN, RULES, WORKED, Told, a_record, but, said, told

URGENT = ["incident_manager", "leader"]


def test_urgent_incident_notifies_management_and_mild_one_does_not() -> None:
    assert told(None, a_record()) == [("opened", URGENT)]
    assert told(None, a_record(priority=3)) == []
    assert told(None, a_record(priority=3, kind="service_request", **GIVEN)) == [
        ("assigned", ["handler"])
    ]


@pytest.mark.parametrize("state", sorted(LIVE))
def test_related_incident_has_no_duties_and_detached_one_notifies_management(state: State) -> None:
    alone = a_record(**GIVEN | {"state": state})
    below = but(alone, master_id=3)
    assert duties(RULES, below) == {}
    assert told(None, below) == []
    assert told(alone, below) == []
    assert [
        one for occasion, roles in told(below, alone) for one in roles if occasion == "opened"
    ] == URGENT


@pytest.mark.parametrize(
    ("event", "expected"), [("assigned", [("assigned", ["handler"])]), ("changed", [])]
)
def test_manual_assignment_of_related_incident_notifies_handler(event: str, expected: Told) -> None:
    below = a_record(master_id=3)
    given = but(below, **GIVEN)
    revision = with_announcements(
        RULES, Revision(after=given, actor="dora", events=((event, {}),), before=below)
    )
    found = [
        (one.template, [recipient.role for recipient in one.recipients])
        for one in revision.announcements
    ]
    assert found == expected
    assert {one.silenced for one in revision.announcements} <= {""}
    for before, after in (
        (None, given),
        (but(given, master_id=None), given),
        (given, but(given, title="x")),
    ):
        again = Revision(after=after, actor="dora", events=(("assigned", {}),), before=before)
        assert with_announcements(RULES, again) is again
    anew = Revision(
        after=given,
        actor="dora",
        events=(("assigned", {}),),
        before=but(given, state=State.IN_PROGRESS),
    )
    assert len(with_announcements(RULES, anew).announcements) == 1


def test_priority_raise_notifies_management_and_handler() -> None:
    mild = a_record(priority=3, **WORKED)
    urgent = but(mild, priority=2)
    assert told(mild, urgent) == [("opened", URGENT), ("raised", ["handler"])]
    assert told(urgent, but(urgent, priority=1)) == [("raised", URGENT), ("raised", ["handler"])]
    assert told(urgent, mild) == []
    assert told(mild, but(mild, title="another")) == []


def test_assignment_notifies_assigned_person_or_group() -> None:
    new = a_record(priority=4)
    assert told(new, but(new, **GIVEN)) == [("assigned", ["handler"])]
    given = but(new, **GIVEN)
    assert told(given, but(given, assignee="tom", handler="tom")) == [("assigned", ["handler"])]
    assert told(given, but(given, assignee="", handler="")) == [("assigned", ["group"])]
    assert told(given, but(given, state=State.IN_PROGRESS)) == []


def test_self_accepted_incident_notifies_nobody() -> None:
    given = a_record(priority=4, **GIVEN | {"assignee": "", "handler": ""})
    accepted = LedgerEntry(given.ledger[-1].at + timedelta(minutes=1), ClockEvent.ACCEPT)
    taken = but(given, state=State.IN_PROGRESS, handler="tom", ledger=(*given.ledger, accepted))
    assert told(given, taken) == []


def test_incident_returned_to_desk_notifies_service_desk_each_time() -> None:
    given = a_record(priority=4, **GIVEN)
    back = {"state": State.LOGGED, "tier": Tier.DESK, "assignee": "", "handler": ""}
    once = but(given, returned=1, **back)
    assert told(given, once) == [("returned", ["service_desk"])]
    again = but(once, **GIVEN)
    assert told(again, but(again, returned=2, **back)) == [("returned", ["service_desk"])]


def test_escalation_notifies_third_tier_and_named_handler() -> None:
    worked = a_record(priority=4, **WORKED)
    raised = but(worked, state=State.ESCALATED, tier=Tier.THIRD)
    assert told(worked, raised) == [("escalated", ["tier3"])]
    assert told(worked, but(raised, handler="theo")) == [("escalated", ["tier3", "handler"])]
    untaken = but(raised, handler="")
    assert told(worked, untaken) == [("escalated", ["tier3"])]
    vendor = but(worked, state=State.ESCALATED, tier=Tier.VENDOR)
    assert told(worked, vendor) == []


def test_reassignment_to_same_person_notifies_after_time_elsewhere() -> None:
    given = a_record(priority=4, **GIVEN)
    vendor = but(given, state=State.ESCALATED, tier=Tier.VENDOR)
    assert told(vendor, given) == [("assigned", ["handler"])]
    assert told(but(given, state=State.IN_PROGRESS), given) == [("assigned", ["handler"])]
    assert told(given, given) == []


TIER3: dict[str, Any] = GIVEN | {"state": State.ESCALATED, "tier": Tier.THIRD, "handler": ""}


@pytest.mark.parametrize("known", [GIVEN, GIVEN | {"assignee": "", "handler": ""}, TIER3])
def test_service_desk_stands_in_for_person_or_group_not_found(known: dict[str, Any]) -> None:
    before, after = a_record(priority=3), a_record(priority=3, **known)
    revision = with_announcements(
        RULES, Revision(after=after, actor="gateway", events=CHANGE, before=before)
    )
    stand_ins = [one.instead for made in revision.announcements for one in made.recipients]
    assert [one.role for one in stand_ins if one is not None] == ["service_desk"]


def test_end_of_hold_notifies_handler() -> None:
    held = a_record(priority=4, **WORKED | {"state": State.ON_HOLD})
    assert told(held, but(held, state=State.IN_PROGRESS)) == [("resumed", ["handler"])]
    assert told(but(held, priority=1), but(held, priority=1, state=State.IN_PROGRESS)) == [
        ("resumed", ["handler"])
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"resolution": Resolution.SOLVED}, [("resolved", ["owner"])]),
        ({"resolution": Resolution.VANISHED}, []),
        ({"resolution": Resolution.SOLVED, "tier": Tier.DESK}, []),
    ],
)
def test_resolution_outside_desk_notifies_owner(fields: dict[str, Any], expected: Told) -> None:
    worked = a_record(priority=4, **WORKED)
    solved = but(worked, state=State.RESOLVED, **fields)
    assert told(worked, solved) == expected
    assert told(solved, but(solved, state=State.CLOSED)) == []
    assert told(solved, but(solved, priority=1)) == []


def test_reopened_incident_notifies_management_and_handler() -> None:
    solved = a_record(**WORKED | {"state": State.RESOLVED, "resolution": Resolution.SOLVED})
    again = but(solved, state=State.IN_PROGRESS, resolution=None, reopened=1)
    assert told(solved, again) == [("reopened", URGENT), ("reopened", ["handler"])]


def test_request_converted_to_incident_notifies_management() -> None:
    request = a_record(kind="service_request")
    assert told(None, request) == []
    assert told(request, but(request, kind="incident")) == [("opened", URGENT)]


def test_security_flag_notifies_security_and_unflagging_notifies_handler() -> None:
    plain = a_record(priority=3, **GIVEN)
    flagged = but(plain, security=True)
    assert told(plain, flagged) == [("opened", ["security"])]
    assert told(flagged, plain) == [("assigned", ["handler"])]


def test_security_is_asked_to_replace_withdrawn_worker() -> None:
    plain = a_record(priority=3, **GIVEN)
    flagged = but(plain, security=True)
    assert said(plain, flagged, ("withdrawn", {"from": ["tom"]})) == [{"to_do": "replace_worker"}]
    assert said(plain, flagged, ("withdrawn", {})) == [{}]


def test_changed_policy_applies_its_own_rules() -> None:
    rules = replace(
        RULES, rules=(ManagementRule((3,), ("director",), ("opened",), policies=("strict",)),)
    )
    before = a_record(priority=3)
    assert told(before, but(before, policy="strict"), rules) == [("opened", ["director"])]


def test_marks_only_revision_has_no_announcements() -> None:
    revision = Revision(after=a_record(), actor="gateway", events=CHANGE, marks_only=True)
    assert with_announcements(RULES, revision) is revision
    assert (
        with_announcements(RULES, replace(revision, marks_only=False, events=())).announcements
        == ()
    )


@pytest.mark.parametrize("event", ["declined", "released"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"assignee_group": "sre", "state": State.ASSIGNED}, ["group"]),
        ({"assignee_group": "", "state": State.LOGGED}, ["service_desk"]),
        ({"state": State.ESCALATED, "tier": Tier.THIRD}, ["tier3"]),
        ({"handler": "tom", "state": State.IN_PROGRESS}, []),
    ],
)
def test_next_is_told_of_record_that_somebody_left(
    event: str, given: dict[str, Any], expected: list[str]
) -> None:
    record = a_record(priority=4, **{"tier": Tier.SECOND, "handler": "", **given})
    left = Revision(after=record, actor="olga", events=((event, {"reason": "ill"}),), before=record)
    made = with_announcements(RULES, left).announcements
    assert [recipient.role for one in made for recipient in one.recipients] == expected
    assert {one.template for one in made} <= {event}
    assert {(one.facts["reason"], one.facts["left_by"]) for one in made} <= {("ill", "olga")}
