import pytest

from gateway.dedup.priority import UNKNOWN, grade_of
from gateway.incidents.model import Impact, Urgency
from gateway.settings import Grade, Intake

GENERIC = {
    "critical": Grade(Impact.COMPANY, Urgency.URGENT),
    "error": Grade(Impact.COMPANY, Urgency.NORMAL),
    "warning": Grade(Impact.GROUP, Urgency.NORMAL),
    "info": Grade(Impact.INDIVIDUAL, Urgency.LOW),
}
INTAKE = {
    "generic": Intake(severity=GENERIC),
    "zabbix": Intake(severity={"Disaster": Grade(Impact.BUSINESS, Urgency.URGENT), "info": GENERIC["error"]}),
}


@pytest.mark.parametrize(
    ("source", "severity", "priority"),
    [
        ("alertmanager", "critical", 1), ("alertmanager", "CRITICAL ", 1), ("alertmanager", "page", 1),
        ("alertmanager", "P2", 2), ("alertmanager", "average", 3), ("alertmanager", "notice", 4),
        ("zabbix", "disaster", 1), ("zabbix", "info", 2), ("zabbix", "warning", 3), ("zabbix", "notice", 2),
    ],
)  # fmt: skip
def test_a_severity_is_graded_by_its_own_table_then_the_generic_one(source: str, severity: str, priority: int) -> None:
    assert grade_of(source, severity, "", INTAKE).priority == priority


@pytest.mark.parametrize("severity", ["", "purple", "x" * 10_000, "\x00"])
def test_an_unknown_severity_is_a_normal_trouble_of_a_group(severity: str) -> None:
    assert grade_of("generic", severity, "", INTAKE) == UNKNOWN


def test_without_any_table_everything_is_normal() -> None:
    assert grade_of("generic", "critical", "", {}) == UNKNOWN
