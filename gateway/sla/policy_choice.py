"""The choice of the SLA policy of a record, and of the targets that its service sets. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway import settings
from gateway.errors import Flaw
from gateway.settings import process
from gateway.sla.policy import Policy
from gateway.vocabulary import ClockName

INCIDENT = "incident"

Targets = Mapping[int, Mapping[ClockName, timedelta]]


@dataclass(frozen=True, slots=True)
class PolicyChoiceRule:
    """A rule: use `policy` for records that match every criterion.

    An empty criterion matches all.
    """

    policy: str
    services: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    priorities: frozenset[int] = frozenset()

    def agrees(self, service: str, source: str, priority: int) -> bool:
        """Return whether a record with these values matches the rule."""
        return (
            (not self.services or service in self.services)
            and (not self.sources or source in self.sources)
            and (not self.priorities or priority in self.priorities)
        )


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """The configured choice of policies.

    `uses` are the rules by kind of record, in order; `services` the policies of services for
    their incidents; `default` the policy where neither says.
    """

    default: str
    uses: Mapping[str, tuple[PolicyChoiceRule, ...]] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)

    def policy_for(self, kind: str, service: str, source: str, priority: int) -> str:
        """Return the name of the policy of a record.

        It is the one its service names for incidents, else that of the first rule that matches,
        else the default.
        """
        if kind == INCIDENT and service in self.services:
            return self.services[service]
        for use in self.uses.get(kind, ()):
            if use.agrees(service, source, priority):
                return use.policy
        return self.default


def read_choice(sla: settings.SlaSettings) -> PolicyChoice:
    """Return the choice that the configuration describes; `choice_flaws` checks it."""
    uses = {
        kind: tuple(
            PolicyChoiceRule(
                use.policy,
                frozenset(use.services),
                frozenset(use.sources),
                frozenset(use.priorities),
            )
            for use in sla.use
            if not use.kinds or kind in use.kinds
        )
        for kind in process.KINDS
    }
    return PolicyChoice(
        sla.default,
        uses,
        {name: service.policy for name, service in sla.services.items() if service.policy},
    )


def choice_flaws(sla: settings.SlaSettings) -> Iterable[Flaw]:
    """Yield a flaw for every policy name that does not exist."""
    named = {"/sla/default": sla.default}
    named |= {f"/sla/use/{index}/policy": use.policy for index, use in enumerate(sla.use)}
    named |= {
        f"/sla/services/{name}/policy": service.policy
        for name, service in sla.services.items()
        if service.policy
    }
    for pointer, policy in named.items():
        if policy not in sla.policies:
            yield Flaw(pointer, f"no policy is named {policy!r}")


def with_service_targets(policy: Policy, targets: Targets) -> Policy:
    """Return the policy with a service's own targets, which replace the policy's clock by clock."""
    merged = {
        priority: {**row, **targets.get(priority, {})} for priority, row in policy.targets.items()
    }
    return replace(policy, targets=merged)
