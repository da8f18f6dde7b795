"""The instants of wall times, also where clocks are changed."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from gateway.oncall.wall_clock import instants_of

BERLIN = ZoneInfo("Europe/Berlin")


def utc(day: int, hour: int, minute: int = 0, *, month: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_ordinary_time_has_one_instant() -> None:
    assert instants_of(date(2026, 7, 1), time(9), BERLIN) == (utc(1, 7, month=7),) * 2
    assert instants_of(date(2026, 3, 29), time(9), BERLIN) == (utc(29, 7, month=3),) * 2


def test_repeated_time_has_first_and_last_instant() -> None:
    assert instants_of(date(2026, 10, 25), time(2, 30), BERLIN) == (
        utc(25, 0, 30, month=10),
        utc(25, 1, 30, month=10),
    )


def test_skipped_time_is_the_first_instant_after_the_gap() -> None:
    for minute in (0, 1, 30, 59):
        assert instants_of(date(2026, 3, 29), time(2, minute), BERLIN) == (utc(29, 1, month=3),) * 2


def test_time_of_skipped_day_is_the_first_instant_of_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert instants_of(date(2011, 12, 30), time(8), apia) == (utc(30, 10, month=12, year=2011),) * 2


def test_change_by_half_an_hour_is_exact() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    first, last = instants_of(date(2026, 4, 5), time(1, 45), lord_howe)
    assert (last - first).total_seconds() == 1_800
