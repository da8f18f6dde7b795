"""Feeds of shifts: those of one person, or those of one schedule. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.oncall.ical.writing import Feed, FeedEvent
from gateway.oncall.shift import Shift
from gateway.oncall.spans import Span

DAY = timedelta(days=1)
PAST, AHEAD = 7 * DAY, 90 * DAY
"""The time around now that feeds show."""

CHINESE = "zh-CN"

PERSON_TITLE = ("On call: {}", "{} 的值班")
SCHEDULE_TITLE = ("On call: {}", "值班：{}")
TOGETHER = ("On call: {}", "值班人员：{}")
STAND_IN = ("Stands in: those whose turn it is are away.", "替班：当班人员不在。")
OVERRIDDEN = ("By an override of the schedule.", "值班表的临时调整。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleShifts:
    """The shifts of a schedule, by its slug and name."""

    slug: str
    name: str
    shifts: Iterable[Shift]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReader:
    """The readers of a feed: their language, and the names of people by login."""

    locale: str
    names: Mapping[str, str] = field(default_factory=dict)

    def choose(self, words: tuple[str, str]) -> str:
        """Return the words in the language of the readers."""
        return words[self.locale == CHINESE]

    def people(self, logins: Iterable[str]) -> str:
        """Return the names of people, their logins where a name is not known."""
        return ", ".join(self.names.get(login, login) for login in logins)


def feed_period(now: datetime) -> Span:
    """Return the time that feeds show, in whole days of UTC, so that it changes once a day."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - PAST, today + DAY + AHEAD


def person_feed(
    login: str, schedules: Iterable[ScheduleShifts], reader: FeedReader, changed_at: datetime
) -> Feed:
    """Return the feed of all shifts of a person, in the order of their starts."""
    events = [
        _event(one, shift, reader, (login,), reader.choose(SCHEDULE_TITLE).format(one.name))
        for one in schedules
        for shift in one.shifts
        if login in shift.people
    ]
    title = reader.choose(PERSON_TITLE).format(reader.people([login]))
    return _feed(title, events, reader, changed_at)


def schedule_feed(one: ScheduleShifts, reader: FeedReader, changed_at: datetime) -> Feed:
    """Return the feed of all shifts of a schedule."""
    events = [
        _event(one, shift, reader, (), f"{reader.people(shift.people)} ({one.name})")
        for shift in one.shifts
    ]
    return _feed(reader.choose(SCHEDULE_TITLE).format(one.name), events, reader, changed_at)


def _event(
    one: ScheduleShifts, shift: Shift, reader: FeedReader, owner: tuple[str, ...], title: str
) -> FeedEvent:
    return FeedEvent(
        name=(one.slug, shift.layer, *owner),
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        title=title,
        text="\n".join(_text(shift, reader)),
    )


def _text(shift: Shift, reader: FeedReader) -> Iterator[str]:
    yield reader.choose(TOGETHER).format(reader.people(shift.people))
    if shift.stand_in:
        yield reader.choose(STAND_IN)
    if shift.overrides:
        yield reader.choose(OVERRIDDEN)


def _feed(
    title: str, events: Iterable[FeedEvent], reader: FeedReader, changed_at: datetime
) -> Feed:
    ordered = sorted(events, key=lambda one: (one.starts_at, one.ends_at, one.name))
    return Feed(title=title, locale=reader.locale, changed_at=changed_at, events=ordered)
