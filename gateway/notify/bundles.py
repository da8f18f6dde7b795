"""One message in place of several: what it holds, and its text in both languages. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from gateway.incidents.record import Notice
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.phrases import MessageReader, one_line
from gateway.notify.retries import FollowUp
from gateway.vocabulary import State

NAMESPACE = UUID("6d7f3b52-3f0a-4e0b-9c57-0c3fd1e8a9b4")
TEMPLATE = "bundle"
MOST_LISTED = 20
"""The most messages that a bundle lists; it counts the others."""

SUBJECT = (
    "{count} messages, the most urgent P{priority}",
    "{count} 条通知，最高优先级 P{priority}",
)
MORE = ("… and {count} more", "……另有 {count} 条")


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
        template=TEMPLATE,
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


def subject_of(facts: Mapping[str, Any], reader: MessageReader) -> str:
    """Return the subject of a bundle."""
    listed = facts.get("listed") or ()
    priority = min((one.get("priority", 5) for one in listed), default="?")
    return reader.choose(SUBJECT).format(count=len(listed), priority=priority)


def lines_of(
    facts: Mapping[str, Any], occasions: Callable[[str], str], reader: MessageReader
) -> Iterator[str]:
    """Yield a line for each message of a bundle, and below it the link of its record."""
    listed = facts.get("listed") or ()
    for one in listed[:MOST_LISTED]:
        rank = f"[{one_line(one.get('number', '?'))}] P{one_line(one.get('priority', '?'))}"
        yield f"{rank} {occasions(one.get('template', ''))}: {one_line(one.get('title', ''))}"
        if link := one.get("link"):
            yield f"  {link}"
    if len(listed) > MOST_LISTED:
        yield reader.choose(MORE).format(count=len(listed) - MOST_LISTED)
