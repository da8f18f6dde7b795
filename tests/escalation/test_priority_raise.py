"""Senders and links raise the priority of an incident, and people may set it otherwise."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.escalation.change_announcements import merge_raise_and_breach
from gateway.escalation.duties import with_announcements
from gateway.escalation.management import EscalationRules
from gateway.escalation.priority_raise import PriorityCause, note_milder_cause, raise_priority
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import notify_thresholds
from gateway.incidents.grading import PriorityGrade, worst_known
from gateway.incidents.ledger import ClockEvent
from gateway.incidents.record import Incident, Revision
from gateway.settings import ManagementRule
from gateway.sla.policy_choice import PolicyChoice, PolicyChoiceRule
from gateway.vocabulary import LIVE, Impact, State, Urgency
from tests.sla.stories import POLICIES, an_incident, entry, ledger_of, minute

RULES = SlaRules(
    POLICIES,
    "itil-minutes",
    EscalationRules(
        (ManagementRule((1, 2), ("boss",), ("opened",)),), {"boss": ("smtp:boss@example.com",)}
    ),
    PolicyChoice("itil-minutes"),
)
FIRST, SECOND, THIRD = (
    PriorityGrade(Impact.COMPANY, Urgency.URGENT, 1),
    PriorityGrade(Impact.COMPANY, Urgency.NORMAL, 2),
    PriorityGrade(Impact.GROUP, Urgency.NORMAL, 3, "services.shop.severity.bad"),
)
WORSE = PriorityCause(reason="severity", alert="disk", severity="critical")


def an_open(**fields: object) -> Incident:
    given = {"priority": 3, "impact": Impact.GROUP, "urgency": Urgency.NORMAL} | fields
    return an_incident(ledger_of([(0, "record", 3)]), **given)


def test_worse_grade_raises_priority_and_names_alert() -> None:
    revision = raise_priority(RULES, an_open(), FIRST, minute(4), WORSE)
    after = revision.after
    assert (after.priority, after.impact, after.urgency) == (1, Impact.COMPANY, Urgency.URGENT)
    assert revision.events[0] == (
        "raised",
        {"old": 3, "new": 1, "reason": "severity", "alert": "disk", "severity": "critical"},
    )
    entry = after.ledger[-1]
    assert (entry.at, entry.event, entry.priority, entry.reason) == (
        minute(4),
        ClockEvent.SET_PRIORITY,
        1,
        "raised",
    )


@pytest.mark.parametrize("grade", [SECOND, THIRD])
def test_grade_not_worse_than_known_changes_nothing(grade: PriorityGrade) -> None:
    incident = an_open(priority=2)
    assert raise_priority(RULES, incident, grade, minute(4), WORSE).events == ()


@pytest.mark.parametrize("state", sorted(set(State) - LIVE))
def test_incident_not_live_is_not_raised(state: State) -> None:
    assert raise_priority(RULES, an_open(state=state), FIRST, minute(4), WORSE).events == ()


def test_manual_priority_holds_against_known_grade_but_not_worse_one() -> None:
    lowered = an_open(priority=4, marks=("worst:2",))
    assert raise_priority(RULES, lowered, SECOND, minute(4), WORSE).events == ()
    revision = raise_priority(RULES, lowered, FIRST, minute(4), WORSE)
    assert (revision.after.priority, revision.after.marks) == (1, ())
    assert revision.events[0][1]["set_by_person"] == 4


def test_higher_manual_priority_stays_and_worse_grade_is_remembered() -> None:
    revision = raise_priority(
        RULES, an_open(priority=1, marks=("worst:3",)), SECOND, minute(4), WORSE
    )
    assert (revision.events, revision.after.priority, worst_known(revision.after)) == ((), 1, 2)


def test_raise_may_change_policy_and_is_not_before_last_clock_event() -> None:
    choice = PolicyChoice(
        "itil-minutes",
        {"incident": (PolicyChoiceRule("business-hours", priorities=frozenset({1})),)},
    )
    held = replace(an_open(), ledger=ledger_of([(0, "record", 3), (300, "hold", None)]))
    revision = raise_priority(
        replace(RULES, choice=choice),
        held,
        replace(FIRST, rule="services.a.severity.b"),
        minute(4),
        WORSE,
    )
    assert revision.after.policy == "business-hours"
    assert (revision.events[0][1]["policy"], revision.events[0][1]["graded_by"]) == (
        "business-hours",
        "services.a.severity.b",
    )
    assert revision.after.ledger[-1].at == minute(4) + timedelta(minutes=1)


def test_milder_grade_is_recorded_and_priority_stays() -> None:
    revision = note_milder_cause(
        an_open(priority=1), 1, 3, minute(9), PriorityCause(reason="unlinked", incident="INC-1")
    )
    assert revision.events == (
        ("eased", {"old": 1, "new": 3, "priority": 1, "reason": "unlinked", "incident": "INC-1"}),
    )
    assert revision.after.priority == 1


def by_person(old: int, new: int, rules: SlaRules = RULES, **fields: object) -> Revision:
    """Return the revision of a record of 12:00 whose priority a person changes at 12:40.

    It holds the announcements of the change.
    """
    before = an_incident(ledger_of([(0, "record", old)]), priority=old, **fields)
    ledger = (*before.ledger, entry(2400, "set_priority", new))
    after = replace(before, priority=new, ledger=ledger)
    revision = Revision(after=after, actor="ann", events=(("changed", {}),), before=before)
    return merge_raise_and_breach(rules, with_announcements(rules.escalation, revision), minute(40))


BREACH_TOO = replace(
    RULES,
    escalation=EscalationRules(
        (
            ManagementRule((1, 2), ("boss",), ("opened",)),
            ManagementRule((1, 2, 3, 4), ("boss", "director"), ("breach",)),
        ),
        {"boss": ("smtp:boss@example.com",), "director": ("smtp:director@example.com",)},
    ),
)


def test_raise_with_immediate_breach_is_one_announcement_to_all_recipients() -> None:
    revision = by_person(4, 1, BREACH_TOO)
    assert [slug for slug, _ in revision.events] == ["changed", "sla_breached", "sla_breached"]
    (told,) = revision.announcements
    assert (told.template, [one.role for one in told.recipients]) == (
        "opened",
        ["boss", "director"],
    )
    assert (told.facts["clock"], told.bare["clock"]) == ("overall", "overall")
    assert {"desk@breach", "overall@breach"} <= set(revision.after.marks)
    assert revision.after.breached
    again = notify_thresholds(BREACH_TOO, revision.after, minute(40))
    assert again.events == ()


def test_breach_is_announced_once_if_raise_notifies_nobody() -> None:
    (told,) = by_person(4, 3, BREACH_TOO).announcements
    assert (told.template, told.facts["clock"]) == ("sla_breached", "desk")


def test_breach_without_rule_is_recorded_with_raise() -> None:
    revision = by_person(4, 1)
    assert [one.template for one in revision.announcements] == ["opened"]
    assert [slug for slug, _ in revision.events][1:] == ["sla_breached", "sla_breached"]


def test_change_without_raise_or_breach_leaves_breach_to_timer() -> None:
    for revision in (
        by_person(1, 4, BREACH_TOO),
        by_person(4, 1, BREACH_TOO, master_id=3),
        merge_raise_and_breach(
            BREACH_TOO, raise_priority(RULES, an_open(), FIRST, minute(4), WORSE), minute(4)
        ),
        merge_raise_and_breach(
            BREACH_TOO,
            replace(raise_priority(RULES, an_open(), FIRST, minute(4), WORSE), before=an_open()),
            minute(4),
        ),
    ):
        assert "sla_breached" not in [slug for slug, _ in revision.events]
