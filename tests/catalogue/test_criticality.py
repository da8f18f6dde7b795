"""What the criticality of a service does to a priority."""

from gateway.catalogue.criticality import Judged, judge


def test_priority_without_known_service_is_unchanged() -> None:
    assert judge(2, None, {}) == Judged(2, {})
