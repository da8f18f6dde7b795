"""Laws of dedup keys, groups, grades and receipt ids."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dedup.fingerprint import group_hash, key_hash
from gateway.dedup.groups import groups_of
from gateway.dedup.priority import grade_of
from gateway.receipts.receipt_id import receipt_ids, received_between
from gateway.settings import RelateRule, ServiceSeverities, SeverityGrade, SourceSettings, load
from gateway.timing.durations import Duration
from gateway.vocabulary import Impact, Urgency
from tests.support.clock import NOON
from tests.support.intake import make_alert, settings

SHIPPED = settings().intake
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.tuples(st.integers(0, 9), TEXT, TEXT), st.tuples(st.integers(0, 9), TEXT, TEXT))
def test_key_hashes_are_equal_only_for_equal_parts(
    one: tuple[int, str, str], other: tuple[int, str, str]
) -> None:
    assert (key_hash(*one) == key_hash(*other)) == (one == other)


@given(st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=3))
def test_group_hashes_are_equal_only_for_equal_values(one: list[str], other: list[str]) -> None:
    assert (group_hash("rule", one) == group_hash("rule", other)) == (one == other)


def test_label_rule_groups_only_alerts_with_label() -> None:
    rule = RelateRule("same cluster", ("labels.cluster", "service"), Duration(minutes=5))
    assert (
        len(
            list(
                groups_of(
                    make_alert(service="shop", labels={"cluster": "eu"}), "generic", 1, [rule]
                )
            )
        )
        == 1
    )
    assert list(groups_of(make_alert(service="shop"), "generic", 1, [rule])) == []


@pytest.mark.parametrize(
    ("severity", "priority"),
    [
        ("critical", 1),
        ("CRITICAL ", 1),
        ("warning", 3),
        ("info", 4),
        ("disaster", 1),
        ("P2", 2),
        ("", 3),
        ("what?", 3),
    ],
)
def test_common_severities_map_to_priorities(severity: str, priority: int) -> None:
    assert grade_of("zabbix", severity, SHIPPED).priority == priority


def test_source_severity_table_wins_case_insensitively() -> None:
    own = {
        **SHIPPED,
        "zabbix": SourceSettings(
            severity={"Disaster": SeverityGrade(Impact.INDIVIDUAL, Urgency.LOW)}
        ),
    }
    for spelling in ("Disaster", "disaster", "DISASTER", " dISASTER "):
        assert grade_of("zabbix", spelling, own).priority == 4
        assert grade_of("other", spelling, own).priority == 1


def test_service_severity_wins_and_its_source_table_wins_over_it() -> None:
    low, high = (
        SeverityGrade(Impact.INDIVIDUAL, Urgency.LOW),
        SeverityGrade(Impact.COMPANY, Urgency.URGENT),
    )
    own = ServiceSeverities(severity={"Warning": low}, sources={"zabbix": {"WARNING": high}})
    services = {"shop": own}
    of_source = grade_of("zabbix", "warning", SHIPPED, "shop", services)
    assert (of_source.priority, of_source.rule) == (1, "services.shop.sources.zabbix.warning")
    of_service = grade_of("icinga", "warning", SHIPPED, "shop", services)
    assert (of_service.priority, of_service.rule) == (4, "services.shop.severity.warning")
    usual = grade_of("icinga", "warning", SHIPPED)
    assert grade_of("icinga", "warning", SHIPPED, "mail", services) == usual
    assert grade_of("icinga", "critical", SHIPPED, "shop", services).priority == 1


def test_configured_severity_replaces_default_in_any_case(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[intake.generic.severity]\nCritical = { impact = "individual", urgency = "low" }\n'
    )
    assert grade_of("zabbix", "critical", load(file, {}).intake).priority == 4


def test_receipt_ids_are_distinct_uuid7_with_millisecond() -> None:
    ids = receipt_ids(NOON + timedelta(microseconds=1_234_567), 500)
    assert len(set(ids)) == 500
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    start, end = received_between(ids[-1])
    assert (start, end) == (
        NOON + timedelta(milliseconds=1_234),
        NOON + timedelta(milliseconds=1_235),
    )
