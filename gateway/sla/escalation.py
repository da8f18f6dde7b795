"""Management escalation: who is told of an opening, a warning, a breach, of what stays unresolved, and its record. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.errors import Flaw, Misconfigured
from gateway.incidents.ledger import microseconds
from gateway.incidents.record import Incident, Notice
from gateway.settings import Management, Settings
from gateway.sla.ladder import Rung, Step
from gateway.sla.thresholds import Crossing

OPENED = "opened"

Told = tuple[tuple[str, Mapping[str, Any]], ...]
"""Timeline events: (slug, facts). Empty when no rule asks for anybody."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """The rules, and who stands behind each role ("smtp:…", "webhook:…"); `leader_told`: of what is declared, too, by us.

    `patience` is how long an acknowledgement keeps a ladder from being climbed, 0 s for good.
    """

    rules: tuple[Management, ...]
    recipients: Mapping[str, tuple[str, ...]]
    leader_told: bool = False
    patience: timedelta = timedelta()
    steps: tuple[tuple[Management, Rung], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put the rules that tell of what stays unresolved in the order they are reached."""
        steps = [
            (rule, Rung(timedelta() + rule.after, rule.notify, rule.repeat, rule.until == "acknowledged"))
            for rule in self.rules
            if rule.after is not None
        ]
        object.__setattr__(self, "steps", tuple(sorted(steps, key=lambda step: step[1].after)))

    @classmethod
    def from_settings(cls, settings: Settings) -> "Escalation":
        """What the configuration says; raises Misconfigured with every flaw of every rule."""
        rules = enumerate(settings.escalation.management)
        flaws = [Flaw(f"/escalation/management/{i}", one) for i, rule in rules for one in _problems(rule, settings.sla.policies)]
        if flaws:
            raise Misconfigured("the rules of management escalation cannot be used", flaws=tuple(flaws))
        by_us = settings.major.leader_told_by == "gateway"
        patience = timedelta() + settings.escalation.acknowledgement_lasts
        return cls(settings.escalation.management, settings.notify.recipients, by_us, patience)

    def opened(self, incident: Incident) -> tuple[tuple[Notice, ...], Told]:
        """Who is told at once. Asked again after the priority rose, those already told are not told twice."""
        return self._tell(incident, on="opened", cause=OPENED, template="opened", more={})

    def declared(self, incident: Incident, reason: str) -> tuple[tuple[Notice, ...], Told]:
        """Who is told at once that a record was declared major, whatever its priority: the manager, who tells the leader."""
        roles = (MANAGER, LEADER) if self.leader_told else (MANAGER,)
        to_do = {} if self.leader_told else {"to_do": "tell_leader"}
        return self._tell_roles(roles, incident, cause=DECLARED, template="major", more={"reason": reason, **to_do})

    def update_overdue(self, incident: Incident, due_at: datetime) -> tuple[tuple[Notice, ...], Told]:
        """Who is reminded that a status update was promised for `due_at` and none came: the manager."""
        more = {"due_at": due_at.isoformat(), "to_do": "post_update"}
        cause = f"update_due:{microseconds(due_at)}"
        return self._tell_roles((MANAGER,), incident, cause=cause, template="update_due", more=more)

    def reported(self, incident: Incident, version: int, text: str) -> tuple[tuple[Notice, ...], Told]:
        """Who is sent an approved report: the leader, whom those on security incidents are kept from."""
        silenced = "security" if incident.security else ""
        cause = f"report_approved#{version}"
        return self._tell_roles((LEADER,), incident, silenced, cause=cause, template="major_report", more={"text": text})

    def complained(self, incident: Incident, complaint: int, text: str) -> tuple[tuple[Notice, ...], Told]:
        """Who is told of a complaint that weighs: the operations director, whom those on security incidents are kept from."""
        silenced = "security" if incident.security else ""
        more = {"reason": text}
        return self._tell_roles((DIRECTOR,), incident, silenced, cause=f"complaint#{complaint}", template="complaint", more=more)

    def crossed(self, incident: Incident, crossing: Crossing) -> tuple[tuple[Notice, ...], Told]:
        """Who is told that a clock is nearly due or overdue; the same threshold under a new target is a new cause."""
        on, template = ("breach", "sla_breached") if crossing.breach else ("warning", "sla_warning")
        more = {"clock": crossing.clock, "due_at": crossing.due_at.isoformat(), "share": crossing.share}
        return self._tell(incident, on=on, cause=cause_of(crossing), template=template, more=more)

    def climbs(self, policy: str) -> bool:
        """Whether any record of that policy may be told of later for staying unresolved."""
        return any(not rule.policies or policy in rule.policies for rule, _ in self.steps)

    def steps_of(self, policy: str) -> list[tuple[list[int], Rung]]:
        """The steps that records of that policy may climb, with the priorities that do."""
        return [(sorted(r.priorities), rung) for r, rung in self.steps if not r.policies or policy in r.policies]

    def ladder(self, incident: Incident) -> tuple[Rung, ...]:
        """The steps of a record of its policy and priority, in order."""
        return tuple(rung for rule, rung in self.steps if _covers(rule, incident))

    def climbed(self, incident: Incident, step: Step) -> tuple[tuple[Notice, ...], Told]:
        """Who is told that a record is still unresolved."""
        more = {"unresolved_for": str(step.rung.after + (step.times - 1) * (step.rung.repeat or timedelta()))}
        return self._tell_roles(step.rung.roles, incident, cause=step.cause, template="unresolved", more=more)

    def _tell(
        self, incident: Incident, *, on: str, cause: str, template: str, more: Mapping[str, Any]
    ) -> tuple[tuple[Notice, ...], Told]:
        return self._tell_roles(self._roles(incident, on), incident, cause=cause, template=template, more=more)

    def _tell_roles(
        self,
        roles: tuple[str, ...],
        incident: Incident,
        silenced: str | None = None,
        *,
        cause: str,
        template: str,
        more: Mapping[str, Any],
    ) -> tuple[tuple[Notice, ...], Told]:
        if not roles:
            return (), ()
        silenced = _silenced(incident) if silenced is None else silenced
        facts = {**_facts(incident), **more}
        notices: dict[str, Notice] = {}
        for role in roles:
            for target in () if silenced else self.recipients.get(role, ()):
                said = _bare(facts) if incident.security and role not in PRIVY else facts
                notices.setdefault(target, Notice(cause=cause, target=target, role=role, template=template, facts=said))
        told: dict[str, Any] = {"cause": cause, "roles": roles, "targets": tuple(notices)}
        if silenced:
            told["silenced"] = silenced
        elif unreachable := tuple(role for role in roles if not self.recipients.get(role)):
            told["unreachable"] = unreachable
        return tuple(notices.values()), (("management_told", told),)

    def _roles(self, incident: Incident, on: str) -> tuple[str, ...]:
        asked = (role for rule in self.rules if on in rule.on and _covers(rule, incident) for role in rule.notify)
        return tuple(dict.fromkeys(asked))


MANAGER, LEADER, DIRECTOR = "incident_manager", "leader", "director"
"""Who follows a major incident to its end, in the order they are told."""

PRIVY = frozenset({MANAGER, "security"})
"""Roles that are told what a security incident is about; the others hear that there is one, and how it stands."""

DECLARED = "declared_major"


def cause_of(crossing: Crossing) -> str:
    """Names one firing of one threshold: its mark, and in microseconds since when it has been passed."""
    return f"sla:{crossing.mark}:{microseconds(crossing.at)}"


def _covers(rule: Management, incident: Incident) -> bool:
    return (
        incident.priority in rule.priorities
        and (not rule.policies or incident.policy in rule.policies)
        and (not rule.kinds or incident.kind in rule.kinds)
    )


def _problems(rule: Management, policies: Collection[str]) -> Iterable[str]:
    yield from (f"no policy is named {name!r}" for name in rule.policies if name not in policies)
    if not rule.on and rule.after is None:
        yield "a rule says when: on, after, or both"
    if rule.after is not None and rule.after <= timedelta():
        yield "after is longer than 0s: what happens at once is on opened"
    if rule.repeat is not None and (rule.after is None or rule.repeat < timedelta(minutes=1)):
        yield "what repeats has an after, and repeats once a minute at most"


def _silenced(incident: Incident) -> str:
    """Why nobody is told of this record: it follows a master, or a maintenance window covers it."""
    if incident.master_id is not None:
        return "related"
    return "maintenance" if incident.suppressed else ""


def _bare(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts without what people wrote."""
    kept = ("number", "priority", "state", "clock", "due_at", "share", "unresolved_for", "to_do")
    return {name: facts[name] for name in kept if name in facts}


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
