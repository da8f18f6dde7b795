"""What the criticality of a service does to a priority."""

from gateway.catalogue.criticality import Judged, judge


def test_what_concerns_no_known_service_keeps_its_priority() -> None:
    assert judge(2, None, {}) == Judged(2, {})
