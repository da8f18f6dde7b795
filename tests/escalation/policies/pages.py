"""A record that an escalation policy pages about, on a clock that the test moves."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from gateway.escalation.management import EscalationRules
from gateway.escalation.policies.book import PolicyBook
from gateway.escalation.policies.following import climb_policy, follow_change
from gateway.escalation.policies.paging import paging_due
from gateway.escalation.policies.policy import EscalationPolicy, PolicyDefinition, PolicyStep
from gateway.escalation.policies.policy import PolicyUse as Use
from gateway.incidents.record import Incident, Revision
from gateway.sla.calendar import ROUND_THE_CLOCK
from gateway.vocabulary import State
from tests.sla.stories import an_incident, ledger_of, minute


def step(*targets: str, after: float = 0, **more: Any) -> PolicyStep:
    """Return a step `after` so many minutes."""
    return PolicyStep(targets=targets, after=timedelta(minutes=after), **more)


def policy(
    *steps: PolicyStep, slug: str = "sre", version: int = 1, **more: Any
) -> EscalationPolicy:
    """Return a policy for every incident."""
    definition = PolicyDefinition(name=slug, steps=steps, **{"uses": (Use(),), **more})
    return EscalationPolicy(slug, version, definition)


def rules(*policies: EscalationPolicy, **more: Any) -> EscalationRules:
    """Return rules with these policies in force, in this order."""
    book = PolicyBook(
        policies,
        {(one.slug, one.version): one for one in policies},
        {"24x7": ROUND_THE_CLOCK},
    )
    return EscalationRules((), {}, book=replace(book, **more))


Called = list[tuple[float, str, str]]
"""Calls: the minute, the template, the first target."""


@dataclass
class Page:
    """A record and its run; every change goes through `follow_change`."""

    rules: EscalationRules
    record: Incident = field(
        default_factory=lambda: an_incident(ledger_of([(0, "record", 1)]), state=State.LOGGED)
    )
    calls: Called = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    at: float = 0

    def open(self) -> "Page":
        """Open the record."""
        self._follow(None, self.record, "opened", "gateway")
        return self

    def change(self, event: str, by: str = "ann", at: float | None = None, **fields: Any) -> "Page":
        """Change the record by an event, at a minute up to which all timers have fired."""
        if at is not None:
            self.until(at)
        after = replace(self.record, version=self.record.version + 1, **fields)
        self._follow(self.record, after, event, by)
        return self

    def until(self, at: float) -> "Page":
        """Fire the timer whenever it is due, up to a minute."""
        while (due := self.due) is not None and due <= at:
            self.at = max(self.at, due)
            self.fire()
        self.at = at
        return self

    def fire(self) -> None:
        """Fire the timer now."""
        self._take(climb_policy(self.rules, self.record, minute(self.at)))

    @property
    def due(self) -> float | None:
        """The minute of the next firing."""
        due = paging_due(self.rules, self.record, minute(self.at))
        return None if due is None else (due - minute(0)) / timedelta(minutes=1)

    def _follow(self, before: Incident | None, after: Incident, event: str, by: str) -> None:
        changed = Revision(after=after, actor=by, events=((event, {}),), before=before)
        self._take(follow_change(self.rules, changed, minute(self.at)))

    def _take(self, revision: Revision) -> None:
        if revision.events or revision.announcements:
            self.record = revision.after
        self.events += [event for event, _ in revision.events]
        for one in revision.announcements:
            first = one.recipients[0]
            self.calls.append(
                (round(self.at, 3), one.template, (first.listed or (f"role:{first.role}",))[0])
            )
        armed = [timer.due_at for timer in revision.timers]
        if armed and self.due is not None:
            assert armed[-1] == minute(self.due)
