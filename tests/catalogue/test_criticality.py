"""The effect of the criticality of a service on a priority."""

from gateway.catalogue.criticality import AdjustedPriority, adjust_priority


def test_priority_without_known_service_is_unchanged() -> None:
    assert adjust_priority(2, None, {}) == AdjustedPriority(2, {})
