"""The recipients and causes of the escalation rules for management."""

from dataclasses import replace

import pytest

from tests.escalation.fresh_record import FRESH, RULES
from tests.sla.stories import minute


def test_overdue_update_reminds_incident_manager_with_own_cause() -> None:
    (early,), (late,) = (RULES.escalation.update_overdue(FRESH, minute(at)) for at in (10, 20))
    assert [one.role for one in early.recipients] == ["incident_manager"]
    assert early.cause != late.cause
    assert early.facts["due_at"] == minute(10).isoformat()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, ""),
        ({"suppressed": True}, ""),
        ({"master_id": 9}, ""),
        ({"security": True}, "security"),
    ],
)
def test_reports_and_complaints_are_silenced_only_by_security_flag(
    fields: dict[str, object], why: str
) -> None:
    incident = replace(FRESH, **fields)  # type: ignore[arg-type]
    (report,) = RULES.escalation.reported(incident, 1, "a full disk")
    (complaint,) = RULES.escalation.announce_complaint(incident, 7, "nobody calls back")
    assert (report.silenced, complaint.silenced) == (why, why)
    assert [one.role for one in (*report.recipients, *complaint.recipients)] == [
        "leader",
        "director",
    ]
    assert (complaint.cause, complaint.facts["reason"]) == ("complaint#7", "nobody calls back")


def test_desk_stands_in_for_the_roles_of_an_urgent_record() -> None:
    roles = ("incident_manager", "leader")

    def stand_in(*roles: str, priority: int) -> str | None:
        [told] = RULES.escalation.announce(
            roles, replace(FRESH, priority=priority), cause="c", template="opened", more={}
        )
        return None if told.stand_in is None else told.stand_in.role

    assert [stand_in(*roles, priority=priority) for priority in (1, 2, 3, 4)] == [
        "service_desk",
        "service_desk",
        None,
        None,
    ]
    assert stand_in("reporter", priority=1) is None
