"""The return of a shelved record by a change of it, and the news of shelving. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.escalation.management import EscalationRules, without_master_silence
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import refresh_timers
from gateway.incidents.announcement import Announcement, Recipient
from gateway.incidents.announcements.addressing import DESK
from gateway.incidents.record import Incident, Revision
from gateway.incidents.shelving import (
    NO_END,
    SHELVED,
    UNSHELVED,
    ending_facts,
    ending_of,
    unshelve,
)

SHELVER = "shelver"
"""The recipient that is whoever shelved the record."""


def return_from_shelf(rules: SlaRules, revision: Revision, now: datetime) -> Revision:
    """Return the revision with the record returned, where the change ends its shelving.

    What was held is due from then on.
    """
    end = ending_of(revision)
    if end is None:
        return revision
    shelved = revision.after
    after, armed = refresh_timers(rules, unshelve(shelved), now)
    return replace(
        revision,
        after=after,
        events=(*revision.events, (UNSHELVED, ending_facts(shelved, end))),
        timers=(*revision.timers, *armed, NO_END),
        marks_only=False,
    )


def with_shelving_news(escalation: EscalationRules, revision: Revision) -> Revision:
    """Return the revision with the messages to those who work on a record, or wait for it.

    They are its handler, also of what somebody else shelved, and on its return whoever shelved
    it.
    """
    made = tuple(_news(escalation, revision))
    return replace(revision, announcements=(*revision.announcements, *made)) if made else revision


def _news(escalation: EscalationRules, revision: Revision) -> Iterator[Announcement]:
    incident = revision.after
    for event, said in revision.events:
        if event == SHELVED:
            handler = escalation.recipient("handler", incident)
            facts = {"shelved_by": incident.shelved_by, **_facts(said)}
            told = _announcement(escalation, incident, handler, event, facts)
            yield replace(told, optional=True)
        if event == UNSHELVED:
            facts = {"returned_because": said["cause"], **_facts(said)}
            handler = escalation.recipient("handler", incident)
            handler = replace(handler, instead=escalation.recipient(DESK, incident))
            yield _announcement(escalation, incident, handler, event, facts)
            shelver = Recipient(role=SHELVER, own=True, people=(said["shelved_by"],))
            told = _announcement(escalation, incident, shelver, event, facts)
            yield replace(told, optional=True)


def _facts(said: Any) -> dict[str, Any]:
    return {"shelved_until": said["until"].isoformat(), "reason": said["reason"]}


def _announcement(
    escalation: EscalationRules,
    incident: Incident,
    recipient: Recipient,
    event: str,
    facts: dict[str, Any],
) -> Announcement:
    told = escalation.announcement(
        incident, (recipient,), cause=f"{event}#{incident.version}", template=event, more=facts
    )
    return replace(without_master_silence(told), recorded=False)
