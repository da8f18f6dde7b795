"""Management escalation: who is told of an opening, a warning or a breach, and what the timeline says of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.incidents.ledger import microseconds
from gateway.incidents.record import Incident, Notice
from gateway.settings import Management, Settings
from gateway.sla.thresholds import Crossing

OPENED = "opened"

Told = tuple[tuple[str, Mapping[str, Any]], ...]
"""Timeline events: (slug, facts). Empty when no rule asks for anybody."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """The rules, and who stands behind each role ("smtp:…", "webhook:…")."""

    rules: tuple[Management, ...]
    recipients: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_settings(cls, settings: Settings) -> "Escalation":
        """What the configuration says."""
        return cls(settings.escalation.management, settings.notify.recipients)

    def opened(self, incident: Incident) -> tuple[tuple[Notice, ...], Told]:
        """Who is told at once. Asked again after the priority rose, those already told are not told twice."""
        return self._tell(incident, on="opened", cause=OPENED, template="opened", more={})

    def crossed(self, incident: Incident, crossing: Crossing) -> tuple[tuple[Notice, ...], Told]:
        """Who is told that a clock is nearly due or overdue; the same threshold under a new target is a new cause."""
        on, template = ("breach", "sla_breached") if crossing.breach else ("warning", "sla_warning")
        more = {"clock": crossing.clock, "due_at": crossing.due_at.isoformat(), "share": crossing.share}
        return self._tell(incident, on=on, cause=cause_of(crossing), template=template, more=more)

    def _tell(
        self, incident: Incident, *, on: str, cause: str, template: str, more: Mapping[str, Any]
    ) -> tuple[tuple[Notice, ...], Told]:
        roles = self._roles(incident.priority, on)
        if not roles:
            return (), ()
        silenced = _silenced(incident)
        facts = {**_facts(incident), **more}
        notices: dict[str, Notice] = {}
        for role in roles:
            for target in () if silenced else self.recipients.get(role, ()):
                notices.setdefault(target, Notice(cause=cause, target=target, role=role, template=template, facts=facts))
        told: dict[str, Any] = {"cause": cause, "roles": roles, "targets": tuple(notices)}
        if silenced:
            told["silenced"] = silenced
        elif unreachable := tuple(role for role in roles if not self.recipients.get(role)):
            told["unreachable"] = unreachable
        return tuple(notices.values()), (("management_told", told),)

    def _roles(self, priority: int, on: str) -> tuple[str, ...]:
        asked = (role for rule in self.rules if priority in rule.priorities and on in rule.on for role in rule.notify)
        return tuple(dict.fromkeys(asked))


def cause_of(crossing: Crossing) -> str:
    """Names one firing of one threshold: its mark, and in microseconds since when it has been passed."""
    return f"sla:{crossing.mark}:{microseconds(crossing.at)}"


def _silenced(incident: Incident) -> str:
    """Why nobody is told of this record: it follows a master, or a maintenance window covers it."""
    if incident.master_id is not None:
        return "related"
    return "maintenance" if incident.suppressed else ""


def _facts(incident: Incident) -> dict[str, Any]:
    return {
        "number": incident.number,
        "title": incident.title,
        "priority": incident.priority,
        "service": incident.service,
        "state": incident.state,
        "assignee_group": incident.assignee_group,
        "assignee": incident.assignee,
    }
