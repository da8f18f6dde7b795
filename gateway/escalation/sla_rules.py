"""The SLA rules in force: policies, the choice among them, and the rules of escalation. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.escalation.management import EscalationRules
from gateway.incidents.record import Incident
from gateway.incidents.shelving import SHIPPED_LIMITS, ShelvingLimits
from gateway.settings import Settings, ShelvingSettings
from gateway.sla.policies import read_policies, read_tailored
from gateway.sla.policy import Policy, digest
from gateway.sla.policy_choice import INCIDENT, PolicyChoice, read_choice
from gateway.vocabulary import ClockName


@dataclass(frozen=True, slots=True)
class SlaRules:
    """The rules about time and notification: policies by name, the default, and the escalation.

    `choice` says which policy a new record gets, `tailored` holds the policies with a service's
    own targets, `shelving` bounds the shelving of records, `settings` are what it was all read
    from.
    """

    policies: Mapping[str, Policy]
    default: str
    escalation: EscalationRules
    choice: PolicyChoice
    tailored: Mapping[tuple[str, str], Policy] = field(default_factory=dict)
    settings: Settings | None = None
    shelving: ShelvingLimits = SHIPPED_LIMITS

    def versions(self, also: Iterable[str]) -> Mapping[str, str]:
        """Return the version of each policy, with all that services and the ladder add to it.

        Names of `also` that are no policy any more have the version of the default.
        """
        own = {name: self._version(name) for name in self.policies}
        return dict.fromkeys(also, own[self.default]) | own

    def _version(self, name: str) -> str:
        services = sorted(
            (service, policy.version)
            for (of, service), policy in self.tailored.items()
            if of == name
        )
        steps, patience = self.escalation.steps_of(name), self.escalation.patience
        return digest(
            (
                self.policies[name].version,
                services,
                steps,
                *([patience] if steps and patience else []),
            )
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> "SlaRules":
        """Return the rules of the configuration; raise Misconfigured."""
        policies = read_policies(settings.sla)
        tailored = read_tailored(settings.sla, policies)
        return cls(
            policies,
            settings.sla.default,
            EscalationRules.from_settings(settings),
            read_choice(settings.sla),
            tailored,
            settings,
            read_limits(settings.shelving),
        )

    def warm(self, now: datetime) -> None:
        """Compute the calendars that incidents will need, so that the first one does not wait."""
        names = {
            self.default,
            *self.choice.services.values(),
            *(use.policy for use in self.choice.uses.get(INCIDENT, ())),
        }
        _warm((self.policies[name] for name in names), now)

    def warm_all(self, now: datetime) -> None:
        """Compute all other calendars.

        The first that names a country takes most of a second, which would block an event loop.
        """
        _warm((*self.policies.values(), *self.tailored.values()), now)

    def policy(self, incident: Incident) -> Policy:
        """Return the policy of a record with the targets of its service.

        A record whose policy left the configuration is treated under the default.
        """
        return self.named(incident.policy, incident.kind, incident.service)

    def named(self, policy: str, kind: str, service: str) -> Policy:
        """Return the policy of that name for records of that kind and service.

        For an unknown name it is the default.
        """
        name = policy if policy in self.policies else self.default
        if self.tailored and kind == INCIDENT and (own := self.tailored.get((name, service))):
            return own
        return self.policies[name]

    def policy_after(self, before: Incident, after: Incident) -> str:
        """Return the policy name that a record has after a change.

        It is another one only where new records with these values would get different policies.
        """
        was, now = (
            self.policy_for(
                kind=one.kind, service=one.service, source=one.source, priority=one.priority
            ).name
            for one in (before, after)
        )
        return before.policy if now == was else now

    def policy_for(self, *, kind: str, service: str, source: str, priority: int) -> Policy:
        """Return the policy that a new record gets."""
        return self.named(self.choice.policy_for(kind, service, source, priority), kind, service)


def read_limits(settings: ShelvingSettings) -> ShelvingLimits:
    """Return the limits of shelving of the configuration."""
    breaches = frozenset(map(ClockName, settings.breaches))
    return ShelvingLimits(
        timedelta() + settings.longest, timedelta() + settings.longest_p1, breaches
    )


def _warm(policies: Iterable[Policy], now: datetime) -> None:
    """Compute the calendars of the policies for the next month."""
    for policy in policies:
        policy.calendar.between(now, now + timedelta(days=31))
