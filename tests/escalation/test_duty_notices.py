"""The announcements of duties: their texts, causes and recipients."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.escalation.crossings import announce_crossing
from gateway.escalation.duties import with_announcements
from gateway.incidents.record import Incident, Revision
from gateway.sla.thresholds import Crossing
from gateway.vocabulary import ClockName, State
from tests.escalation.duties import CHANGE, GIVEN, RULES, WORKED, a_record, but, said, told
from tests.sla.stories import minute


def test_message_states_reason_and_previous_priority() -> None:
    given = a_record(priority=3, **GIVEN)
    assert said(None, given, ("assigned", {"note": "x" * 600})) == [{"reason": "x" * 500}]
    assert said(None, given, ("routed", {"note": "not said"}), ("assigned", {"note": ""})) == [{}]
    linked = {"new": 2, "old": 3, "incident": "INC-7", "reason": "linked"}
    raised = {"raised_by": "INC-7", "was_priority": 3}
    assert said(given, but(given, priority=2), ("raised", linked)) == [raised, raised]


@pytest.mark.parametrize(
    ("reason", "says"), [("master_over", {"left_master": "INC-9"}), ("master_hidden", {})]
)
def test_detached_incident_names_master_unless_hidden(reason: str, says: dict[str, Any]) -> None:
    alone = a_record(priority=3, **GIVEN)
    assert said(
        but(alone, master_id=3), alone, ("unlinked", {"master": "INC-9", "reason": reason})
    ) == [says]
    assert said(
        but(alone, master_id=3), alone, ("unlinked", {"note": "", "reason": "by hand"})
    ) == [{}]


def test_owner_is_asked_to_contact_reporter_if_there_is_one() -> None:
    solved = a_record(priority=3, **GIVEN | {"state": State.RESOLVED})
    work = but(solved, state=State.IN_PROGRESS)
    assert said(work, solved, ("resolved", {"note": "x"})) == [{"to_do": "confirm"}]
    assert said(work, but(solved, contact="rita"), ("resolved", {})) == [{"to_do": "ask_reporter"}]


def test_each_change_has_its_own_cause() -> None:
    causes = []
    for version in (4, 9):
        before = a_record(priority=4, version=version)
        revision = Revision(after=but(before, **GIVEN), actor="dora", events=CHANGE, before=before)
        causes += [one.cause for one in with_announcements(RULES, revision).announcements]
    assert causes == ["assigned#4", "assigned#9"]
    opened = Revision(after=a_record(), actor="gateway", events=CHANGE)
    assert [one.cause for one in with_announcements(RULES, opened).announcements] == ["opened"]


@given(st.lists(st.integers(1, 4), min_size=2, max_size=6))
def test_priority_change_notifies_only_if_raised(priorities: list[int]) -> None:
    worked = a_record(priority=priorities[0], **WORKED)
    for priority in priorities[1:]:
        after = but(worked, priority=priority)
        assert ("raised", ["handler"]) in told(worked, after) or priority >= worked.priority
        assert told(worked, after) == [] or priority < worked.priority
        worked = after


def a_crossing(*, breach: bool = False) -> Crossing:
    return Crossing(ClockName.DESK, "desk@50", minute(2), minute(5), minute(10), breach, 0.5)


def crossed(
    incident: Incident,
    *,
    breach: bool = False,
    recipients: dict[str, tuple[str, ...]] | None = None,
) -> list[str]:
    """Return the roles that are notified of a crossed threshold."""
    rules = replace(RULES, recipients=recipients or {})
    found = announce_crossing(rules, incident, a_crossing(breach=breach))
    return [recipient.role for one in found for recipient in one.recipients]


def test_warning_notifies_handler_unless_mild_incident_is_unassigned() -> None:
    (warned,) = announce_crossing(RULES, a_record(**WORKED), a_crossing())
    assert warned.recipients[0].people == ("olga",)
    assert crossed(a_record(priority=4)) == []
    assert crossed(a_record(priority=4, assignee_group="sre")) == ["handler"]
    assert crossed(a_record(priority=4), recipients={"handler": ("smtp:h@example.com",)}) == [
        "handler"
    ]
    assert crossed(a_record(priority=2)) == ["handler"]
    assert crossed(a_record(priority=4), breach=True) == ["incident_manager"]


@pytest.mark.parametrize(
    ("role", "people", "group"),
    [
        ("handler", ("tom", "olga"), "sre"),
        ("assignee", ("olga", "tom"), "sre"),
        ("group", (), "sre"),
        ("owner", ("dora",), ""),
        ("reporter", ("ann@example.com",), ""),
    ],
)
def test_roles_of_incident_resolve_to_named_people(
    role: str, people: tuple[str, ...], group: str
) -> None:
    record = a_record(
        priority=4, **GIVEN | {"handler": "tom", "owner": "dora", "contact": "ann@example.com"}
    )
    found = RULES.recipient(role, record)
    assert (found.people, found.group, found.own) == (people, group, True)


def test_service_desk_stands_in_on_urgent_incident_without_handler() -> None:
    for role, stands_in in (("handler", True), ("owner", True), ("reporter", False)):
        assert (RULES.recipient(role, a_record()).instead is not None) is stands_in
    assert RULES.recipient("handler", a_record(priority=3)).instead is None


def test_reporter_reply_goes_to_owner_else_desk_else_incident_manager() -> None:
    (made,) = RULES.replied(
        a_record(priority=4, owner="dora", master_id=3),
        "reporter_replied#4",
        {"text": "still down"},
    )
    (recipient,) = made.recipients
    assert (recipient.people, made.facts["text"], made.silenced, made.recorded) == (
        ("dora",),
        "still down",
        "",
        False,
    )
    desk = recipient.instead
    assert desk is not None
    assert desk.instead is not None
    assert [desk.role, desk.instead.role] == ["service_desk", "incident_manager"]


def test_announcement_facts_are_bounded_and_bare_facts_have_no_text() -> None:
    wordy = a_record(
        description="x" * 9_000,
        labels={f"l{i}": "y" * 900 for i in range(99)},
        links=({"href": "https://a"},) * 9,
    )
    (made,) = with_announcements(
        RULES, Revision(after=wordy, actor="gateway", events=CHANGE)
    ).announcements
    assert (
        len(made.facts["description"]),
        len(made.facts["labels"]),
        len(made.facts["links"]),
    ) == (2_000, 30, 5)
    assert made.bare == {"priority": 1, "withheld": True}


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"master_id": 3}, "related"), ({"suppressed": True}, "maintenance"), ({}, "")],
)
def test_announcement_states_why_it_is_silenced(fields: dict[str, Any], why: str) -> None:
    (made,) = RULES.declared(a_record(**fields), "all of it is down")
    assert (made.silenced, made.template) == (why, "major")
