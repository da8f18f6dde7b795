"""Times in odd formats are read, or left out and reported."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.ingest.reading.lenient_reading import event, generic, mended, read

TIMES: list[Any] = [
    1795918015995871700,
    1795918016001913,
    "1795918016.014",
    "2026-11-29 02:00:00 UTC",
    "Sun, 29 Nov 2026 02:00:00 +0000",
    "2026-11-29 10:00:00.123456789 +0800 CST",
    "2026/11/29 10:00:00",
]

LATER = datetime(2026, 11, 30, tzinfo=UTC)
"""The time of the request: a day after the times above."""


@pytest.mark.parametrize("told", TIMES)
def test_common_time_formats_are_read_without_mending(told: Any) -> None:
    datadog = {"alert_id": "1", "alert_transition": "Triggered"}
    for parsed in (
        read("generic", generic(occurred_at=told), received_at=LATER),
        read(
            "pagerduty",
            event(timestamp=told if isinstance(told, str) else str(told)),
            received_at=LATER,
        ),
        read("datadog", msgspec.json.encode(datadog | {"date": str(told)}), received_at=LATER),
    ):
        assert parsed.alerts[0][1].event_time is not None
        assert parsed.mended == ()


def test_invalid_time_is_left_out_and_reported() -> None:
    parsed = read("generic", generic(occurred_at="yesterday"))
    assert parsed.alerts[0][1].event_time is None
    assert mended(parsed) == {"/occurred_at": "left out: not a time: 'yesterday' (write RFC 3339)"}
    assert mended(read("pagerduty", event(timestamp="(old dates)", severity="urgent"))) == {
        "/payload/severity": "left out: severity is one of critical, error, warning, info",
        "/payload/timestamp": "left out: not a time: '(old dates)' (write RFC 3339)",
    }


def test_event_with_far_past_or_future_time_is_still_firing_alert() -> None:
    for told in ("1999-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "0001-01-01T00:00:00Z"):
        for slug, body in (
            ("pagerduty", event(timestamp=told)),
            ("generic", generic(occurred_at=told)),
        ):
            assert [alert.status for _, alert in read(slug, body).alerts] == ["firing"]
