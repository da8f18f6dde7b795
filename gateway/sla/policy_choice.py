"""Which policy a record gets, and what its service promises beyond it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway import settings
from gateway.errors import Flaw
from gateway.settings import process
from gateway.sla.policy import ClockName, Policy

INCIDENT = "incident"

Targets = Mapping[int, Mapping[ClockName, timedelta]]


@dataclass(frozen=True, slots=True)
class Use:
    """Use `policy` for records that agree with all that is said; what is empty agrees with anything."""

    policy: str
    services: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    priorities: frozenset[int] = frozenset()

    def agrees(self, service: str, source: str, priority: int) -> bool:
        """Whether it is meant for such a record."""
        return (
            (not self.services or service in self.services)
            and (not self.sources or source in self.sources)
            and (not self.priorities or priority in self.priorities)
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """Rules by kind, in order; policies that services name for incidents of theirs; the policy where nothing else says."""

    default: str
    uses: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)

    def policy_for(self, kind: str, service: str, source: str, priority: int) -> str:
        """The name of the policy: what the service says of its incidents, else the first rule that agrees, else the default."""
        if kind == INCIDENT and service in self.services:
            return self.services[service]
        for use in self.uses.get(kind, ()):
            if use.agrees(service, source, priority):
                return use.policy
        return self.default


def read_choice(sla: settings.Sla) -> Choice:
    """What the configuration says; `choice_flaws` says what is wrong with it."""
    uses = {
        kind: tuple(
            Use(use.policy, frozenset(use.services), frozenset(use.sources), frozenset(use.priorities))
            for use in sla.use
            if not use.kinds or kind in use.kinds
        )
        for kind in process.KINDS
    }
    return Choice(sla.default, uses, {name: service.policy for name, service in sla.services.items() if service.policy})


def choice_flaws(sla: settings.Sla) -> Iterable[Flaw]:
    """Every name of a policy that there is not."""
    named = {"/sla/default": sla.default}
    named |= {f"/sla/use/{index}/policy": use.policy for index, use in enumerate(sla.use)}
    named |= {f"/sla/services/{name}/policy": service.policy for name, service in sla.services.items() if service.policy}
    for pointer, policy in named.items():
        if policy not in sla.policies:
            yield Flaw(pointer, f"no policy is named {policy!r}")


def tailored(policy: Policy, targets: Targets) -> Policy:
    """The policy with a service's own targets, which win over the policy's, clock by clock."""
    merged = {priority: {**row, **targets.get(priority, {})} for priority, row in policy.targets.items()}
    return replace(policy, targets=merged)
