"""A message has one id for one cause and address.

It is as urgent as the priority that it states.
"""

import pytest

from gateway.incidents.record import UNRANKED, Notice, _read_request_category
from gateway.vocabulary import Kind
from tests.incidents.test_lifecycle import an_incident


def a_notice(
    target: str = "smtp:ann@example.com", cause: str = "opened", **facts: object
) -> Notice:
    return Notice(cause=cause, target=target, role="handler", template="opened", facts=facts)


def test_notice_id_depends_on_incident_cause_and_target() -> None:
    first = a_notice(priority=1).id(7)
    assert a_notice(priority=2).id(7) == first
    others = [a_notice().id(8), a_notice().id(None), a_notice(cause="breached").id(7)]
    assert first not in [*others, a_notice("smtp:bob@example.com").id(7)]


def test_plain_mail_address_equals_smtp_target() -> None:
    assert a_notice("ann@example.com").to == a_notice("smtp:ann@example.com").to
    assert a_notice("ann@example.com").id(7) == a_notice().id(7)


@pytest.mark.parametrize("told", [None, 0, 5, "1"])
def test_notice_without_priority_ranks_last(told: object) -> None:
    ranked = [a_notice(priority=priority).urgency for priority in (1, 2, 3, 4)]
    assert ranked == [1, 2, 3, 4]
    assert a_notice(number="INC-1").urgency == UNRANKED
    assert a_notice(priority=told).urgency == UNRANKED


@pytest.mark.parametrize(
    ("kind", "priority", "declared", "major"),
    [
        (Kind.INCIDENT, 1, False, True),
        (Kind.INCIDENT, 2, False, True),
        (Kind.INCIDENT, 3, False, False),
        (Kind.INCIDENT, 4, True, True),
        (Kind.SERVICE_REQUEST, 1, True, False),
    ],
)
def test_major_incident_is_p1_p2_or_declared_and_never_request(
    kind: Kind, priority: int, *, declared: bool, major: bool
) -> None:
    assert an_incident(kind=kind, priority=priority, major=declared).is_major is major


def test_request_category_of_newer_release_is_kept_as_text() -> None:
    assert _read_request_category("teleportation") == "teleportation"
    assert (_read_request_category("access"), _read_request_category("")) == ("access", None)
