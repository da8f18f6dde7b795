"""One message in place of several: the facts it holds, and the messages it tells. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from gateway.incidents.record import Notice
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.retries import FollowUp
from gateway.notify.texts.templates import Template
from gateway.vocabulary import State

NAMESPACE = UUID("6d7f3b52-3f0a-4e0b-9c57-0c3fd1e8a9b4")


def bundle_notice(rows: Sequence[OutboxRow]) -> Notice:
    """Return the message that tells what these messages of one person tell.

    The same messages always make the same one.
    """
    ordered = sorted(rows, key=lambda row: (row.urgency, row.created_at, row.id))
    first = ordered[0]
    name = uuid5(NAMESPACE, "\x1f".join(sorted(str(row.id) for row in rows)))
    facts = {
        "priority": first.urgency,
        "records": len(rows),
        "listed": [_listed(row) for row in ordered],
    }
    return Notice(
        cause=f"bundle:{name}",
        target=f"{first.channel}:{first.recipient}",
        role=first.role,
        template=Template.BUNDLE,
        facts=facts,
    )


def _listed(row: OutboxRow) -> dict[str, Any]:
    """Return what a bundle says of a message; the release before reads the state as well."""
    said = {"title": "", "priority": row.urgency, "state": State.LOGGED, **row.facts}
    return {name: said[name] for name in ("number", "priority", "title", "state")} | {
        "template": row.template,
        "role": row.role,
        "incident": row.incident_id,
        "message": str(row.id),
    }


def members(facts: Mapping[str, Any]) -> Iterator[tuple[UUID, str]]:
    """Yield the id and the template of each message that a bundle tells."""
    for one in facts["listed"]:
        yield UUID(one["message"]), one["template"]


def follow_up(message: UUID, sequence: UUID, method: int, after: timedelta) -> FollowUp:
    """Return the next step of a message; it has one row, however often it is made."""
    return FollowUp(message, uuid5(sequence, f"step {method}"), after, method)
