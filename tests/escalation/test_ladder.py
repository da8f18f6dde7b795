"""Management is notified step by step by the escalation ladder."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.escalation.management import EscalationRules
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import climb_ladder, refresh_timers
from gateway.settings import ManagementRule, load
from gateway.sla.policy_choice import PolicyChoice
from gateway.timing.durations import Duration
from tests.escalation.ladders import LADDER, Life, a_step, rules_of
from tests.sla.stories import (
    POLICIES,
    SETTINGS,
    after,
    an_incident,
    ledger_of,
    minute,
)


def test_shipped_ladder_has_two_steps_for_priorities_3_and_4() -> None:
    rules = SlaRules(
        POLICIES,
        "itil-minutes",
        EscalationRules(SETTINGS.escalation.management, {}),
        PolicyChoice("itil-minutes"),
    )
    steps = {
        priority: [
            (rung.after / timedelta(hours=1), rung.roles)
            for rung in rules.escalation.ladder(
                an_incident((), policy="severity-ladder", priority=priority)
            )
        ]
        for priority in (1, 2, 3, 4)
    }
    higher = ("operations_manager", "director")
    assert steps == {
        1: [],
        2: [],
        3: [(2, ("incident_manager",)), (4, higher)],
        4: [(4, ("incident_manager",)), (8, higher)],
    }
    assert rules.escalation.ladder(an_incident((), priority=3)) == ()
    assert not rules.escalation.has_ladder("itil-minutes")
    record = an_incident(ledger_of([(0, "record", 3)]))
    assert len(refresh_timers(rules, record, minute(1))[1]) == 3


def test_step_notifies_its_roles_under_its_cause() -> None:
    rules = rules_of(ManagementRule((1,), ("boss", "nobody"), after=Duration(hours=2)))
    rules = replace(
        rules, escalation=replace(rules.escalation, recipients={"boss": ("smtp:boss@example.com",)})
    )
    life = Life(rules)
    revision = climb_ladder(rules, life.record, minute(120))
    assert revision is not None
    (told,) = revision.announcements
    assert [(one.role, one.listed) for one in told.recipients] == [
        ("boss", ("smtp:boss@example.com",)),
        ("nobody", ()),
    ]
    assert (told.cause, told.template) == ("unresolved:7200s:boss+nobody#1", "unresolved")
    assert told.facts["unresolved_for"] == "2:00:00"
    assert climb_ladder(rules, life.record, minute(119.99)).announcements == ()


def test_hold_pauses_ladder_and_resume_continues_it() -> None:
    life = Life(rules_of(a_step(100, "boss")))
    life.happen(40, "hold")
    assert life.due(500) is None
    life.happen(500, "resume")
    assert life.due(500) == after(560)


def test_priority_raised_during_hold_notifies_only_after_resume() -> None:
    life = Life(rules_of(a_step(100, "boss", (1,)), a_step(900, "boss", (2, 3))))
    life.happen(0, "set_priority", 3)
    life.happen(300, "hold")
    life.happen(400, "set_priority", 1)
    life.look(500)
    assert (life.told, life.due(500)) == ([], None)
    life.happen(600, "resume")
    life.look(600)
    assert life.told == [(600, "100s:boss#1")]


def test_repetitions_stop_at_acknowledgement_or_resolution() -> None:
    life = Life(
        rules_of(
            a_step(100, "a", repeat=Duration(seconds=60), until="acknowledged"),
            a_step(100, "b", repeat=Duration(seconds=60)),
        )
    )
    for second in range(0, 400, 5):
        if second == 165:
            life.happen(165, "accept")
        if second == 225:
            life.happen(225, "resolve")
        life.look(second)
    assert life.told == [
        (100, "100s:a#1"),
        (100, "100s:b#1"),
        (160, "100s:a#2"),
        (160, "100s:b#2"),
        (220, "100s:b#3"),
    ]


def test_outage_skips_only_repetitions_and_climbs_one_step_at_a_time() -> None:
    life = Life(rules_of(a_step(7_200, "a", repeat=Duration(seconds=1_800)), a_step(14_400, "b")))
    life.look(20_000)
    assert [cause for _, cause in life.told] == ["7200s:a#8"]
    assert life.due(20_000) == after(21_600)
    for second in (21_600, 23_400, 25_200, 27_200):
        life.look(second)
    assert life.told[1:] == [
        (21_600, "7200s:a#9"),
        (23_400, "7200s:a#10"),
        (25_200, "7200s:a#11"),
        (27_200, "7200s:a#12"),
        (27_200, "14400s:b#1"),
    ]


def test_acknowledgement_stops_ladder_until_priority_is_raised() -> None:
    steps = (a_step(100, "a"), a_step(200, "b", repeat=Duration(seconds=60)))
    life = Life(
        rules_of(*steps), an_incident(ledger_of([(0, "record", 2)]), policy="short", priority=2)
    )
    life.look(100)
    life.happen(150, "note")
    assert life.due(150) is None
    life.happen(400, "set_priority", 1)
    life.look(400)
    assert [cause for _, cause in life.told] == ["100s:a#1", "200s:b#4"]


def test_acknowledgement_ends_with_reopening_or_after_patience() -> None:
    life = Life(rules_of(a_step(100, "a"), a_step(200, "b")))
    life.look(100)
    for at, name in ((110, "note"), (120, "resolve"), (1_000, "reopen")):
        life.happen(at, name)
    assert life.due(1_000) == after(1_080)
    waits = Life(rules_of(a_step(100, "a"), a_step(200, "b"), patience=600))
    waits.look(100)
    waits.happen(150, "note")
    assert waits.due(150) == after(750)


def test_related_or_resolved_incident_climbs_no_ladder() -> None:
    life = Life(rules_of(a_step(100, "boss")))
    assert (
        next(
            a
            for a in refresh_timers(life.rules, replace(life.record, master_id=3), after(5))[1]
            if a.kind is LADDER
        ).due_at
        is None
    )
    life.happen(50, "resolve")
    assert life.due(60) is None
    life.happen(80, "reopen")
    assert life.due(80) == after(130)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "a rule says when"),
        ('after = "0s"', "longer than 0s"),
        ('on = ["breach"]\nrepeat = "5m"', "what repeats"),
        ('after = "1h"\nrepeat = "59s"', "once a minute"),
        ('on = ["breach"]\npolicies = ["gone"]', "no policy is named"),
    ],
)
def test_contradictory_rule_is_flaw(tmp_path: Path, rule: str, says: str) -> None:
    (tmp_path / "g.toml").write_text(
        f'[[escalation.management]]\npriorities = [1]\nnotify = ["boss"]\n{rule}\n'
    )
    with pytest.raises(Misconfigured) as refused:
        SlaRules.from_settings(load(tmp_path / "g.toml", {}))
    assert (refused.value.flaws[0].pointer, says in refused.value.flaws[0].detail) == (
        "/escalation/management/0",
        True,
    )


def test_two_steps_of_same_time_are_both_announced_before_next() -> None:
    life = Life(rules_of(a_step(15, "r0"), a_step(15, "r1"), a_step(30, "r2")))
    life.look(90)
    life.look(105)
    assert life.told == [(90, "15s:r0#1"), (90, "15s:r1#1"), (105, "30s:r2#1")]
