"""Management escalation: notice of openings, warnings, breaches and unresolved records. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.errors import Flaw, Misconfigured
from gateway.escalation.ladder import LadderStep, Rung, step_cause
from gateway.escalation.policies.book import PolicyBook
from gateway.incidents.announcement import OWN, Announcement, Recipient
from gateway.incidents.announcements.addressing import DESK
from gateway.incidents.claims import OVERDUE, claimed_priority
from gateway.incidents.facts import facts_of, withhold_facts
from gateway.incidents.ledger import microseconds
from gateway.incidents.record import LEAST_URGENT_MAJOR_PRIORITY, Incident
from gateway.settings import ManagementRule, Settings
from gateway.sla.thresholds import Crossing


@dataclass(frozen=True, slots=True)
class EscalationRules:
    """The rules of management escalation and the recipients of each role ("smtp:…", "webhook:…").

    `leader_told` says that the gateway, not the manager, notifies the leader of a major
    incident. `patience` is how long an acknowledgement keeps a ladder from being climbed, 0 s
    for good. `book` holds the escalation policies.
    """

    rules: tuple[ManagementRule, ...]
    recipients: Mapping[str, tuple[str, ...]]
    leader_told: bool = False
    patience: timedelta = timedelta()
    declared_to: tuple[str, ...] = ()
    book: PolicyBook = field(default_factory=PolicyBook)
    steps: tuple[tuple[ManagementRule, Rung], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put the rules about unresolved records in the order in which they are reached."""
        steps = [
            (
                rule,
                Rung(
                    timedelta() + rule.after, rule.notify, rule.repeat, rule.until == "acknowledged"
                ),
            )
            for rule in self.rules
            if rule.after is not None
        ]
        object.__setattr__(self, "steps", tuple(sorted(steps, key=lambda step: step[1].after)))

    @classmethod
    def from_settings(cls, settings: Settings) -> "EscalationRules":
        """Return the rules of the configuration.

        Raises Misconfigured with every flaw of every rule.
        """
        rules = enumerate(settings.escalation.management)
        flaws = [
            Flaw(f"/escalation/management/{i}", one)
            for i, rule in rules
            for one in _problems(rule, settings.sla.policies)
        ]
        if flaws:
            raise Misconfigured(
                "the rules of management escalation cannot be used", flaws=tuple(flaws)
            )
        by_us = settings.major.leader_told_by == "gateway"
        patience = timedelta() + settings.escalation.acknowledgement_lasts
        told = settings.escalation.declared
        return cls(
            settings.escalation.management, settings.notify.recipients, by_us, patience, told
        )

    def declared(self, incident: Incident, reason: str) -> tuple[Announcement, ...]:
        """Return the notifications of a record declared major.

        They go to the incident manager, who informs the leader unless the gateway does, and to
        the roles that the configuration names.
        """
        roles = (MANAGER, *([LEADER] if self.leader_told else []), *self.declared_to)
        to_do = {} if self.leader_told else {"to_do": "tell_leader"}
        return self.announce(
            roles, incident, cause=DECLARED, template="major", more={"reason": reason, **to_do}
        )

    def announce_ungraded(self, incident: Incident, due_at: datetime) -> tuple[Announcement, ...]:
        """Return the notification of an urgent claim not graded in time.

        It goes to the incident manager.
        """
        more = {**claimed_facts(incident), "due_at": due_at.isoformat(), "to_do": "grade"}
        told = self.announce((MANAGER,), incident, cause=OVERDUE, template=OVERDUE, more=more)
        return tuple(map(without_master_silence, told))

    def announce_conversion(
        self, incident: Incident, crossing: Crossing
    ) -> tuple[Announcement, ...]:
        """Return the question to the owner of an overdue request.

        It asks whether the request is an incident or a change.
        """
        more = {"due_at": crossing.due_at.isoformat(), "to_do": "convert"}
        cause = f"convert:{microseconds(crossing.at)}"
        return self.announce(("owner",), incident, cause=cause, template="convert", more=more)

    def update_overdue(self, incident: Incident, due_at: datetime) -> tuple[Announcement, ...]:
        """Return the reminder to the manager of a missing status update.

        It was promised for `due_at`.
        """
        more = {"due_at": due_at.isoformat(), "to_do": "post_update"}
        cause = f"update_due:{microseconds(due_at)}"
        return self.announce((MANAGER,), incident, cause=cause, template="update_due", more=more)

    def reported(self, incident: Incident, version: int, text: str) -> tuple[Announcement, ...]:
        """Return the notification of the leader of an approved report.

        It is not sent for security incidents.
        """
        cause = f"report_approved#{version}"
        return self._kept_from_security(
            (LEADER,), incident, cause=cause, template="major_report", more={"text": text}
        )

    def replied(
        self, incident: Incident, cause: str, more: Mapping[str, Any]
    ) -> tuple[Announcement, ...]:
        """Return the notification of a reporter's answer.

        It goes to whoever has the record: where nobody has it to the desk, else to the incident
        manager. The handler of a security incident may not see it, so that security is notified
        as well.
        """
        found = self.recipient("handler", incident)
        people = tuple(dict.fromkeys((*found.people, *filter(None, (incident.owner,)))))
        manager = self.recipient(MANAGER, incident)
        desk = replace(self.recipient(DESK, incident), instead=manager)
        own = replace(found, people=people, instead=desk)
        recipients = (own, self.officers(incident)) if incident.security else (own,)
        told = self.announcement(incident, recipients, cause=cause, template="replied", more=more)
        return (replace(told, recorded=False, silenced=""),)

    def announce_complaint(
        self, incident: Incident, complaint: int, text: str
    ) -> tuple[Announcement, ...]:
        """Return the notification of the operations director of a serious complaint.

        It is not sent for security incidents.
        """
        cause = f"complaint#{complaint}"
        return self._kept_from_security(
            (DIRECTOR,), incident, cause=cause, template="complaint", more={"reason": text}
        )

    def has_ladder(self, policy: str) -> bool:
        """Return whether a ladder may apply to records of that policy."""
        return any(not rule.policies or policy in rule.policies for rule, _ in self.steps)

    def steps_of(self, policy: str) -> list[tuple[list[int], Rung]]:
        """Return the rungs for records of that policy, each with the priorities it applies to."""
        return [
            (sorted(r.priorities), rung)
            for r, rung in self.steps
            if not r.policies or policy in r.policies
        ]

    def ladder(self, incident: Incident) -> tuple[Rung, ...]:
        """Return the rungs for the record's policy and priority, in order."""
        return tuple(rung for rule, rung in self.steps if _covers(rule, incident))

    def announce_unresolved(self, incident: Incident, step: LadderStep) -> tuple[Announcement, ...]:
        """Return the notification of a record that is still unresolved."""
        more = {
            "unresolved_for": str(
                step.step.after + (step.times - 1) * (step.step.repeat or timedelta())
            )
        }
        return self.announce(
            step.step.roles, incident, cause=step_cause(step), template="unresolved", more=more
        )

    def roles(self, incident: Incident, on: str) -> tuple[str, ...]:
        """Return the roles that the rules name for an occasion of the record.

        An occasion is `opened`, `warning` or `breach`.
        """
        asked = (
            role
            for rule in self.rules
            if on in rule.on and _covers(rule, incident)
            for role in rule.notify
        )
        return tuple(dict.fromkeys(asked))

    def announce(
        self,
        roles: Collection[str],
        incident: Incident,
        *,
        cause: str,
        template: str,
        more: Mapping[str, Any],
    ) -> tuple[Announcement, ...]:
        """Return the announcement for these roles; empty if there are none."""
        recipients = tuple(self.recipient(role, incident) for role in roles)
        if not recipients:
            return ()
        told = self.announcement(incident, recipients, cause=cause, template=template, more=more)
        return (self.with_stand_in(told, incident),)

    def with_stand_in(self, told: Announcement, incident: Incident) -> Announcement:
        """Return the announcement of an urgent record with the desk for where it reaches nobody."""
        staff = any(one.role != "reporter" for one in told.recipients)
        urgent = staff and _is_urgent(incident)
        return replace(told, stand_in=self.recipient(DESK, incident)) if urgent else told

    def announcement(
        self,
        incident: Incident,
        recipients: tuple[Recipient, ...],
        *,
        cause: str,
        template: str,
        more: Mapping[str, Any],
    ) -> Announcement:
        """Return the announcement of a record for these recipients.

        For a security incident it goes to security where the recipients may not see the record.
        """
        facts = {**facts_of(incident), **more}
        return Announcement(
            cause=cause,
            template=template,
            recipients=recipients,
            priority=incident.priority,
            facts=facts,
            bare=withhold_facts(facts),
            security=incident.security,
            silenced=_silenced(incident),
            officers=self.officers(incident) if incident.security else None,
        )

    def officers(self, incident: Incident) -> Recipient:
        """Return the recipient of security incidents: the role security, else the manager."""
        return replace(
            self.recipient(SECURITY, incident), instead=self.recipient(MANAGER, incident)
        )

    def recipient(self, role: str, incident: Incident) -> Recipient:
        """Return the recipient that a role of a rule means.

        The desk stands in for whoever does not handle an urgent record yet.
        """
        listed = self.recipients.get(role, ())
        if role not in OWN:
            return Recipient(role=role, listed=listed)
        people, group = _own(role, incident)
        urgent = _is_urgent(incident) and role != "reporter"
        instead = self.recipient(DESK, incident) if urgent or role == "owner" else None
        return Recipient(
            role=role, listed=listed, own=True, people=people, group=group, instead=instead
        )

    def _kept_from_security(
        self,
        roles: tuple[str, ...],
        incident: Incident,
        *,
        cause: str,
        template: str,
        more: Mapping[str, Any],
    ) -> tuple[Announcement, ...]:
        """Return the announcement, silenced by a security flag alone.

        A master or planned work does not silence it.
        """
        silenced = "security" if incident.security else ""
        return tuple(
            replace(one, silenced=silenced)
            for one in self.announce(roles, incident, cause=cause, template=template, more=more)
        )


def claimed_facts(incident: Incident) -> dict[str, Any]:
    """Return the priority that the reporter claims, for messages."""
    return {"claimed_priority": claimed_priority(incident)}


MANAGER, LEADER, DIRECTOR = "incident_manager", "leader", "director"
TIER3, SECURITY = "tier3", "security"
"""The roles that follow a major incident to its end, in the order they are notified."""

DECLARED = "declared_major"


def _covers(rule: ManagementRule, incident: Incident) -> bool:
    return (
        incident.priority in rule.priorities
        and (not rule.policies or incident.policy in rule.policies)
        and (not rule.kinds or incident.kind in rule.kinds)
    )


def _problems(rule: ManagementRule, policies: Collection[str]) -> Iterable[str]:
    yield from (f"no policy is named {name!r}" for name in rule.policies if name not in policies)
    if not rule.on and rule.after is None:
        yield "a rule says when: on, after, or both"
    if rule.after is not None and rule.after <= timedelta():
        yield "after is longer than 0s: what happens at once is on opened"
    if rule.repeat is not None and (rule.after is None or rule.repeat < timedelta(minutes=1)):
        yield "what repeats has an after, and repeats once a minute at most"


def _is_urgent(incident: Incident) -> bool:
    return incident.priority <= LEAST_URGENT_MAJOR_PRIORITY


def _silenced(incident: Incident) -> str:
    """Return the reason why nobody is notified, "" if there is none.

    The record follows a master, or a maintenance window covers it.
    """
    if incident.master_id is not None:
        return "related"
    return "maintenance" if incident.suppressed else ""


def without_master_silence(told: Announcement) -> Announcement:
    """Return the announcement without the silence of a master, as it is about the record alone."""
    return replace(told, silenced="") if told.silenced == "related" else told


def _own(role: str, incident: Incident) -> tuple[tuple[str, ...], str]:
    """Return the people of the record that a role means, and their group.

    The people are in order of preference.
    """
    people = {
        "handler": (incident.handler, incident.assignee),
        "assignee": (incident.assignee, incident.handler),
        "group": (),
        "owner": (incident.owner,),
        "reporter": (incident.contact,),
    }[role]
    group = "" if role in ("owner", "reporter") else incident.assignee_group
    return tuple(dict.fromkeys(name for name in people if name)), group
