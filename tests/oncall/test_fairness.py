"""Hours, nights, weekend days and public holidays are counted by each person's own wall clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.oncall.fairness import DaysOff, Duty, Period, duties
from gateway.oncall.shift import Shift

YEAR = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
SHANGHAI = "Asia/Shanghai"


def shift(since: str, until: str, *people: str, zone: str = SHANGHAI) -> Shift:
    """Return a shift from one time on the wall clock of a zone to another."""
    starts, ends = (
        datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for at in (since, until)
    )
    return Shift(starts_at=starts, ends_at=ends, people=people or ("ann",))


def ann(*shifts: Shift, period: Period = YEAR, zone: str = SHANGHAI) -> Duty:
    return duties(shifts, {"ann": zone}, period)["ann"]


def with_days(off: tuple[date, ...] = (), worked: tuple[date, ...] = ()) -> Period:
    days = DaysOff(off=frozenset(off), worked=frozenset(worked))
    return Period(YEAR.since, YEAR.until, days)


@pytest.mark.parametrize(
    ("since", "until", "nights"),
    [
        ("2026-03-02T09:00", "2026-03-02T18:00", 0),
        ("2026-03-02T20:00", "2026-03-03T02:00", 1),
        ("2026-03-02T20:00", "2026-03-03T01:59", 0),
        ("2026-03-03T02:00", "2026-03-03T10:00", 1),
        ("2026-03-03T02:01", "2026-03-03T10:00", 0),
        ("2026-03-02T09:00", "2026-03-09T09:00", 7),
    ],
)
def test_night_counts_if_half_of_it_is_on_call(since: str, until: str, nights: int) -> None:
    assert ann(shift(since, until)).nights == nights


def test_night_is_that_of_persons_own_zone() -> None:
    one = shift("2026-03-02T20:00", "2026-03-03T08:00", "ann", "eva")
    found = duties([one], {"ann": SHANGHAI, "eva": "Europe/Berlin"}, YEAR)
    assert [(login, duty.nights) for login, duty in found.items()] == [("ann", 1), ("eva", 0)]


def test_night_of_two_shifts_counts_once_and_together() -> None:
    first, second = (
        shift("2026-03-02T22:00", "2026-03-03T00:00"),
        shift("2026-03-03T00:00", "2026-03-03T02:00"),
    )
    assert ann(first, second) == Duty(time=timedelta(hours=4), nights=1)
    assert ann(first, first) == Duty(time=timedelta(hours=2))


def test_weekend_days_and_holidays_count_once() -> None:
    week = shift("2026-02-09T09:00", "2026-02-23T09:00")
    off = (date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 21))
    duty = ann(week, period=with_days(off, worked=(date(2026, 2, 14),)))
    # Of four weekend days one is a holiday, and one is worked instead of a holiday.
    assert (duty.weekend_days, duty.holidays) == (2, 3)
    assert ann(week).weekend_days == 4


def test_day_off_counts_from_four_hours() -> None:
    assert ann(shift("2026-03-07T00:00", "2026-03-07T03:59")).weekend_days == 0
    assert ann(shift("2026-03-07T00:00", "2026-03-07T04:00")).weekend_days == 1


def test_only_time_within_period_counts() -> None:
    period = Period(YEAR.since, datetime(2026, 3, 3, 16, tzinfo=UTC))
    duty = ann(shift("2026-03-02T00:00", "2026-03-09T00:00"), period=period)
    assert duty == Duty(time=timedelta(days=2), nights=2)


def test_hour_that_wall_clock_shows_twice_counts_twice() -> None:
    whole = shift("2026-10-25T00:00", "2026-10-26T00:00", zone="Europe/Berlin")
    assert ann(whole, zone="Europe/Berlin").time == timedelta(hours=25)


def test_person_without_shift_has_no_duty() -> None:
    assert duties([shift("2026-03-02T00:00", "2026-03-03T00:00")], {"bob": "UTC"}, YEAR) == {
        "bob": Duty()
    }


def test_duties_of_a_year_of_shifts_of_everybody_add_up() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    people = [f"p{n}" for n in range(7)]
    shifts = [
        Shift(
            starts_at=begin + timedelta(days=day),
            ends_at=begin + timedelta(days=day + 1),
            people=(people[day % 7],),
        )
        for day in range(365)
    ]
    found = duties(shifts, dict.fromkeys(people, "UTC"), YEAR)
    assert sum((one.time for one in found.values()), timedelta()) == timedelta(days=365)
    assert sum(one.weekend_days for one in found.values()) == 104
