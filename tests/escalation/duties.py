"""Changes of a record and the announcements that they cause."""

from dataclasses import replace
from typing import Any

from gateway.escalation.duties import with_announcements
from gateway.escalation.management import EscalationRules
from gateway.incidents.record import Incident, Revision
from gateway.vocabulary import State, Tier
from tests.sla.stories import SETTINGS, an_incident, ledger_of

RULES = EscalationRules(SETTINGS.escalation.management, {})

CHANGE: tuple[tuple[str, dict[str, Any]], ...] = (("changed", {}),)


def a_record(**fields: Any) -> Incident:
    return an_incident(ledger_of([(0, "record", fields.get("priority", 1))]), **fields)


def but(incident: Incident, **fields: Any) -> Incident:
    """Return the record with some fields changed."""
    return replace(incident, **fields)


Told = list[tuple[str, list[str]]]


def told(before: Incident | None, after: Incident, rules: EscalationRules = RULES) -> Told:
    """Return the templates of the announcements of a change, each with the roles notified."""
    changed = Revision(after=after, actor="gateway", events=CHANGE, before=before)
    revision = with_announcements(rules, changed)
    return [
        (one.template, [recipient.role for recipient in one.recipients])
        for one in revision.announcements
    ]


GIVEN: dict[str, Any] = {
    "state": State.ASSIGNED,
    "tier": Tier.SECOND,
    "assignee": "olga",
    "handler": "olga",
    "assignee_group": "sre",
}

WORKED: dict[str, Any] = GIVEN | {"state": State.IN_PROGRESS}


def said(
    before: Incident | None, after: Incident, *events: tuple[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the facts that the messages of a change state besides the record itself."""
    revision = with_announcements(
        RULES, Revision(after=after, actor="gateway", events=events, before=before)
    )
    more = ("reason", "was_priority", "raised_by", "left_master", "to_do")
    return [
        {name: one.facts[name] for name in more if name in one.facts}
        for one in revision.announcements
    ]
