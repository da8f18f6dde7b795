"""A feed of shifts is read back by another library, and stays the same while its shifts do."""

from datetime import UTC, datetime, timedelta

import vobject
from hypothesis import given
from hypothesis import strategies as st

from gateway.oncall.ical.reading import CalendarReader, read_calendar
from gateway.oncall.ical.writing import OWN_UID, Feed, FeedEvent, write_feed
from tests.support.clock import NOON

CHANGED = datetime(2026, 3, 1, 8, tzinfo=UTC)

instants = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


@st.composite
def events(draw: st.DrawFn) -> FeedEvent:
    starts = draw(instants)
    length = timedelta(seconds=draw(st.integers(1, 40 * 86_400)))
    return FeedEvent(
        name=(draw(texts), draw(texts)),
        starts_at=starts,
        ends_at=starts + length,
        title=draw(texts),
        text=draw(st.one_of(st.just(""), texts)),
    )


def feed(*shown: FeedEvent, changed_at: datetime = CHANGED) -> Feed:
    return Feed(title="值班：李安", locale="zh-CN", changed_at=changed_at, events=shown)


def shift(day: int = 1, title: str = "On call: Databases") -> FeedEvent:
    starts = NOON + timedelta(days=day)
    return FeedEvent(
        name=("dba", "ann"), starts_at=starts, ends_at=starts + timedelta(hours=12), title=title
    )


@given(st.lists(events(), max_size=6, unique_by=lambda one: (one.name, one.starts_at)))
def test_other_library_reads_same_shifts(shown: list[FeedEvent]) -> None:
    read = vobject.readOne(write_feed(feed(*shown)).decode())
    found = [
        (one.dtstart.value, one.dtend.value, one.summary.value)
        for one in read.contents.get("vevent", [])
    ]
    assert found == [(one.starts_at, one.ends_at, one.title) for one in shown]
    uids = [one.uid.value for one in read.contents.get("vevent", [])]
    assert len(set(uids)) == len(shown)
    assert all(uid.endswith(OWN_UID) for uid in uids)


def test_same_feed_is_same_file_and_change_is_higher_sequence() -> None:
    assert write_feed(feed(shift())) == write_feed(feed(shift()))
    before = vobject.readOne(write_feed(feed(shift())).decode()).vevent
    after = vobject.readOne(
        write_feed(feed(shift(title="x"), changed_at=CHANGED + timedelta(seconds=5))).decode()
    ).vevent
    assert before.uid.value == after.uid.value
    assert int(after.sequence.value) == int(before.sequence.value) + 5
    assert after.dtstamp.value == before.dtstamp.value + timedelta(seconds=5)


def test_feed_says_how_it_is_called_and_when_to_fetch_it() -> None:
    lines = write_feed(feed()).decode().splitlines()
    assert {
        "VERSION:2.0",
        "X-WR-CALNAME:值班：李安",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
    } <= set(lines)


def test_times_are_utc_and_block_nobodys_time() -> None:
    lines = write_feed(feed(shift())).decode().splitlines()
    assert "DTSTART:20260303T120000Z" in lines
    content = read_calendar(
        write_feed(feed(shift())), CalendarReader("UTC"), NOON, NOON + timedelta(days=9)
    )
    assert [one.busy for one in content.events] == [False]


def test_title_cannot_add_lines() -> None:
    evil = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil"
    written = write_feed(feed(shift(title=evil))).decode()
    assert len(vobject.readOne(written).contents["vevent"]) == 1
    assert "\nUID:evil" not in written
