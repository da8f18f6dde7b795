"""What is promised: targets per priority and clock, and the shares of a target at which to warn. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from gateway import settings
from gateway.errors import Flaw, Misconfigured
from gateway.sla.calendar import CALENDARS, Calendar

MILLION = 1_000_000
BREACH = MILLION
"""The share at which a target is breached; shares count in millionths so that every threshold is an exact instant."""


class ClockName(StrEnum):
    """The five clocks of a record, in the order they are shown (docs/sla.md)."""

    RESPONSE = "response"
    DESK = "desk"
    TIER2 = "tier2"
    ESCALATED = "escalated"
    OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets by priority and clock; a clock without a target is measured and never late.

    `warn_at` are shares of a target between 0 and 1. The fields below `calendar` follow from the others:
    `steps` are (share in millionths, the word of the mark) from the mildest to the breach, and `opening` is the
    counted time from recording to the first threshold, by priority (None where nothing is promised).
    """

    name: str
    warn_at: tuple[float, ...]
    auto_close_after: timedelta
    targets: Mapping[int, Mapping[ClockName, timedelta]]
    calendar: Calendar = CALENDARS["24x7"]
    steps: tuple[tuple[int, str], ...] = field(init=False)
    opening: Mapping[int, timedelta | None] = field(init=False)

    def __post_init__(self) -> None:
        """Work out what every fresh incident will ask."""
        warnings = sorted({round(share * MILLION) for share in self.warn_at})
        steps = (*((share, f"{share / 10_000:g}") for share in warnings), (BREACH, "breach"))
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "opening", {p: self._first(t, steps[0][0]) for p, t in self.targets.items()})

    @staticmethod
    def _first(targets: Mapping[ClockName, timedelta], share: int) -> timedelta | None:
        fresh = (ClockName.RESPONSE, ClockName.DESK, ClockName.OVERALL)
        return min((portion(targets[name], share) for name in fresh if name in targets), default=None)


@lru_cache(4096)
def portion(target: timedelta, share: int) -> timedelta:
    """`share` millionths of `target`, rounded up to a whole microsecond so that nothing is told early."""
    return -(target * -share // MILLION)


def from_settings(sla: settings.Sla) -> Mapping[str, Policy]:
    """The policies by name; raises Misconfigured naming every target that is not longer than nothing."""
    flaws = [
        Flaw(f"/sla/policies/{name}/targets/{priority}/{clock}", "a target is longer than 0s")
        for name, policy in sla.policies.items()
        for priority, targets in policy.targets.items()
        for clock, target in targets.items()
        if target <= timedelta()
    ]
    if flaws:
        raise Misconfigured("the SLA policies cannot be used", flaws=tuple(flaws))
    return {name: _policy(name, policy) for name, policy in sla.policies.items()}


def _policy(name: str, section: settings.Policy) -> Policy:
    targets = {
        priority: {ClockName(clock): timedelta() + target for clock, target in row.items()}
        for priority, row in section.targets.items()
    }
    return Policy(name, section.warn_at, timedelta() + section.auto_close_after, targets, CALENDARS[section.calendar])
