"""The time at which a ping is expected, on the wall clock of a zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Unprocessable
from gateway.monitors.schedule import check, expected

ZONES = st.sampled_from(
    [
        "UTC",
        "Asia/Shanghai",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
    ]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SCHEDULES = st.sampled_from(
    [
        "30 2 * * *",
        "*/15 * * * *",
        "0 9-17 * * MON-FRI",
        "59 23 L * *",
        "0 2 29 2 *",
        "5 4 * * SUN#1",
    ]
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "next_one"),
    [
        ("30 2 * * *", "Asia/Shanghai", "2026-11-21T05:00:00Z", "2026-11-21T18:30:00Z"),
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            "2026-03-29T01:00:00Z",
        ),  # 02:30 is skipped: right after the gap
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            "2026-10-25T00:30:00Z",
        ),  # 02:30 comes twice: the first
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:00:00Z",
            "2026-10-25T01:00:00Z",
        ),  # every hour: both of them
        ("0 2 29 2 *", "UTC", "2026-11-21T05:00:00Z", "2028-02-29T02:00:00Z"),
        (
            "0 0 13 * FRI",
            "UTC",
            "2026-11-21T05:00:00Z",
            "2026-11-27T00:00:00Z",
        ),  # day of month or of week, as cron has it
    ],
)
def test_schedule_follows_wall_clock_of_zone(
    schedule: str, zone: str, after: str, next_one: str
) -> None:
    assert expected(None, schedule, zone, at(after)) == at(next_one)


def test_period_is_elapsed_time() -> None:
    assert expected(3_600, "", "Europe/Berlin", at("2026-03-29T00:30:00Z")) == at(
        "2026-03-29T01:30:00Z"
    )


@given(schedule=SCHEDULES, zone=ZONES, after=MOMENTS)
def test_next_expected_time_is_later_and_adjacent(
    schedule: str, zone: str, after: datetime
) -> None:
    one = expected(None, schedule, zone, after)
    assert one > after
    assert expected(None, schedule, zone, after + (one - after) / 2) == one
    assert one.second == one.microsecond == 0


@pytest.mark.parametrize(
    ("period", "schedule", "zone", "pointer"),
    [
        (None, "", "UTC", "/schedule"), (60, "* * * * *", "UTC", "/schedule"),
        (None, "* * * *", "UTC", "/schedule"), (None, "0 * * * * *", "UTC", "/schedule"),
        (None, "61 * * * *", "UTC", "/schedule"), (60, "", "Mars/Olympus", "/zone"),
        (None, "0 0 30 2 *", "UTC", "/schedule"), (None, "² * * * *", "UTC", "/schedule"),
        (None, "@daily", "UTC", "/schedule"), (60, "", "../etc/passwd", "/zone"),
    ],
)  # fmt: skip
def test_invalid_period_schedule_or_zone_is_refused_with_pointer(
    period: int | None, schedule: str, zone: str, pointer: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        check(period, schedule, zone)
    assert [flaw.pointer for flaw in refused.value.flaws] == [pointer]


@given(text=st.text(st.sampled_from("0123456789*/-,LW#? MONFRI"), max_size=30))
def test_any_schedule_text_is_refused_or_has_next_time(text: str) -> None:
    try:
        check(None, text, "Europe/Berlin")
    except Unprocessable:
        return
    assert (
        expected(None, text, "Europe/Berlin", at("2026-11-21T05:00:00Z"))
        - at("2026-11-21T05:00:00Z")
        > timedelta()
    )


@pytest.mark.parametrize(("period", "schedule"), [(60, ""), (None, "30 2 * * *")])
def test_period_or_schedule_alone_is_valid(period: int | None, schedule: str) -> None:
    assert check(period, schedule, "Asia/Shanghai") is None  # type: ignore[func-returns-value]
