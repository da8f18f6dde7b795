"""Messages about the end or reopening of an incident, to all who were notified of it.

Managers, webhooks and those who worked on it get them at the address of the first message.
Reporters get all news of their incident at the address of their acknowledgement.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from gateway.db.pool import Connection
from gateway.incidents.announcements.reporter_news import (
    TAKEN_UP,
    ReporterMessage,
    reporter_message_of,
)
from gateway.incidents.facts import facts_of, withhold_facts
from gateway.incidents.record import Incident, Notice, Revision
from gateway.incidents.visibility import has_security_role
from gateway.vocabulary import LIVE, State


class AnnouncedChange(StrEnum):
    """A change that everybody notified of the incident is notified of; it names the message."""

    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"


FORMER_RECIPIENTS = """
SELECT o.incident_id, o.channel, o.recipient, o.role, o.facts, true AS reported,
  o.template = 'chat' AS carded,
  '{}'::text[] AS roles
FROM outbox o WHERE o.incident_id = ANY($1::bigint[])
AND (o.template = 'received' OR (o.template = 'chat' AND o.facts->>'opened' = 'true'))
UNION ALL
SELECT heard.*, '{}'::json, false, false, coalesce(p.roles, ARRAY[heard.role]) FROM (
  SELECT DISTINCT ON (incident_id, channel, recipient) incident_id, channel, recipient, role
  FROM outbox t
  WHERE incident_id = ANY($2::bigint[]) AND state <> 'dead' AND channel <> 'voice'
    AND role <> 'reporter'
  AND template = ANY($3::text[])
  AND NOT EXISTS (SELECT FROM chat_message m
    WHERE m.incident_id = t.incident_id AND m.provider = t.channel AND m.shown IS NOT NULL)
  ORDER BY incident_id, channel, recipient, created_at) AS heard
LEFT JOIN person p ON heard.channel IN ('person', 'voice', 'sms') AND p.login = heard.recipient
ORDER BY 1, 6 DESC, 2, 3
"""
"""The statement that selects reporters by their acknowledgements, and then all others notified.

The others come with the roles that decide what they may see. Nobody is called about an end, and
a chat that shows a card of the incident gets no message, for the card changes.
"""

BEGINNINGS = (
    "opened",
    "raised",
    "reopened",
    "assigned",
    "escalated",
    "returned",
    "declined",
    "released",
    "resumed",
    "unshelved",
    "sla_warning",
    "sla_breached",
    "unresolved",
    "unacknowledged",
    "forgotten",
    "major",
    "update_due",
    "undelivered",
    "resolved",
)
"""The messages whose recipients are also notified of the end."""

REUSED_FACTS = ("locale", "subject", "answers")
"""The reused facts of the acknowledgement: language, subject, message that it answers."""


def announced_change_of(before: Incident | None, after: Incident) -> AnnouncedChange | None:
    """Return the change that everybody notified of the incident is notified of, or None."""
    if (
        before is None
        or before.state is after.state
        or (before.state in LIVE and after.state in LIVE)
    ):
        return None
    if after.state in LIVE:
        return AnnouncedChange.REOPENED
    return AnnouncedChange.RESOLVED if after.state is State.RESOLVED else AnnouncedChange.CLOSED


def announced_changes(revisions: Sequence[Revision]) -> Mapping[int, Revision]:
    """Return the revisions that are such changes, by incident id."""
    return {
        one.after.id: one
        for one in revisions
        if not one.marks_only and announced_change_of(one.before, one.after)
    }


async def messages_about_endings(
    conn: Connection, revisions: Sequence[Revision]
) -> list[tuple[int, Notice]]:
    """Return the messages about these changes to those who were notified of the incidents.

    The actor of a change gets none. Each change is announced once.
    """
    turned, news = (
        announced_changes(revisions),
        {one.after.id: reporter_message_of(one) for one in revisions},
    )
    reported = [incident_id for incident_id, one in news.items() if one is not None]
    if not (reported or turned):
        return []
    acted = {(one.after.id, "person", one.actor) for one in revisions}
    heard = [
        dict(row) for row in await conn.fetch(FORMER_RECIPIENTS, reported, list(turned), BEGINNINGS)
    ]
    rows = [row for row in heard if _place(row) not in acted]
    reporters = {_place(row) for row in rows if row["reported"]}
    busy = reporters | _told_anyway(revisions)
    others = [row for row in rows if not row["reported"] and _place(row) not in busy]
    found = [
        (row["incident_id"], _answer(row, news[row["incident_id"]]))
        for row in rows
        if row["reported"]
    ]
    found += [(row["incident_id"], _news(row, turned)) for row in others]
    return [(incident_id, notice) for incident_id, notice in found if notice is not None]


def _told_anyway(revisions: Sequence[Revision]) -> set[tuple[Any, ...]]:
    """Return the addresses that the reopening notifies itself, with the reply that caused it."""
    reopened = [
        one
        for one in revisions
        if announced_change_of(one.before, one.after) is AnnouncedChange.REOPENED
    ]
    return {(one.after.id, *notice.to) for one in reopened for notice in one.notices}


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["incident_id"], row["channel"], row["recipient"]


def _answer(row: Mapping[str, Any], news: ReporterMessage | None) -> Notice | None:
    if news is None or (row["carded"] and news.template == TAKEN_UP):
        return None  # the reporter's card in the chat shows the assignee
    told = msgspec.json.decode(row["facts"], type=dict[str, Any])
    kept = {name: told[name] for name in REUSED_FACTS if name in told}
    target = f"{row['channel']}:{row['recipient']}"
    facts = {**news.facts, **kept}
    return Notice(
        cause=news.cause, target=target, role="reporter", template=news.template, facts=facts
    )


def _news(row: Mapping[str, Any], turned: Mapping[int, Revision]) -> Notice | None:
    """Return the message to one who was notified earlier, or None.

    The closing of a resolved incident is sent to webhooks only. A message about a reopening
    requests nothing: the present assignee is notified separately.
    """
    revision = turned[row["incident_id"]]
    before, after = revision.before, revision.after
    turn = announced_change_of(before, after)
    was_live = before is not None and before.state in LIVE
    target = f"{row['channel']}:{row['recipient']}"
    if turn is None:
        return None
    if turn is AnnouncedChange.CLOSED and not was_live and row["channel"] != "webhook":
        return None
    facts = facts_of(after)
    said = (
        withhold_facts(facts) if after.security and not has_security_role(row["roles"]) else facts
    )
    said |= {"to_do": ""} if turn is AnnouncedChange.REOPENED else {}
    return Notice(
        cause=f"{turn}#{after.version}", target=target, role=row["role"], template=turn, facts=said
    )
