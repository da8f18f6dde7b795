"""The adjustment of a priority by the criticality of the service. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.catalogue.model import Service
from gateway.settings import Bounds

UNBOUND = Bounds()


@dataclass(frozen=True, slots=True)
class AdjustedPriority:
    """The adjusted priority, and facts for the timeline: empty if it did not change."""

    priority: int
    facts: Mapping[str, Any]


def adjust_priority(
    priority: int, service: Service | None, bounds: Mapping[str, Bounds]
) -> AdjustedPriority:
    """Return the priority adjusted by the bounds of the service's criticality.

    It is raised by that many steps, then kept between the highest and the lowest that the
    service may have; 1 is highest.
    """
    if service is None:
        return AdjustedPriority(priority, {})
    said = bounds.get(service.criticality, UNBOUND)
    judged = min(max(priority - said.raise_by, said.highest, 1), said.lowest, 4)
    facts = (
        {"criticality": service.criticality, "priority_before": priority}
        if judged != priority
        else {}
    )
    return AdjustedPriority(judged, facts)
