"""Every time comes to lie within the span that PostgreSQL and the driver give back as it was written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.durations import LONGEST
from gateway.incidents.alert import Alert
from gateway.instants import EARLIEST, LATEST, is_kept, kept
from gateway.vocabulary import AlertStatus

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ANY_TIME = st.datetimes(timezones=st.none() | ZONES)


@given(ANY_TIME)
def test_a_kept_time_lies_within_the_span_and_leaves_room_for_the_longest_length(at: datetime) -> None:
    assert is_kept(kept(at))
    assert kept(at).tzinfo is UTC
    assert (kept(at) + LONGEST).year < 9999


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=ZONES))  # noqa: DTZ001 - Hypothesis adds the zones
def test_a_time_within_the_span_is_kept_as_it_is(at: datetime) -> None:
    assert is_kept(at)
    assert kept(at) == at


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (datetime.max.replace(tzinfo=UTC), LATEST),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), LATEST),
        (datetime.min.replace(tzinfo=UTC), EARLIEST),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), EARLIEST),
    ],
)
def test_an_alert_never_holds_a_time_that_reads_back_as_infinity(said: datetime, becomes: datetime) -> None:
    alert = Alert(namespace="n", dedup_key="k", status=AlertStatus.FIRING, title="t", event_time=said, ends_at=said)
    assert (alert.event_time, alert.ends_at) == (becomes, becomes)
