"""Messages about hand-overs to the people of the next shift.

They are sent when the list is made, and when nobody accepted it in time.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from asyncpg import Record

from gateway.access.permissions import visibility_of
from gateway.access.principal import principal_of_person
from gateway.db.pool import Connection
from gateway.escalation.management import MANAGER
from gateway.incidents import store
from gateway.incidents.announcement import Recipient
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.announcements.notifier import fetch_addresses
from gateway.incidents.record import Incident, Notice
from gateway.incidents.visibility import Visibility
from gateway.operations.major.reports import load_report_statuses
from gateway.operations.unit_of_work import UnitOfWork
from gateway.vocabulary import LIVE

GRACE = timedelta(minutes=15)
"""The least time that a list waits before a reminder.

The end of its shift is awaited in any case.
"""

UNACCEPTED = """
UPDATE handover h SET reminded_at = t.now
FROM shift s, (SELECT moment($1) AS now) AS t
WHERE s.id = h.shift_id AND h.accepted_at IS NULL AND h.reminded_at IS NULL
  AND greatest(s.ends_at, h.made_at + $2::interval) <= t.now
    AND s.ends_at > t.now - interval '1 day'
RETURNING h.id
"""

NEXT = """
SELECT h.id, g.slug AS "group", s.ends_at, p.login, p.email, p.phone, p.locale, p.roles
FROM handover h JOIN shift s ON s.id = h.shift_id JOIN staff_group g ON g.id = s.group_id
LEFT JOIN LATERAL (
  SELECT n.people FROM shift n WHERE n.group_id = s.group_id AND n.starts_at >= s.ends_at
    ORDER BY n.starts_at LIMIT 1
) AS n ON true
LEFT JOIN person p ON p.id = ANY(n.people) AND p.active
  AND (p.email <> '' OR EXISTS (SELECT FROM contact_method c WHERE c.person_id = p.id))
WHERE h.id = ANY($1::bigint[]) ORDER BY h.id, p.login
"""

SHOWN = 100
"""The most records that a mail lists, the most urgent ones; it says how many there are."""

ITEMS = (
    "SELECT handover_id, incident_id FROM handover_item WHERE handover_id = ANY($1::bigint[]) "
    "ORDER BY incident_id"
)


async def notify_next_shift(uow: UnitOfWork, conn: Connection, handovers: Sequence[int]) -> None:
    """Queue a message about each of the lists to everybody of the shift that follows."""
    await tell_next_shift(uow, conn, handovers, "handover")


async def remind_unaccepted(uow: UnitOfWork, conn: Connection) -> int:
    """Queue a reminder of every list that was not accepted in time; return how many lists.

    It goes once, to the next shift and to the incident manager.
    """
    late = [row["id"] for row in await conn.fetch(UNACCEPTED, uow.clock.stamp(), GRACE)]
    if late:
        await tell_next_shift(uow, conn, late, "handover_late", also=await _managers(uow, conn))
    return len(late)


async def _managers(uow: UnitOfWork, conn: Connection) -> Sequence[str]:
    """Return the addresses of the incident manager."""
    recipient = Recipient(role=MANAGER, listed=uow.rules.escalation.recipients.get(MANAGER, ()))
    return await fetch_addresses(conn, recipient, uow.clock.now())


async def tell_next_shift(
    uow: UnitOfWork,
    conn: Connection,
    handovers: Sequence[int],
    template: str,
    *,
    also: Sequence[str] = (),
    only_open: bool = False,
) -> None:
    """Queue a message about the lists to everybody of the shift that follows, and to `also`.

    With `only_open` it lists the records that are still open.
    """
    rows = await conn.fetch(NEXT, list(handovers))
    listed = await _listed(conn, handovers)
    if only_open:
        listed = {
            number: [(one, report) for one, report in items if one.state in LIVE or report]
            for number, items in listed.items()
        }
    owed = [_notice(row, listed[row["id"]], template) for row in rows if row["login"] is not None]
    lists = {row["id"]: row for row in rows}
    owed += [
        _said(row, listed[row["id"]], template, target, MANAGER, ORDINARY)
        for row in lists.values()
        for target in also
    ]
    await queue_notices(conn, [(None, notice) for notice in owed], uow.clock.stamp())


Listed = Sequence[tuple[Incident, str | None]]

ORDINARY = Visibility(ordinary=True)
"""The visibility of an address that is not known to be a person's: no security incidents."""


async def _listed(conn: Connection, handovers: Sequence[int]) -> Mapping[int, Listed]:
    items = await conn.fetch(ITEMS, list(handovers))
    ids = [row["incident_id"] for row in items]
    found = {one.id: one for one in await store.by_ids(conn, ids)}
    reports = await load_report_statuses(conn, ids)
    return {
        handover: [
            (found[i["incident_id"]], reports.get(i["incident_id"]))
            for i in items
            if i["handover_id"] == handover
        ]
        for handover in handovers
    }


def _notice(row: Record, listed: Listed, template: str) -> Notice:
    sees = visibility_of(
        principal_of_person(row["login"], row["email"], row["phone"], row["roles"])
    )
    return _said(
        row, listed, template, f"person:{row['login']}", "next_shift", sees, locale=row["locale"]
    )


def _said(
    row: Record,
    listed: Listed,
    template: str,
    target: str,
    role: str,
    sees: Visibility,
    **more: str,
) -> Notice:
    shown = sorted(
        ((one, report) for one, report in listed if sees.sees(one)),
        key=lambda item: (item[0].priority, item[0].id),
    )
    facts: Mapping[str, Any] = {
        "title": row["group"],
        "group": row["group"],
        "ends_at": row["ends_at"].isoformat(),
        "records": len(shown),
        "listed": [
            {
                "number": one.number,
                "priority": one.priority,
                "state": one.state,
                "title": one.title,
                "report": report,
            }
            for one, report in shown[:SHOWN]
        ],
        "to_do": "look_through" if template == "look_through" else "take_over",
        **more,
    }
    return Notice(
        cause=f"{template}:{row['id']}", target=target, role=role, template=template, facts=facts
    )
