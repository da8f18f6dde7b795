"""Values of the domain: request categories of earlier releases, and times given by senders."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.timing.instants import LATEST
from gateway.vocabulary import RequestCategory
from tests.support.clock import NOON
from tests.support.intake import make_alert


def test_request_category_of_earlier_release_is_mapped() -> None:
    assert RequestCategory("advice") is RequestCategory.INFORMATION
    with pytest.raises(ValueError, match="gossip"):
        RequestCategory("gossip")


@pytest.mark.parametrize(
    ("said", "judged"),
    [
        (timedelta(days=-30), timedelta(days=-7)),
        (timedelta(days=-1), timedelta(days=-1)),
        (timedelta(days=1), timedelta(minutes=5)),
    ],
)
def test_event_order_time_is_clamped_and_event_time_is_kept(
    said: timedelta, judged: timedelta
) -> None:
    alert = make_alert(at=NOON + said)
    assert alert.order_time(NOON) == NOON + judged
    assert alert.event_time == NOON + said


def test_event_has_no_order_time_by_arrival_or_without_time() -> None:
    assert make_alert(at=NOON, by_arrival=True).order_time(NOON) is None
    assert make_alert().order_time(NOON) is None


def test_out_of_range_alert_times_are_clamped_to_latest() -> None:
    alert = make_alert(
        at=datetime(9999, 12, 31, tzinfo=UTC), ends_at=datetime.max.replace(tzinfo=UTC)
    )
    assert (alert.event_time, alert.ends_at) == (LATEST, LATEST)
