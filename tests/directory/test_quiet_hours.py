"""Quiet hours hold on the clock of the person, also where the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.quiet_hours import (
    DAY_MINUTES,
    QuietSpan,
    leaves_time,
    minute_of,
    quiet_until,
    time_text,
)

EVERY_DAY = frozenset(range(7))
NIGHT = QuietSpan(EVERY_DAY, 22 * 60, 7 * 60)
BERLIN = "Europe/Berlin"


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-02T21:59:59", None),
        ("2026-03-02T22:00", "2026-03-03T07:00"),
        ("2026-03-03T06:59:59", "2026-03-03T07:00"),
        ("2026-03-03T07:00", None),
    ],
)
def test_night_crosses_midnight_on_the_clock_of_the_person(now: str, until: str | None) -> None:
    found = quiet_until((NIGHT,), "Asia/Shanghai", at(now, "Asia/Shanghai"))
    assert found == (until and at(until, "Asia/Shanghai"))


def test_span_holds_on_its_weekdays_until_the_morning_after() -> None:
    friday = QuietSpan(frozenset({4}), 22 * 60, 7 * 60)
    assert quiet_until((friday,), "UTC", at("2026-03-06T23:00")) == at("2026-03-07T07:00")
    assert quiet_until((friday,), "UTC", at("2026-03-07T06:00")) == at("2026-03-07T07:00")
    assert quiet_until((friday,), "UTC", at("2026-03-07T23:00")) is None
    assert quiet_until((friday,), "UTC", at("2026-03-06T06:00")) is None


def test_spans_without_a_break_end_together() -> None:
    weekend = QuietSpan(frozenset({5, 6}), 0, 24 * 60)
    spans = (NIGHT, weekend)
    assert quiet_until(spans, "UTC", at("2026-03-06T22:30")) == at("2026-03-09T07:00")


def test_quiet_hours_without_end_hold_little_longer_than_a_week() -> None:
    halves = (QuietSpan(EVERY_DAY, 0, 12 * 60), QuietSpan(EVERY_DAY, 12 * 60, 24 * 60))
    now = at("2026-03-02T08:00")
    found = quiet_until(halves, "UTC", now)
    assert found == at("2026-03-09T12:00")


def test_time_that_is_skipped_ends_quiet_hours_when_the_clocks_change() -> None:
    span = QuietSpan(EVERY_DAY, 60, 150)
    change = at("2026-03-29T01:00")
    assert quiet_until((span,), BERLIN, change - timedelta(minutes=30)) == change
    assert quiet_until((span,), BERLIN, change) is None


def test_time_that_occurs_twice_ends_quiet_hours_twice() -> None:
    span = QuietSpan(EVERY_DAY, 60, 150)
    first, second = at("2026-10-25T00:30"), at("2026-10-25T01:30")
    assert quiet_until((span,), BERLIN, first - timedelta(minutes=20)) == first
    assert quiet_until((span,), BERLIN, first) is None
    assert quiet_until((span,), BERLIN, second - timedelta(minutes=20)) == second


def test_unknown_zone_counts_as_utc() -> None:
    assert quiet_until((NIGHT,), "Mars/Base", at("2026-03-02T23:00")) == at("2026-03-03T07:00")


@pytest.mark.parametrize(
    ("text", "minute"),
    [("00:00", 0), ("07:30", 450), ("23:59", 1439), ("24:00", 1440), ("24:01", None),
     ("7:30", None), ("", None), ("12:60", None), ("１２:00", None)],
)  # fmt: skip
def test_times_of_day_are_read_and_written(text: str, minute: int | None) -> None:
    assert minute_of(text) == minute
    if minute is not None:
        assert time_text(minute) == text


def test_quiet_hours_must_leave_some_time() -> None:
    assert leaves_time(())
    assert leaves_time((NIGHT,))
    assert not leaves_time((QuietSpan(EVERY_DAY, 0, 24 * 60),))
    assert not leaves_time((NIGHT, QuietSpan(EVERY_DAY, 7 * 60, 22 * 60)))


SPANS = st.lists(
    st.builds(
        QuietSpan,
        st.frozensets(st.integers(0, 6), min_size=1),
        st.integers(0, DAY_MINUTES - 1),
        st.integers(0, DAY_MINUTES),
    ).filter(lambda span: span.since != span.until),
    min_size=1,
    max_size=3,
)
MINUTES = st.integers(0, 10 * DAY_MINUTES)


def shown(now: datetime, zone: str) -> int:
    local = now.astimezone(ZoneInfo(zone))
    return local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute


def is_quiet(spans: list[QuietSpan], now: datetime, zone: str) -> bool:
    """Return whether the clocks show a minute that lies in a span, counted through the week."""
    minute, week = shown(now, zone), 7 * DAY_MINUTES
    return any(
        (minute - day * DAY_MINUTES - span.since) % week < span.minutes
        for span in spans
        for day in span.days
    )


@given(SPANS, MINUTES, st.sampled_from(["UTC", BERLIN, "Asia/Shanghai", "Australia/Lord_Howe"]))
def test_quiet_hours_hold_exactly_in_the_minutes_that_they_name(
    spans: list[QuietSpan], minute: int, zone: str
) -> None:
    now = at("2026-03-24T00:00") + timedelta(minutes=minute)
    until = quiet_until(spans, zone, now)
    assert (until is not None) == is_quiet(spans, now, zone)
    if until is not None and until - now < timedelta(days=7):
        assert not is_quiet(spans, until, zone)
        assert is_quiet(spans, until - timedelta(seconds=1), zone)
