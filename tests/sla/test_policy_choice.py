"""The choice of the policy of a record, and the shipped policies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.escalation.sla_rules import SlaRules
from gateway.settings import load
from gateway.sla.clocks import read_clocks
from gateway.vocabulary import ClockName
from tests.sla.stories import POLICIES, an_incident, ledger_of, minute

RULES = """
[[sla.use]]
policy = "requests"
kinds = ["service_request"]
[[sla.use]]
policy = "business-hours"
sources = ["email", "phone"]
priorities = [3, 4]
[[sla.use]]
policy = "severity-ladder"
services = ["intranet", "shop"]
[sla.services.shop]
policy = "itil-minutes"
targets = { 1 = { overall = "15m", response = "2m" }, 3 = { overall = "1wd" } }
"""


def rules(tmp_path: Path, text: str = RULES) -> SlaRules:
    (tmp_path / "gateway.toml").write_text(text)
    return SlaRules.from_settings(load(tmp_path / "gateway.toml", {}))


@pytest.mark.parametrize(
    ("kind", "service", "source", "priority", "policy"),
    [
        ("incident", "", "zabbix", 1, "itil-minutes"),
        ("incident", "intranet", "zabbix", 1, "severity-ladder"),
        ("incident", "intranet", "email", 3, "business-hours"),
        ("incident", "intranet", "email", 2, "severity-ladder"),
        ("incident", "shop", "email", 3, "itil-minutes"),
        ("service_request", "shop", "email", 3, "requests"),
    ],
)
def test_policy_is_chosen_by_service_then_first_matching_rule_then_default(
    tmp_path: Path, kind: str, service: str, source: str, priority: int, policy: str
) -> None:
    assert rules(tmp_path).choice.policy_for(kind, service, source, priority) == policy


def test_service_targets_override_policy_targets_per_clock(tmp_path: Path) -> None:
    made = rules(tmp_path)
    shop = made.policy_for(kind="incident", service="shop", source="email", priority=1)
    assert shop.targets[1] == {
        ClockName.RESPONSE: timedelta(minutes=2),
        ClockName.DESK: timedelta(minutes=5),
        ClockName.TIER2: timedelta(minutes=10),
        ClockName.ESCALATED: timedelta(minutes=15),
        ClockName.OVERALL: timedelta(minutes=15),
    }
    assert shop.opening[1] == timedelta(minutes=1)
    assert shop.targets[2] == POLICIES["itil-minutes"].targets[2]
    assert made.named("business-hours", "incident", "shop").targets[3][
        ClockName.OVERALL
    ] == timedelta(hours=7.5)


def test_service_targets_apply_only_to_incidents(tmp_path: Path) -> None:
    request = rules(tmp_path).policy_for(
        kind="service_request", service="shop", source="email", priority=1
    )
    assert (request.name, request.targets) == ("requests", POLICIES["requests"].targets)


def test_incident_uses_policy_with_targets_of_its_service(tmp_path: Path) -> None:
    made, record = rules(tmp_path), an_incident(ledger_of([(0, "record", 1)]), service="shop")
    assert made.policy(record).targets[1][ClockName.OVERALL] == timedelta(minutes=15)
    assert made.policy(replace(record, policy="gone")).targets[1][ClockName.OVERALL] == timedelta(
        minutes=15
    )
    assert made.policy(replace(record, service="")).targets[1][ClockName.OVERALL] == timedelta(
        minutes=30
    )


def test_unknown_policy_names_and_invalid_targets_are_flaws(tmp_path: Path) -> None:
    wrong = """
    [sla]
    default = "d"
    [[sla.use]]
    policy = "u"
    [sla.services.shop]
    policy = "s"
    targets = { 1 = { desk = "0s", overall = "367d" } }
    """
    with pytest.raises(Misconfigured) as refused:
        rules(tmp_path, wrong)
    assert [flaw.pointer for flaw in refused.value.flaws] == [
        "/sla/services/shop/targets/1/desk",
        "/sla/services/shop/targets/1/overall",
        "/sla/default",
        "/sla/use/0/policy",
        "/sla/services/shop/policy",
    ]


def test_business_hours_policy_promises_working_time() -> None:
    policy = POLICIES["business-hours"]
    promised = [
        (t[ClockName.RESPONSE], t[ClockName.OVERALL])
        for t in (policy.targets[p] for p in (1, 2, 3, 4))
    ]
    assert promised == [
        (timedelta(hours=a), timedelta(hours=b))
        for a, b in [(24, 48), (24, 72), (24, 96), (48, 150)]
    ]
    # Recorded on Monday at 20:00 in Shanghai: 24 h are 3 days of 7.5 h and 90 minutes
    # of Friday, 48 h are 6 days and 3 h.
    response, *_, overall = read_clocks(policy, ledger_of([(0, "record", 1)]), minute(0))
    assert (response.due_at, overall.due_at) == (
        datetime(2026, 3, 6, 2, 30, tzinfo=UTC),
        datetime(2026, 3, 11, 4, tzinfo=UTC),
    )


def test_request_policy_promises_hours_or_working_days() -> None:
    targets = POLICIES["requests"].targets
    clocks = (ClockName.DESK, ClockName.TIER2, ClockName.OVERALL)
    urgent = {clock: timedelta(hours=place) for place, clock in enumerate(clocks, 1)}
    usual = {clock: timedelta(hours=7.5 * place) for place, clock in enumerate(clocks, 1)}
    assert [targets[priority] for priority in (1, 2, 3, 4)] == [urgent, urgent, usual, usual]


def test_severity_ladder_policy_has_no_targets() -> None:
    readings = read_clocks(POLICIES["severity-ladder"], ledger_of([(0, "record", 2)]), minute(600))
    assert [(r.target, r.due_at) for r in readings] == [(None, None)] * 5
