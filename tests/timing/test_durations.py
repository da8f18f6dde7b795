"""Durations are parsed from people's notation, written so that they parse the same, and bounded."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.timing.durations import (
    LONGEST,
    MOST_CHARS,
    MOST_DAYS,
    Duration,
    WorkingTime,
    decode_duration,
    format_duration,
    parse_duration,
    parse_working_time,
)

MICROSECONDS = st.integers(min_value=0, max_value=10**15)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("48h", timedelta(hours=48)),
        ("1h30m", timedelta(minutes=90)),
        ("1.5d", timedelta(hours=36)),
        ("250ms", timedelta(milliseconds=250)),
        ("7us", timedelta(microseconds=7)),
    ],
)
def test_duration_is_sum_of_its_parts(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5m!", "x5m", "1w"])
def test_invalid_duration_is_refused_with_example(text: str) -> None:
    with pytest.raises(ValueError, match='is not a duration: write it like "90s"'):
        parse_duration(text)


def test_duration_over_hundred_years_is_refused() -> None:
    assert parse_duration("36500d") == LONGEST
    with pytest.raises(ValueError, match='"36501d" is longer than 36500 days'):
        parse_duration("36501d")


@pytest.mark.parametrize("read", [parse_duration, parse_working_time])
def test_overlong_duration_text_is_refused(read: type) -> None:
    with pytest.raises(ValueError, match=f"has at most {MOST_CHARS} characters"):
        read("1" * MOST_CHARS + "m")


@pytest.mark.parametrize(
    ("text", "days", "rest"),
    [
        ("2wd", 2, timedelta()),
        ("1wd4h", 1, timedelta(hours=4)),
        ("0.5wd", 0.5, timedelta()),
        ("48h", 0, timedelta(hours=48)),
    ],
)
def test_promise_counts_working_days_separately_from_hours(
    text: str, days: float, rest: timedelta
) -> None:
    promised = parse_working_time(text)
    assert (promised.working_days, timedelta(seconds=promised.total_seconds())) == (days, rest)


@pytest.mark.parametrize("text", ["xwd", "1.wd", "-1wd", "1h2wd", "2wd3"])
def test_invalid_promise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_working_time(text)


def test_promise_over_maximum_working_days_is_refused() -> None:
    assert parse_working_time(f"{MOST_DAYS}wd").working_days == MOST_DAYS
    with pytest.raises(ValueError, match="is more than 3660 working days"):
        parse_working_time(f"{MOST_DAYS + 1}wd")


@given(MICROSECONDS, st.integers(min_value=0, max_value=MOST_DAYS))
def test_spelled_duration_parses_to_same_value(microseconds: int, days: int) -> None:
    length = WorkingTime(microseconds=microseconds)
    length.working_days = days
    read = parse_working_time(format_duration(length))
    assert (read, read.working_days) == (length, days)
    assert parse_duration(format_duration(Duration(microseconds=microseconds))) == length


def test_written_value_is_converted_to_setting_type() -> None:
    assert decode_duration(Duration, "5m") == timedelta(minutes=5)
    promised = decode_duration(WorkingTime, "2wd")
    assert isinstance(promised, WorkingTime)
    assert promised.working_days == 2


@pytest.mark.parametrize(("kind", "value"), [(Duration, 5), (WorkingTime, None), (int, "5m")])
def test_non_text_duration_is_refused(kind: type, value: object) -> None:
    with pytest.raises(ValueError, match='expected a duration such as "5m"'):
        decode_duration(kind, value)
