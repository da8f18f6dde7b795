"""The escalation policies in force, and the versions that records keep. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.escalation.policies.policy import EscalationPolicy, Hours
from gateway.incidents.record import Incident
from gateway.sla.calendar import ROUND_THE_CLOCK, Calendar

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """The policies in force in the order they are chosen, and older versions.

    `calendars` are those of the configuration, by name.
    """

    current: tuple[EscalationPolicy, ...] = ()
    versions: Mapping[tuple[str, int], EscalationPolicy] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    def choose(self, incident: Incident, now: datetime) -> EscalationPolicy | None:
        """Return the policy of a record at that time, None where no policy is for it.

        The first one by rank, then by slug, that has a use for the record.
        """
        return next((one for one in self.current if self._is_for(one, incident, now)), None)

    def _is_for(self, policy: EscalationPolicy, incident: Incident, now: datetime) -> bool:
        return any(
            use.covers(incident.priority, incident.service, incident.assignee_group, incident.kind)
            and self.applies(policy, use.hours, now)
            for use in policy.definition.uses
        )

    def applies(self, policy: EscalationPolicy, hours: Hours, now: datetime) -> bool:
        """Return whether these hours of the policy's calendar are now."""
        if hours is Hours.ALWAYS:
            return True
        calendar = self.calendars.get(policy.definition.calendar, ROUND_THE_CLOCK)
        return hours.holds(open_now=calendar.between(now, now + INSTANT) > timedelta())

    def kept(self, slug: str, version: int) -> EscalationPolicy | None:
        """Return the version that a record keeps; None for one that is not read yet.

        For a version so old that it is not read any more it is the one in force.
        """
        if (found := self.versions.get((slug, version))) is not None:
            return found
        present = next((one for one in self.current if one.slug == slug), None)
        return present if present is not None and present.version > version else None
