"""Times are read in every format that senders use."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.reading.times import parse_time

WHEN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
MOMENTS = st.integers(631_152_000, 4_070_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
"""Times from 1990 to 2098."""


@given(when=MOMENTS, zone=st.integers(-11, 13))
def test_common_time_formats_give_same_instant(when: datetime, zone: int) -> None:
    seconds, there = int(when.timestamp()), when.astimezone(timezone(timedelta(hours=zone)))
    offset = f"{there:%z}"
    forms = [
        there.isoformat(),
        f"{there.isoformat()} ",
        there.isoformat().lower(),
        when.isoformat().replace("+00:00", "Z"),
        format_datetime(there),
        f"{when:%Y-%m-%d %H:%M:%S} UTC",
        f"{there:%Y-%m-%d %H:%M:%S}.123456789 {offset} CST",
        f"{there:%Y-%m-%d %H:%M:%S} {offset}",
        f"{when:%Y/%m/%d %H:%M:%S}",
        f"{when:%Y%m%d%H%M%S}",
        f"{when:%Y-%m-%d %H:%M:%S}",
        f"{when:%a %b %d %H:%M:%S %Y}",
    ]
    if seconds > 10**9:
        numbers = [seconds, seconds * 1_000, seconds * 10**6, seconds * 10**9]
        forms += [*map(str, numbers), f"{seconds}.5"]
        assert {parse_time(number).replace(microsecond=0) for number in numbers} == {when}
    assert {parse_time(form).replace(microsecond=0) for form in forms} == {when}


@pytest.mark.parametrize(
    "told", ["yesterday", "29.11.2026", "2026-13-01", "", "9999-12-31T23:59:59-05:00", "1" * 30,
             "x" * 500, float("nan"), 1e300, -1e300, "Nov 29, 2026 2:00 PM",
             "29 Nov 99999999999 02:00:00", "12345678901234567890123"],
)  # fmt: skip
def test_unrecognized_time_raises_value_error(told: str | float) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(told)


@given(text=st.text(max_size=100))
def test_any_text_gives_utc_time_or_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_time(text).tzinfo is UTC
