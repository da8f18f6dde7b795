"""Public holidays come from the calendars of the settings."""

from datetime import UTC, date, datetime

import pytest

from gateway.errors import Unprocessable
from gateway.operations.calendars.days_off import choose_calendar, days_off, unpublished_years
from gateway.settings import CalendarSettings

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, 20, tzinfo=UTC)


def calendar(zone: str = "Asia/Shanghai", holidays: str = "CN", **days: object) -> CalendarSettings:
    return CalendarSettings(zone=zone, hours={}, holidays=holidays, **days)  # type: ignore[arg-type]


CALENDARS = {"b": calendar(), "a": calendar(), "plain": calendar("Europe/Berlin", "")}


@pytest.mark.parametrize(
    ("asked", "zone", "chosen"),
    [
        (None, "Asia/Shanghai", "a"),
        (None, "Europe/Berlin", None),
        (None, "UTC", None),
        ("plain", "UTC", "plain"),
    ],
)
def test_calendar_is_that_asked_for_or_first_of_zone(
    asked: str | None, zone: str, chosen: str | None
) -> None:
    assert choose_calendar(CALENDARS, asked, zone) == chosen


def test_unknown_calendar_is_refused_with_known_ones() -> None:
    with pytest.raises(Unprocessable) as refusal:
        choose_calendar(CALENDARS, "c", "UTC")
    assert refusal.value.flaws[0].detail == "the settings (sla.calendars) have: a, b, plain"
    with pytest.raises(Unprocessable) as refusal:
        choose_calendar({}, "c", "UTC")
    assert refusal.value.flaws[0].detail.endswith("none")


def test_holidays_and_worked_weekends_are_those_of_country() -> None:
    found = days_off(calendar(), SINCE, UNTIL)
    assert date(2026, 2, 17) in found.off
    assert date(2026, 2, 14) in found.worked
    # In Shanghai the next year has begun.
    assert date(2027, 1, 1) in found.off


def test_own_days_of_calendar_win_over_country() -> None:
    opened, closed = date(2026, 2, 17), date(2026, 2, 14)
    found = days_off(calendar(open=(opened,), closed=(closed,)), SINCE, UNTIL)
    assert opened in found.worked
    assert opened not in found.off
    assert closed in found.off
    assert closed not in found.worked


def test_calendar_without_country_has_its_own_days_only() -> None:
    closed = date(2026, 5, 4)
    found = days_off(calendar(holidays="", closed=(closed,)), SINCE, UNTIL)
    assert (found.off, found.worked) == (frozenset({closed}), frozenset())
    assert unpublished_years(calendar(holidays=""), SINCE, UNTIL) == []


def test_year_whose_holidays_are_not_announced_is_named() -> None:
    far = datetime(2049, 6, 1, tzinfo=UTC)
    assert unpublished_years(calendar(), datetime(2048, 1, 1, tzinfo=UTC), far) == [2048, 2049]
