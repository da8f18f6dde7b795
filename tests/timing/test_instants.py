"""Every time is clamped to the span that PostgreSQL and its driver return unchanged."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.alert import Alert
from gateway.timing.durations import LONGEST
from gateway.timing.instants import EARLIEST, LATEST, clamp_instant, is_supported
from gateway.vocabulary import AlertStatus

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ANY_TIME = st.datetimes(timezones=st.none() | ZONES)


@given(ANY_TIME)
def test_clamped_time_is_storable_and_allows_longest_duration(at: datetime) -> None:
    assert is_supported(clamp_instant(at))
    assert clamp_instant(at).tzinfo is UTC
    assert (clamp_instant(at) + LONGEST).year < 9999


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=ZONES))  # noqa: DTZ001 - Hypothesis adds the zones
def test_storable_time_is_unchanged(at: datetime) -> None:
    assert is_supported(at)
    assert clamp_instant(at) == at


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (datetime.max.replace(tzinfo=UTC), LATEST),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), LATEST),
        (datetime.min.replace(tzinfo=UTC), EARLIEST),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), EARLIEST),
    ],
)
def test_alert_times_are_clamped_to_storable_span(said: datetime, becomes: datetime) -> None:
    alert = Alert(
        namespace="n",
        dedup_key="k",
        status=AlertStatus.FIRING,
        title="t",
        event_time=said,
        ends_at=said,
    )
    assert (alert.event_time, alert.ends_at) == (becomes, becomes)
