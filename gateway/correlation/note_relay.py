"""Relaying of notes on related records to their master.

The master's timeline shows them, and its assignee is notified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.correlation.masters import Lock, add_masters, select_to_write
from gateway.escalation.management import EscalationRules
from gateway.incidents.record import Revision
from gateway.vocabulary import LIVE

MOST = 4_000
"""The number of characters of a note that are relayed."""


async def relay_notes(
    escalation: EscalationRules, lock: Lock, revisions: Sequence[Revision]
) -> list[Revision]:
    """Return the revisions, in order, followed by those of other open masters with relayed notes.

    The text of an acknowledgement counts as a note. A note on a security incident is relayed
    only to a master that is a security incident too; its author is not notified of it.
    """
    noted = [
        (one, master_id, note)
        for one in revisions
        if (master_id := one.after.master_id) is not None and (note := _note(one))
    ]
    if not noted:
        return list(revisions)
    made = await add_masters(lock, revisions, {master_id for _, master_id, _ in noted})
    for one, master_id, note in noted:
        master = made.get(master_id)
        if (
            master is None
            or master.after.state not in LIVE
            or (one.after.security and not master.after.security)
        ):
            continue
        made[master.after.id] = _with_note(escalation, master, one, note)
    return select_to_write(made, revisions)


NOTED = frozenset({"note", "accepted", "unacknowledged"})
"""The timeline entries whose note is relayed."""


def _note(revision: Revision) -> str:
    return "\n".join(
        _said(facts) for event, facts in revision.events if event in NOTED and facts.get("note")
    )


def _said(facts: Mapping[str, Any]) -> str:
    """Return the note of an entry, preceded by the name of the person who acknowledged with it."""
    return f"{facts['person']}: {facts['note']}" if facts.get("person") else str(facts["note"])


def _with_note(
    escalation: EscalationRules, master: Revision, related: Revision, note: str
) -> Revision:
    number, text = related.after.number, note[:MOST]
    entry = ("related_note", {"incident": number, "note": text})
    added = replace(master, actor=master.actor or related.actor, events=(*master.events, entry))
    if master.after.handler == related.actor:
        return added
    cause = f"related_note:{related.after.id}#{related.after.version + 1}"
    told = escalation.replied(
        master.after, cause, {"text": text, "related": number, "to_do": "read_note"}
    )
    return replace(added, announcements=(*added.announcements, *told))
