"""An edit of policies is tried on open records; an invalid one is refused with its flaws."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors import Unprocessable
from gateway.escalation.preview import DeadlineMove, edited_rules, moved_deadlines
from gateway.escalation.sla_rules import SlaRules
from gateway.vocabulary import ClockName
from tests.sla.stories import SETTINGS, an_incident, ledger_of, minute

RULES = SlaRules.from_settings(SETTINGS)
URGENT = an_incident(ledger_of([(0, "record", 1)]))
MILD = replace(URGENT, number="INC-20260302-000008", ledger=ledger_of([(0, "record", 3)]))


def policy(**targets: str) -> dict[str, dict[str, object]]:
    return {"policies": {"itil-minutes": {"targets": {"1": targets}}}}


def test_preview_lists_only_moved_clocks() -> None:
    after = edited_rules(RULES, policy(overall="45m"))
    told = list(moved_deadlines(RULES, after, (URGENT, MILD), minute(1)))
    assert told == [DeadlineMove(URGENT.number, "overall", minute(30), minute(45))]


def test_edit_is_merged_over_configured_policies() -> None:
    after = edited_rules(RULES, policy(overall="1h30m"))
    targets, usual = (rules.policies["itil-minutes"].targets for rules in (after, RULES))
    assert targets[1] == {**usual[1], ClockName.OVERALL: timedelta(minutes=90)}
    assert {p: row for p, row in targets.items() if p != 1} == {
        p: row for p, row in usual.items() if p != 1
    }
    assert after.policies["requests"].targets == RULES.policies["requests"].targets
    assert list(moved_deadlines(RULES, edited_rules(RULES, {}), (URGENT, MILD), minute(1))) == []


def test_unknown_part_of_edit_is_ignored() -> None:
    assert edited_rules(RULES, {"default": {"policy": "gone"}}).default == RULES.default


@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        (policy(overall="soon"), "/sla"),
        (policy(overall="0s"), "/sla/policies/itil-minutes/targets/1/overall"),
        ({"services": {"shop": {"policy": "gone"}}}, "/sla/services/shop/policy"),
        (
            {"policies": {"itil-minutes": {"warn_at": [0.5, 0.5]}}},
            "/sla/policies/itil-minutes/warn_at",
        ),
    ],
)
def test_invalid_edit_is_refused_with_pointer(
    edit: dict[str, dict[str, object]], pointer: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        edited_rules(RULES, edit)
    assert [flaw.pointer for flaw in refused.value.flaws] == [pointer]
