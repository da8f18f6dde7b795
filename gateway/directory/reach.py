"""The way a person is reached: the steps that their methods and rules make. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.directory.contact_method import ContactMethod, target_of
from gateway.directory.quiet_hours import Pauses
from gateway.settings.recipients import RecipientAddress

OWN_MAIL = 0
"""The id of the method that a person has who chose none that can be used: their own address."""


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A step of a person's rule: a method, so long after the step before arrived."""

    method_id: int
    after: timedelta


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is taken: where the message goes, and how long after the step before.

    With `after` None it is taken only if the step before fails.
    """

    method_id: int
    target: RecipientAddress
    after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReach:
    """A person's methods, rules and pauses; `rules` are by whether they are for what is urgent."""

    person_id: int
    login: str
    email: str
    locale: str
    zone: str
    methods: Sequence[ContactMethod] = ()
    rules: Mapping[bool, Sequence[RuleStep]] = field(default_factory=dict)
    pauses: Pauses = field(default_factory=Pauses)


def steps_of(reach: PersonReach, *, urgent: bool, step_after: timedelta | None) -> tuple[Step, ...]:
    """Return the steps by which a person is told, each address once.

    Without a rule these are all verified methods in order, and of what is urgent each comes
    `step_after` after the one before. Whoever has no method that can be used has their own mail
    address.
    """
    usable = {one.id: one for one in reach.methods if one.verified_at is not None}
    rule = [step for step in reach.rules.get(urgent, ()) if step.method_id in usable]
    if not rule:
        after = step_after if urgent else None
        chosen = [(one.id, after) for one in usable.values()]
    else:
        chosen = [(step.method_id, step.after) for step in rule]
    found: dict[RecipientAddress, Step] = {}
    for method_id, after in chosen:
        one = usable[method_id]
        target = target_of(reach.login, reach.email, one.channel, one.address)
        if target.address:
            found.setdefault(target, Step(method_id, target, after))
    if not found and reach.email:
        own = target_of(reach.login, reach.email, "mail", "")
        found[own] = Step(OWN_MAIL, own)
    return tuple(found.values())


def without_calls(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps without telephone calls, unless there is no other."""
    return tuple(one for one in steps if one.target.channel != "voice") or tuple(steps)
