"""Escalation policies as values: their steps, and the records that they are for. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.incidents.announcement import CallChoice
from gateway.vocabulary import Kind


class Hours(StrEnum):
    """The part of a policy's calendar in which a step or a use applies."""

    ALWAYS = "always"
    WITHIN = "within"
    OUTSIDE = "outside"

    def holds(self, *, open_now: bool) -> bool:
        """Return whether it applies; `open_now` says that the calendar counts now."""
        return self is Hours.ALWAYS or (self is Hours.WITHIN) is open_now


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUse:
    """The records that a policy is for; an empty list means all."""

    priorities: tuple[int, ...] = ()
    services: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = (Kind.INCIDENT,)
    hours: Hours = Hours.ALWAYS

    def covers(self, priority: int, service: str, group: str, kind: str) -> bool:
        """Return whether a record of these values is one of them, whatever the hour."""
        return all(
            not asked or value in asked
            for asked, value in (
                (self.priorities, priority),
                (self.services, service),
                (self.groups, group),
                (self.kinds, kind),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStep:
    """A step: its targets are called `after` the step before it, if its hours apply then.

    A target is "person:LOGIN", "group:SLUG", "schedule:SLUG", "role:ROLE" or "webhook:URL".
    """

    targets: tuple[str, ...]
    after: timedelta = timedelta()
    turn: CallChoice = CallChoice.ALL
    hours: Hours = Hours.ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDefinition:
    """The content of a version of a policy.

    The whole is gone through `repeat` times more, each `repeat_after` the last step. A record
    that was acknowledged comes back when nobody worked on it for `acknowledged_for`, None for
    never. With `until_resolved` an acknowledgement does not stop it.
    """

    name: str
    steps: tuple[PolicyStep, ...]
    uses: tuple[PolicyUse, ...] = ()
    rank: int = 100
    calendar: str = "24x7"
    repeat: int = 0
    repeat_after: timedelta = timedelta(minutes=10)
    until_resolved: bool = False
    acknowledged_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RunStep:
    """A step of a policy in one of its rounds, as a step of the escalation engine.

    `place` is its index in the policy, `round` counts from 0.
    """

    name: str
    after: timedelta
    place: int
    round: int
    until_acknowledged: bool
    repeat: timedelta | None = None


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """A version of an escalation policy."""

    slug: str
    version: int
    definition: PolicyDefinition

    @property
    def run_steps(self) -> tuple[RunStep, ...]:
        """The steps of all rounds, each with the time on the clock of the run."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[RunStep]:
        one, after = self.definition, timedelta()
        for number in range(one.repeat + 1):
            after += one.repeat_after if number else timedelta()
            for place, step in enumerate(one.steps):
                # The first step of a round comes `repeat_after` the last, and then its own delay.
                after += step.after
                yield RunStep(f"{number}.{place}", after, place, number, not one.until_resolved)
