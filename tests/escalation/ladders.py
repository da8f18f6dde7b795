"""Escalation ladders, and a record that climbs one."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.escalation import ladder
from gateway.escalation.management import EscalationRules
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import climb_ladder, refresh_timers
from gateway.incidents.record import Incident
from gateway.settings import ManagementRule
from gateway.sla.policy_choice import PolicyChoice
from gateway.timing.durations import Duration
from gateway.vocabulary import LIVE, State, TimerKind
from tests.sla.stories import (
    SHORT,
    after,
    an_incident,
    entry,
    ledger_of,
)

LADDER = TimerKind.LADDER


def a_step(
    seconds: float, role: str, priorities: tuple[int, ...] = (1, 2, 3), **more: Any
) -> ManagementRule:
    return ManagementRule(priorities, (role,), after=Duration(seconds=seconds), **more)


def rules_of(*steps: ManagementRule, patience: float = 0) -> SlaRules:
    recipients = {role: (f"smtp:{role}@example.com",) for step in steps for role in step.notify}
    escalation = EscalationRules(steps, recipients, patience=timedelta(seconds=patience))
    return SlaRules({"short": SHORT}, "short", escalation, PolicyChoice("short"))


@dataclass
class Life:
    """A record whose ladder timer fires as soon as it is due, unless the gateway is down."""

    rules: SlaRules
    record: Incident = field(
        default_factory=lambda: an_incident(ledger_of([(0, "record", 1)]), policy="short")
    )
    told: list[tuple[float, str]] = field(default_factory=list)

    def happen(self, seconds: float, name: str, detail: int | None = None) -> None:
        if name == "note":
            return self.note(seconds)
        ledger = (*self.record.ledger, entry(seconds, name, detail))
        fields: dict[str, Any] = {"ledger": ledger}
        if name == "set_priority":
            fields["priority"] = detail
        if name == "accept":
            fields["responded_at"] = after(seconds)
        if name in ("resolve", "reopen"):
            fields |= {
                "state": State.RESOLVED if name == "resolve" else State.LOGGED,
                "resolved_at": after(seconds),
            }
        if name == "reopen":
            fields["reopened"] = self.record.reopened + 1
        self.record = replace(self.record, **fields)
        return None

    def note(self, seconds: float) -> None:
        """Acknowledge the record as a person who was notified of it."""
        one = self.record
        if (
            one.state in LIVE
            and ladder.acknowledgement_time(one.marks, one.reopened, one.priority) is None
        ):
            self.record = replace(
                one,
                marks=ladder.with_acknowledgement(
                    one.marks, one.reopened, one.priority, after(seconds)
                ),
            )

    def due(self, seconds: float) -> datetime | None:
        return next(
            arm.due_at
            for arm in refresh_timers(self.rules, self.record, after(seconds))[1]
            if arm.kind is LADDER
        )

    def look(self, seconds: float) -> None:
        """Fire all steps that are due by then."""
        while (due := self.due(seconds)) is not None and due <= after(seconds):
            revision = climb_ladder(self.rules, self.record, after(seconds))
            assert revision is not None
            assert revision.announcements
            assert len({one.cause for one in revision.announcements}) == len(revision.announcements)
            self.told += [
                (seconds, one.cause.removeprefix("unresolved:")) for one in revision.announcements
            ]
            self.record = revision.after
