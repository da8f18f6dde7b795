"""The watch over who will be on call: figures for metrics, and mail about gaps nobody knows of.

Every replica looks; of each gap the owner of the schedule is told once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.escalation.management import MANAGER
from gateway.incidents.announcement import Recipient
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.announcements.notifier import fetch_addresses
from gateway.incidents.changes import CommittedChanges
from gateway.incidents.record import Notice
from gateway.oncall.coverage import AHEAD, find_coverage, new_gaps, remembered_gaps
from gateway.oncall.gaps import known_gaps, lock_schedule, remember_gaps
from gateway.oncall.person_calendars import count_failing
from gateway.oncall.schedules import active_logins, by_slug, load_plans
from gateway.oncall.spans import Span
from gateway.operations.unit_of_work import Transaction, UnitOfWork
from gateway.timing.periodic import process_each

EVERY = 300.0
"""Seconds between two looks."""

SHOWN = 40
"""The most gaps that one message lists."""

FAILING_FOR = timedelta(days=1)
"""How long a calendar of a person cannot be read until it counts as failing."""

OWNER = "schedule_owner"


Observe = Callable[[Mapping[str, float], int, int], None]
"""A function that is given the seconds without anybody on call by the slug of a schedule, the
number of double bookings, and the number of calendars that fail.
"""


@dataclass(frozen=True, slots=True)
class CoverageWatch:
    """The periodic look at all schedules; `observe` is given its figures."""

    uow: UnitOfWork
    observe: Observe

    async def run_once(self) -> None:
        """Look at the time ahead of all schedules, and tell of new gaps."""
        stamp = self.uow.clock.stamp()
        async with acquire(self.uow.pool) as conn:
            now = await fetch_now(conn, stamp)
            plans = await load_plans(conn, None, now, now + AHEAD)
            failing = await count_failing(conn, FAILING_FOR, stamp)
        found = await asyncio.to_thread(find_coverage, plans, (now, now + AHEAD))
        seconds = {slug: _seconds(ones) for slug, ones in found.gaps.items()}
        self.observe(seconds, len(found.double_bookings), failing)

        async def compare(slug: str) -> None:
            await self._compare(plans[slug].schedule.zone, slug, found.gaps[slug], now)

        await process_each("coverage", plans, compare)

    async def _compare(self, zone: str, slug: str, found: Sequence[Span], now: datetime) -> None:
        """Tell the owner of a schedule of gaps that are new."""
        async with transaction(self.uow.pool) as conn:
            schedule_id = await lock_schedule(conn, slug)
            if schedule_id is None:
                return
            known = await known_gaps(conn, schedule_id)
            if (kept := remembered_gaps(found, known, now)) != known:
                await remember_gaps(conn, schedule_id, kept)
            new = new_gaps(found, known, zone, now + AHEAD)
            if new:
                await _tell(Transaction(self.uow, conn, now), slug, new)
        if new:
            self.uow.committed(CommittedChanges())


async def _tell(tx: Transaction, slug: str, new: Sequence[Span]) -> None:
    schedule = await by_slug(tx.conn, slug)
    if await active_logins(tx.conn, [schedule.owner]):
        targets, role = [f"person:{schedule.owner}"], OWNER
    else:
        listed = tx.uow.rules.escalation.recipients.get(MANAGER, ())
        recipient = Recipient(role=MANAGER, listed=listed)
        targets, role = list(await fetch_addresses(tx.conn, recipient, tx.now)), MANAGER
    facts = {
        "title": schedule.name,
        "gaps": [[since.isoformat(), until.isoformat()] for since, until in new[:SHOWN]],
        "more_gaps": max(0, len(new) - SHOWN),
        "to_do": "cover_gaps",
    }
    cause = f"schedule_gaps:{slug}:{new[0][0].isoformat()}"
    notices = [
        Notice(cause=cause, target=one, role=role, template="schedule_gaps", facts=facts)
        for one in targets
    ]
    await queue_notices(tx.conn, [(None, one) for one in notices], tx.uow.clock.stamp())


def _seconds(ones: Sequence[Span]) -> float:
    return sum((until - since).total_seconds() for since, until in ones)
