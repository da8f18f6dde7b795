"""The start time that a reporter states is used if permitted, else added to the description."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.channels.occurred import split_occurrence_time
from tests.support.clock import NOON

HOURS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "occurred"),
    [
        (None, None),
        (NOON - 12 * HOURS, NOON - 12 * HOURS),
        (NOON, NOON),
        (NOON + timedelta(minutes=10), NOON),
    ],
)
def test_permitted_start_time_is_used(said: datetime | None, occurred: datetime | None) -> None:
    assert split_occurrence_time(said, NOON, "en") == (occurred, "")


@pytest.mark.parametrize(
    "said", [NOON - 12 * HOURS - timedelta(seconds=1), NOON + timedelta(minutes=11)]
)
def test_other_start_time_becomes_description_line(said: datetime) -> None:
    occurred, line = split_occurrence_time(said, NOON, "zh-CN")
    assert occurred is None
    assert line == f"开始时间：{said:%Y-%m-%d %H:%M} UTC（事后报告）\n\n"


ENDS = (
    datetime(1, 1, 1, tzinfo=timezone(9 * HOURS)),
    datetime(9999, 12, 31, 23, tzinfo=timezone(-9 * HOURS)),
    datetime(1, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize("said", ENDS)
def test_extreme_start_time_becomes_description_line(said: datetime) -> None:
    occurred, line = split_occurrence_time(said, NOON, "en")
    assert occurred is None
    assert "told later" in line
