"""The content of a feed: the shifts of a person or of a schedule around now."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from gateway.access.credentials import is_revoked
from gateway.access.feed_links import INVALID_FEED
from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.oncall.expansion import Plan
from gateway.oncall.feeds import StoredFeed, last_change, people_by_login
from gateway.oncall.ical.writing import write_feed
from gateway.oncall.schedules import load_plans
from gateway.oncall.shift_feed import (
    FeedReader,
    ScheduleShifts,
    feed_period,
    person_feed,
    schedule_feed,
)


async def build_feed(conn: Connection, feed: StoredFeed, locale: str, now: datetime) -> bytes:
    """Return the file of a feed; that of a schedule is in the language `locale`.

    Raises NotFound if the credentials of its person ended since its address was made.
    """
    if feed.login and is_revoked(feed.made_at, feed.credentials_since):
        raise NotFound(INVALID_FEED)
    within = feed_period(now)
    slugs = None if feed.login else [feed.slug]
    plans = await load_plans(conn, slugs, *within)
    shown = [one for one in plans.values() if not feed.login or feed.login in one.people]
    people = {feed.login, *(login for one in shown for login in one.people)} - {""}
    named = await people_by_login(conn, people)
    names = {login: one.name for login, one in named.items()}
    changed = await last_change(conn, [one.schedule.slug for one in shown], people)
    reader = FeedReader(locale=feed.locale or locale, names=names)
    return await asyncio.to_thread(
        _write, feed, shown, reader, within, max(feed.made_at, changed or feed.made_at)
    )


def _write(
    feed: StoredFeed,
    plans: Sequence[Plan],
    reader: FeedReader,
    within: tuple[datetime, datetime],
    changed_at: datetime,
) -> bytes:
    schedules = [
        ScheduleShifts(slug=one.schedule.slug, name=one.schedule.name, shifts=one.shifts(*within))
        for one in plans
    ]
    if feed.login:
        return write_feed(person_feed(feed.login, schedules, reader, changed_at))
    return write_feed(schedule_feed(schedules[0], reader, changed_at))
