"""The recipients of a step of an escalation policy. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.escalation.management import MANAGER, EscalationRules
from gateway.escalation.policies.policy import PolicyStep
from gateway.incidents.announcement import ON_CALL, Recipient
from gateway.incidents.announcements.addressing import DESK
from gateway.incidents.record import Incident

ROLE = "role:"
"""The prefix of a target that means everybody with a role, or the record's own people."""


def step_recipients(
    rules: EscalationRules,
    incident: Incident,
    steps: Sequence[PolicyStep],
    place: int,
) -> tuple[Recipient, ...]:
    """Return the recipients of the step at `place`.

    Where it reaches nobody, such as in a gap of a schedule, the next step does at once, and after
    the last one the desk, then the incident manager.
    """
    instead = replace(rules.recipient(DESK, incident), instead=rules.recipient(MANAGER, incident))
    for later in reversed(steps[place + 1 :]):
        if listed := _listed(later):
            instead = Recipient(role=ON_CALL, listed=listed, instead=instead)
    return tuple(_of_step(rules, incident, steps[place], instead))


def _of_step(
    rules: EscalationRules,
    incident: Incident,
    step: PolicyStep,
    instead: Recipient,
) -> Iterator[Recipient]:
    if listed := _listed(step):
        yield Recipient(role=ON_CALL, listed=listed, turn=step.turn, instead=instead)
    for target in step.targets:
        if target.startswith(ROLE):
            found = rules.recipient(target.removeprefix(ROLE), incident)
            yield replace(found, turn=step.turn, instead=found.instead or instead)


def _listed(step: PolicyStep) -> tuple[str, ...]:
    return tuple(target for target in step.targets if not target.startswith(ROLE))
