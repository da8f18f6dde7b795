"""The times at which an escalation policy would reach nobody. Pure."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from gateway.escalation.policies.book import PolicyBook
from gateway.escalation.policies.policy import EscalationPolicy
from gateway.oncall.spans import Span, join

Reached = Callable[[str, datetime], Collection[str]]
"""The logins and addresses that a target would reach at an instant."""


@dataclass(frozen=True, slots=True)
class StepCoverage:
    """The times at which a step, by its place from 1, would reach nobody."""

    step: int
    nobody: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PolicyCoverage:
    """The times at which steps of a policy, and the policy as a whole, would reach nobody."""

    steps: tuple[StepCoverage, ...]
    nobody: tuple[Span, ...]


def policy_coverage(
    policy: EscalationPolicy, book: PolicyBook, reached: Reached, moments: Sequence[datetime]
) -> PolicyCoverage:
    """Return the times between the first and the last moment at which nobody would be reached.

    What is reached at a moment is reached until the next one.
    """
    spans = list(pairwise(moments))
    steps = tuple(
        StepCoverage(place + 1, tuple(join(_uncovered(policy, book, reached, spans, [place]))))
        for place in range(len(policy.definition.steps))
    )
    places = list(range(len(policy.definition.steps)))
    whole = join(_uncovered(policy, book, reached, spans, places))
    return PolicyCoverage(steps, tuple(whole))


def _uncovered(
    policy: EscalationPolicy,
    book: PolicyBook,
    reached: Reached,
    spans: Sequence[Span],
    places: Sequence[int],
) -> Iterator[Span]:
    """Yield the spans in which none of the steps reaches anybody, and one of them applies."""
    for since, until in spans:
        steps = [policy.definition.steps[place] for place in places]
        due = [step for step in steps if book.applies(policy, step.hours, since)]
        targets = [target for step in due for target in step.targets]
        if due and not any(reached(target, since) for target in targets):
            yield since, until
