"""Raises of an incident's priority by senders and links, and what people set against them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.incidents.grading import Grade, worst_known
from gateway.incidents.ledger import ClockEvent
from gateway.incidents.model import LIVE, Impact, State, Urgency
from gateway.incidents.record import Incident
from gateway.settings import Management
from gateway.sla.choice import Choice, Use
from gateway.sla.escalation import Escalation
from gateway.sla.raising import Cause, eased, raised
from gateway.sla.timers import Rules
from tests.sla.stories import POLICIES, an_incident, ledger_of, minute

RULES = Rules(
    POLICIES,
    "itil-minutes",
    Escalation((Management((1, 2), ("boss",), ("opened",)),), {"boss": ("smtp:boss@example.com",)}),
    Choice("itil-minutes"),
)
FIRST, SECOND, THIRD = (
    Grade(Impact.COMPANY, Urgency.URGENT, 1),
    Grade(Impact.COMPANY, Urgency.NORMAL, 2),
    Grade(Impact.GROUP, Urgency.NORMAL, 3, "services.shop.severity.bad"),
)
WORSE = Cause(reason="severity", alert="disk", severity="critical")


def an_open(**fields: object) -> Incident:
    given = {"priority": 3, "impact": Impact.GROUP, "urgency": Urgency.NORMAL} | fields
    return an_incident(ledger_of([(0, "record", 3)]), **given)


def test_a_worse_grade_raises_the_priority_and_says_by_which_alert() -> None:
    revision = raised(RULES, an_open(), FIRST, minute(4), WORSE)
    after = revision.after
    assert (after.priority, after.impact, after.urgency) == (1, Impact.COMPANY, Urgency.URGENT)
    assert revision.events[0] == (
        "raised",
        {"old": 3, "new": 1, "reason": "severity", "alert": "disk", "severity": "critical"},
    )
    entry = after.ledger[-1]
    assert (entry.at, entry.event, entry.priority, entry.reason) == (minute(4), ClockEvent.SET_PRIORITY, 1, "raised")
    assert [notice.target for notice in revision.notices] == ["smtp:boss@example.com"]


@pytest.mark.parametrize("grade", [SECOND, THIRD])
def test_what_is_not_worse_than_known_changes_nothing(grade: Grade) -> None:
    incident = an_open(priority=2)
    assert raised(RULES, incident, grade, minute(4), WORSE).events == ()


@pytest.mark.parametrize("state", sorted(set(State) - LIVE))
def test_an_incident_that_is_over_is_not_raised(state: State) -> None:
    assert raised(RULES, an_open(state=state), FIRST, minute(4), WORSE).events == ()


def test_a_persons_priority_holds_against_what_was_known_and_no_further() -> None:
    lowered = an_open(priority=4, marks=("worst:2",))
    assert raised(RULES, lowered, SECOND, minute(4), WORSE).events == ()
    revision = raised(RULES, lowered, FIRST, minute(4), WORSE)
    assert (revision.after.priority, revision.after.marks) == (1, ())
    assert revision.events[0][1]["set_by_person"] == 4


def test_a_persons_more_urgent_priority_stays_and_the_worse_grade_is_kept() -> None:
    revision = raised(RULES, an_open(priority=1, marks=("worst:3",)), SECOND, minute(4), WORSE)
    assert (revision.events, revision.after.priority, worst_known(revision.after)) == ((), 1, 2)


def test_a_raise_may_bring_another_policy_and_is_never_earlier_than_the_last_clock_event() -> None:
    choice = Choice("itil-minutes", {"incident": (Use("business-hours", priorities=frozenset({1})),)})
    held = replace(an_open(), ledger=ledger_of([(0, "record", 3), (300, "hold", None)]))
    revision = raised(replace(RULES, choice=choice), held, replace(FIRST, rule="services.a.severity.b"), minute(4), WORSE)
    assert revision.after.policy == "business-hours"
    assert (revision.events[0][1]["policy"], revision.events[0][1]["graded_by"]) == ("business-hours", "services.a.severity.b")
    assert revision.after.ledger[-1].at == minute(4) + timedelta(minutes=1)


def test_what_became_milder_is_said_and_the_priority_stays() -> None:
    revision = eased(an_open(priority=1), 1, 3, minute(9), Cause(reason="unlinked", incident="INC-1"))
    assert revision.events == (("eased", {"old": 1, "new": 3, "priority": 1, "reason": "unlinked", "incident": "INC-1"}),)
    assert revision.after.priority == 1
