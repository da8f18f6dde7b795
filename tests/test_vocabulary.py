"""Values of the domain: kinds of requests of earlier releases, and the times that senders say."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.instants import LATEST
from gateway.vocabulary import CHATS, Channel, RequestCategory, channel_of
from tests.support.clock import NOON
from tests.support.intake import an_alert


def test_a_request_kept_by_an_earlier_release_has_its_present_kind() -> None:
    assert RequestCategory("advice") is RequestCategory.INFORMATION
    with pytest.raises(ValueError, match="gossip"):
        RequestCategory("gossip")


@pytest.mark.parametrize("key", [None, "a-key"])
def test_what_comes_from_a_chat_has_the_channel_of_chats_with_a_key_and_without(
    key: str | None,
) -> None:
    assert {source: channel_of(source, key) for source in CHATS} == dict(CHATS)
    assert channel_of("wecom", key) is Channel.WECHAT


@pytest.mark.parametrize(
    ("said", "judged"),
    [
        (timedelta(days=-30), timedelta(days=-7)),
        (timedelta(days=-1), timedelta(days=-1)),
        (timedelta(days=1), timedelta(minutes=5)),
    ],
)
def test_an_event_is_judged_by_a_time_that_is_believed_and_keeps_what_was_said(said: timedelta, judged: timedelta) -> None:
    alert = an_alert(at=NOON + said)
    assert alert.order_time(NOON) == NOON + judged
    assert alert.event_time == NOON + said


def test_where_arrival_decides_or_no_time_was_said_no_time_orders_an_event() -> None:
    assert an_alert(at=NOON, by_arrival=True).order_time(NOON) is None
    assert an_alert().order_time(NOON) is None


def test_times_that_no_sender_means_are_brought_to_the_end_of_the_span_that_is_kept() -> None:
    alert = an_alert(at=datetime(9999, 12, 31, tzinfo=UTC), ends_at=datetime.max.replace(tzinfo=UTC))
    assert (alert.event_time, alert.ends_at) == (LATEST, LATEST)
