"""Working time follows the wall clock, and its laws hold in every zone.

It is tested at changes of daylight saving time and at holidays.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sla.calendar import ROUND_THE_CLOCK, Calendar
from tests.sla.offices import ALL_DAY, CN_OFFICE, NIGHTS, ZONES, Counter, a_calendar

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def hours_of(calendar: Calendar, since: datetime, until: datetime) -> float:
    return calendar.between(since, until) / HOUR


@pytest.mark.parametrize(
    ("zone", "span", "since", "until", "hours"),
    [
        # New York, 2026-03-08: 02:00 to 03:00 is not shown;
        # 2026-11-01: 01:00 to 02:00 is shown twice.
        ("America/New_York", "00:00-24:00", utc(2026, 3, 8, 5), utc(2026, 3, 9, 4), 23),
        ("America/New_York", "01:00-04:00", utc(2026, 3, 8, 5), utc(2026, 3, 9, 4), 2),
        ("America/New_York", "02:15-02:45", utc(2026, 3, 8, 5), utc(2026, 3, 9, 4), 0),
        ("America/New_York", "00:00-02:30", utc(2026, 3, 8, 5), utc(2026, 3, 9, 4), 2),
        ("America/New_York", "00:00-24:00", utc(2026, 11, 1, 4), utc(2026, 11, 2, 5), 25),
        ("America/New_York", "01:30-03:00", utc(2026, 11, 1, 4), utc(2026, 11, 2, 5), 2),
        ("America/New_York", "22:00-06:00", utc(2026, 11, 1, 2), utc(2026, 11, 1, 12), 9),
        # Lord Howe goes half an hour forward, 2026-10-04, and back, 2026-04-05, both at 02:00.
        (
            "Australia/Lord_Howe",
            "00:00-24:00",
            utc(2026, 10, 3, 13, 30),
            utc(2026, 10, 4, 13),
            23.5,
        ),
        ("Australia/Lord_Howe", "01:00-03:00", utc(2026, 10, 3, 13, 30), utc(2026, 10, 4, 13), 1.5),
        ("Australia/Lord_Howe", "01:00-03:00", utc(2026, 4, 4, 13), utc(2026, 4, 5, 13, 30), 2.5),
        # Samoa went over the date line: 2011-12-30 never was.
        ("Pacific/Apia", "09:00-17:00", utc(2011, 12, 29, 10), utc(2011, 12, 31, 10), 16),
        ("Pacific/Apia", "22:00-06:00", utc(2011, 12, 29, 22), utc(2011, 12, 30, 22), 2 + 6),
        # Moscow went back an hour for good, 2014-10-26 at 02:00.
        ("Europe/Moscow", "00:00-24:00", utc(2014, 10, 25, 20), utc(2014, 10, 26, 21), 25),
        ("Europe/Moscow", "09:00-18:00", utc(2014, 10, 27), utc(2014, 10, 28), 9),
        # Havana turns back at 01:00 to midnight: the first hour of the day comes
        # twice, and is not the day before's.
        ("America/Havana", "00:00-01:00", utc(2026, 11, 1, 0), utc(2026, 11, 2, 0), 2),
    ],
)
def test_working_time_follows_wall_clock_across_clock_changes(
    zone: str, span: str, since: datetime, until: datetime, hours: float
) -> None:
    calendar = a_calendar(zone, {day: [span] for day in ALL_DAY})
    assert hours_of(calendar, since, until) == hours
    if hours:
        assert until - 24 * HOUR < calendar.add(since, HOUR * hours) <= until


def test_48_round_the_clock_hours_are_172800_seconds_across_dst() -> None:
    began = utc(2026, 3, 7, 12)  # the night New York goes forward
    assert (ROUND_THE_CLOCK.add(began, 48 * HOUR) - began).total_seconds() == 172_800


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 1, 2), 0),  # Friday, off in lieu
        (date(2026, 1, 4), 7.5),  # Sunday, worked for it
        (date(2026, 2, 14), 7.5),  # Saturday, worked for Spring Festival
        (date(2026, 2, 16), 0),  # Monday, Spring Festival
        (date(2026, 2, 23), 0),
        (date(2026, 2, 24), 7.5),
        (date(2026, 2, 28), 7.5),  # Saturday, worked
        (date(2026, 3, 1), 0),  # Sunday
        (date(2026, 5, 9), 7.5),
        (date(2026, 9, 20), 7.5),
        (date(2026, 10, 1), 0),
        (date(2026, 10, 10), 7.5),
        (date(2026, 10, 12), 7.5),
    ],
)
def test_chinese_holidays_are_off_and_make_up_days_are_worked(day: date, hours: float) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - 8 * HOUR
    assert hours_of(CN_OFFICE, midnight, midnight + 24 * HOUR) == hours


def test_deadline_skips_spring_festival_and_counts_make_up_saturday() -> None:
    friday_17 = utc(2026, 2, 13, 9)
    assert CN_OFFICE.add(friday_17, 2 * HOUR) == utc(
        2026, 2, 14, 2
    )  # Saturday the 14th, 10:00 in Shanghai
    assert CN_OFFICE.add(friday_17, 9 * HOUR) == utc(2026, 2, 24, 1, 30)  # Tuesday the 24th, 09:30


def test_closed_and_open_dates_override_holidays_and_weekdays() -> None:
    office = a_calendar(
        "UTC", holidays="CN", closed=["2026-02-14", "2026-03-03"], open=["2026-02-17", "2026-03-01"]
    )
    worked = {2: (14, 0), 3: (17, 7.5)}, {2: (3, 0), 3: (1, 7.5)}
    for month, days in zip((2, 3), worked, strict=True):
        for day, hours in days.values():
            assert (
                hours_of(office, utc(2026, month, day), utc(2026, month, day) + 24 * HOUR) == hours
            )


def test_open_wednesday_keeps_its_own_hours() -> None:
    office = a_calendar(
        "UTC", {"mon": ["09:00-17:00"], "wed": ["10:00-12:00"]}, holidays="CN", open=["2026-02-18"]
    )
    assert hours_of(office, utc(2026, 2, 18), utc(2026, 2, 19)) == 2


def test_night_shift_before_closed_day_is_worked_to_its_end() -> None:
    nights = a_calendar("UTC", NIGHTS, closed=["2026-03-03"])
    assert hours_of(nights, utc(2026, 3, 3), utc(2026, 3, 4)) == 6
    assert hours_of(nights, utc(2026, 3, 4), utc(2026, 3, 4, 12)) == 0


def test_years_without_published_make_up_days_are_reported() -> None:
    assert CN_OFFICE.unpublished(utc(2025, 6, 1), utc(2026, 12, 31)) == ()
    assert CN_OFFICE.unpublished(utc(2026, 6, 1), utc(2050, 1, 1))[-1] == 2050
    assert a_calendar(holidays="US").unpublished(utc(2026, 6, 1), utc(2050, 1, 1)) == ()
    assert ROUND_THE_CLOCK.unpublished(utc(2026, 6, 1), utc(2050, 1, 1)) == ()


def test_deadline_beyond_last_year_raises_overflow_error() -> None:
    with pytest.raises(OverflowError):
        CN_OFFICE.add(utc(2199, 12, 30), 100 * HOUR)


def test_calendar_is_independent_of_instant_offset() -> None:
    office = a_calendar("America/New_York")
    early = datetime(2026, 1, 1, 3, tzinfo=UTC).astimezone(tz=CN_SHANGHAI)
    assert office.add(early, HOUR) == office.add(early.astimezone(UTC), HOUR)
    assert office.between(early, early + 99 * HOUR) == office.between(
        early.astimezone(UTC), early + 99 * HOUR
    )


CN_SHANGHAI = ZoneInfo("Asia/Shanghai")

MICROSECONDS = st.integers(0, 60 * 365 * 86_400 * 10**6)
WEEKS = st.sampled_from(
    [
        ALL_DAY,
        NIGHTS,
        {"sat": ["00:00-24:00"]},
        {"mon": ["09:00-12:00", "13:30-18:00"], "fri": ["23:00-02:30"]},
    ]
)
CALENDARS = st.builds(a_calendar, st.sampled_from(ZONES), WEEKS)


@settings(max_examples=60)
@given(
    CALENDARS, st.lists(MICROSECONDS, min_size=3, max_size=3), st.integers(0, 400 * 86_400 * 10**6)
)
def test_between_is_additive_monotonic_and_inverse_of_add(
    calendar: Calendar, moments: list[int], length: int
) -> None:
    a, b, c = (utc(1975, 1, 1) + moment * TICK for moment in sorted(moments))
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert timedelta() <= calendar.between(a, b) <= b - a
    assert calendar.add(a, calendar.between(a, b)) <= b
    worked = length // 100 * TICK
    due = calendar.add(a, worked)
    assert due >= a
    assert calendar.between(a, due) == worked
    assert not worked or calendar.between(a, due - TICK) == worked - TICK


def assert_matches_minute_count(zone: str, begin: datetime) -> None:
    """Check three days of a calendar against a count in steps of five minutes.

    Every offset since 1975 is a multiple of the step.
    """
    spans = {0: [(540, 720), (1380, 1590)], 3: [(0, 1440)], 5: [(60, 180)], 6: [(1320, 1800)]}
    hours = {
        "mon": ["09:00-12:00", "23:00-02:30"],
        "thu": ["00:00-24:00"],
        "sat": ["01:00-03:00"],
        "sun": ["22:00-06:00"],
    }
    calendar, counter = a_calendar(zone, hours), Counter(zone, spans)
    for until in (begin + timedelta(days=1, minutes=35), begin + timedelta(days=3)):
        assert calendar.between(begin, until) == counter.between(
            begin, until, timedelta(minutes=5)
        ), (zone, begin, until)


@settings(max_examples=80)
@given(st.sampled_from(ZONES), st.integers(0, 60 * 365 * 288))
def test_three_days_in_any_zone_match_minute_count(zone: str, fives: int) -> None:
    assert_matches_minute_count(zone, utc(1975, 1, 1) + timedelta(minutes=5) * fives)


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("America/New_York", utc(2026, 3, 7)),
        ("America/New_York", utc(2026, 10, 31)),
        ("Australia/Lord_Howe", utc(2026, 4, 3)),
        ("Australia/Lord_Howe", utc(2026, 10, 2)),
        ("Pacific/Apia", utc(2011, 12, 28)),
        ("Europe/Moscow", utc(2011, 3, 26)),
        ("Europe/Moscow", utc(2014, 10, 25)),
        ("America/Havana", utc(2026, 10, 31)),
        ("America/Sao_Paulo", utc(2018, 11, 3)),
        ("Africa/Casablanca", utc(2026, 2, 14)),
        ("Asia/Kathmandu", utc(1985, 12, 30)),
        ("Antarctica/Troll", utc(2026, 3, 28)),
        ("Asia/Gaza", utc(2040, 10, 18)),
    ],
)
def test_days_of_clock_changes_match_minute_count(zone: str, at: datetime) -> None:
    assert_matches_minute_count(zone, at)
