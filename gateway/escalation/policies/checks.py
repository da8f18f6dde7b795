"""The check of escalation policies: the flaws that make one unusable. Pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.directory.roles import Role
from gateway.errors import Flaw
from gateway.escalation.policies.policy import Hours, PolicyDefinition, PolicyStep
from gateway.escalation.policies.recipients import ROLE
from gateway.incidents.announcement import OWN

KINDS = ("person", "group", "schedule", "role", "webhook")
"""The kinds of targets."""

LONGEST = timedelta(days=7)
"""The longest delay of a step, and the longest time between two rounds."""

SHORTEST = timedelta(minutes=1)
"""The shortest time between two rounds, and that an acknowledgement lasts."""


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a policy may use; `roles` are those with recipients in the configuration."""

    people: Collection[str] = ()
    groups: Collection[str] = ()
    schedules: Collection[str] = ()
    services: Collection[str] = ()
    calendars: Collection[str] = ()
    roles: Collection[str] = ()
    refused: dict[str, str] = field(default_factory=dict)
    """Webhooks that are not called, each with the reason."""


def policy_flaws(policy: PolicyDefinition, known: Known) -> Iterator[Flaw]:
    """Yield every flaw of a policy, with where it is and what to do."""
    if policy.calendar not in known.calendars:
        names = ", ".join(sorted(known.calendars))
        yield Flaw("/calendar", f"no calendar is named {policy.calendar!r}: there are {names}")
    if policy.repeat and not SHORTEST <= policy.repeat_after <= LONGEST:
        yield Flaw("/repeat_after_seconds", "between one minute and seven days")
    lasts = policy.acknowledged_for
    if lasts is not None and not SHORTEST <= lasts <= LONGEST:
        yield Flaw("/acknowledged_for_seconds", "between one minute and seven days, or null")
    for place, step in enumerate(policy.steps):
        yield from _step_flaws(f"/steps/{place}", step, known)
    for hours, words in ((Hours.WITHIN, "outside"), (Hours.OUTSIDE, "within")):
        if all(step.hours is hours for step in policy.steps):
            yield Flaw("/steps", f"nobody is called {words} the hours of the calendar: add a step")
    for place, use in enumerate(policy.uses):
        yield from _unknown(f"/uses/{place}/services", use.services, known.services, "service")
        yield from _unknown(f"/uses/{place}/groups", use.groups, known.groups, "group")


def _step_flaws(pointer: str, step: PolicyStep, known: Known) -> Iterator[Flaw]:
    if not timedelta() <= step.after <= LONGEST:
        yield Flaw(f"{pointer}/after_seconds", "between 0 and seven days")
    for index, target in enumerate(step.targets):
        if why := _objection(target, known):
            yield Flaw(f"{pointer}/targets/{index}", why)


def _objection(target: str, known: Known) -> str:
    """Return why nobody can be reached by a target, "" if there is no reason."""
    kind, _, name = target.partition(":")
    if kind == "webhook":
        return known.refused.get(target, "")
    if target.startswith(ROLE):
        usable = name in OWN or name in set(Role) or name in known.roles
        return "" if usable else f"{name!r} is no role, and notify.recipients names nobody for it"
    names = {"person": known.people, "group": known.groups, "schedule": known.schedules}.get(kind)
    if names is None:
        return f"write KIND:NAME with one of {', '.join(KINDS)}"
    return "" if name in names else f"there is no active {kind} {name!r}"


def _unknown(
    pointer: str, names: Iterable[str], known: Collection[str], what: str
) -> Iterator[Flaw]:
    for index, name in enumerate(names):
        if name not in known:
            yield Flaw(f"{pointer}/{index}", f"there is no active {what} {name!r}")
