"""Feeds have the shifts of a person or of a schedule, in the language of their readers."""

from datetime import timedelta

import pytest

from gateway.oncall.ical.writing import write_feed
from gateway.oncall.shift import Shift
from gateway.oncall.shift_feed import (
    FeedReader,
    ScheduleShifts,
    feed_period,
    person_feed,
    schedule_feed,
)
from tests.support.clock import NOON

DAY = timedelta(days=1)
NAMES = {"ann": "Ann Lee", "bob": "Bob"}
ENGLISH = FeedReader(locale="en", names=NAMES)
CHINESE = FeedReader(locale="zh-CN", names=NAMES)


def shift(day: int, *people: str, **fields: object) -> Shift:
    starts = NOON + day * DAY
    return Shift(starts_at=starts, ends_at=starts + DAY, people=people, **fields)  # type: ignore[arg-type]


DBA = ScheduleShifts(
    slug="dba",
    name="Databases",
    shifts=[shift(0, "ann", "bob"), shift(1, "bob"), shift(2, "eva", "ann")],
)
NET = ScheduleShifts(slug="net", name="Network", shifts=[shift(1, "ann"), shift(2, "bob")])


def test_feed_of_person_has_their_shifts_of_all_schedules_in_order() -> None:
    feed = person_feed("ann", [NET, DBA], ENGLISH, NOON)
    assert [(one.title, (one.starts_at - NOON).days) for one in feed.events] == [
        ("On call: Databases", 0),
        ("On call: Network", 1),
        ("On call: Databases", 2),
    ]
    assert feed.title == "On call: Ann Lee"


def test_feed_of_schedule_has_all_shifts_with_names() -> None:
    feed = schedule_feed(DBA, CHINESE, NOON)
    assert [one.title for one in feed.events] == [
        "Ann Lee, Bob (Databases)",
        "Bob (Databases)",
        "eva, Ann Lee (Databases)",
    ]
    assert feed.title == "值班：Databases"


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (ENGLISH, "On call: Ann Lee"),
        (CHINESE, "值班人员：Ann Lee"),
    ],
)
def test_text_says_who_is_on_call_and_why(reader: FeedReader, text: str) -> None:
    plain = ScheduleShifts(slug="dba", name="Databases", shifts=[shift(0, "ann")])
    assert schedule_feed(plain, reader, NOON).events[0].text == text
    replaced = ScheduleShifts(
        slug="dba", name="Databases", shifts=[shift(0, "ann", stand_in=True, overrides=(1,))]
    )
    lines = schedule_feed(replaced, reader, NOON).events[0].text.splitlines()
    assert (lines[0], len(lines)) == (text, 3)


def test_each_feed_and_shift_has_uids_of_its_own() -> None:
    files = [
        write_feed(feed).decode()
        for feed in (
            person_feed("ann", [DBA, NET], ENGLISH, NOON),
            person_feed("bob", [DBA, NET], ENGLISH, NOON),
            schedule_feed(DBA, ENGLISH, NOON),
        )
    ]
    uids = [line for file in files for line in file.splitlines() if line.startswith("UID")]
    assert len(uids) == len(set(uids)) == 9


def test_period_is_of_whole_days_so_that_feed_changes_once_a_day() -> None:
    midnight = NOON.replace(hour=0)
    assert feed_period(NOON) == (midnight - 7 * DAY, midnight + 91 * DAY)
    assert feed_period(midnight) == feed_period(midnight + DAY - timedelta(seconds=1))
