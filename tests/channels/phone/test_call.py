"""A call is the same in whatever order, and however often, its events arrive."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.channels.phone.call import (
    ENDS,
    MOST,
    Call,
    CallDirection,
    CallEvent,
    CallStatus,
    merge_event,
)
from gateway.channels.phone.evaluation import CallEffect, evaluate
from tests.support.clock import NOON

NUMBERS = st.sampled_from(["", "+8613800138000", "+861082303333", "1001", "anonymous"])
TIMES = st.none() | st.integers(0, 5).map(lambda s: NOON + timedelta(seconds=s))
TEXTS = st.lists(st.sampled_from([f"https://x/{n}" for n in range(MOST + 3)]), max_size=4).map(
    tuple
)
EVENTS = st.builds(
    CallEvent,
    provider=st.just("twilio"),
    call_id=st.just("CA1"),
    at=TIMES,
    direction=st.none() | st.sampled_from(CallDirection),
    caller=NUMBERS,
    caller_name=st.sampled_from(["", "Ann", "Bob"]),
    called=NUMBERS,
    status=st.none() | st.sampled_from(CallStatus),
    started_at=TIMES,
    answered_at=TIMES,
    ended_at=TIMES,
    served=st.booleans(),
    recordings=TEXTS,
    transcripts=TEXTS,
)
BLANK = Call(provider="twilio", call_id="CA1")


def told(events: list[CallEvent]) -> Call:
    call = BLANK
    for event in events:
        call = merge_event(call, event)
    return call


@settings(max_examples=40)
@given(st.lists(EVENTS, max_size=6), st.randoms(use_true_random=False))
def test_call_is_same_for_any_order_and_repetition_of_events(
    events: list[CallEvent], random: Any
) -> None:
    again = [*events, *random.choices(events, k=len(events))] if events else []
    random.shuffle(again)
    assert told(again) == told(events)


def event(**more: Any) -> CallEvent:
    return CallEvent(provider="twilio", call_id="CA1", **more)


def test_ended_call_stays_ended() -> None:
    over = told(
        [
            event(status=CallStatus.COMPLETED, at=NOON),
            event(status=CallStatus.RINGING, at=NOON + timedelta(seconds=9)),
        ]
    )
    assert over.status is CallStatus.COMPLETED


def test_later_end_status_wins() -> None:
    events = [
        event(status=CallStatus.COMPLETED, at=NOON),
        event(status=CallStatus.BUSY, at=NOON - timedelta(seconds=1)),
    ]
    assert told(events).status is CallStatus.COMPLETED


def test_international_number_wins_over_other_caller_texts() -> None:
    assert (
        told([event(caller="zoe"), event(caller="+8613800138000"), event(caller="1001")]).caller
        == "+8613800138000"
    )


def test_call_duration_counts_from_answer() -> None:
    began, answered, ended = (NOON + timedelta(seconds=s) for s in (0, 7, 20))
    assert told([event(started_at=began, ended_at=ended)]).seconds == 20
    assert told([event(started_at=began, answered_at=answered, ended_at=ended)]).seconds == 13
    assert told([event(started_at=began)]).seconds is None


def meaning(
    call: Call, *, filed: bool = False, hotline: bool = True, before: Call = BLANK
) -> CallEffect:
    return evaluate(before, call, filed=filed, hotline=hotline)


def test_answered_or_recorded_call_is_report_and_unanswered_is_missed() -> None:
    inbound = event(direction=CallDirection.INBOUND, status=CallStatus.RINGING)
    assert meaning(told([inbound])) is CallEffect.NOT_YET
    assert meaning(told([inbound, event(answered_at=NOON)])) is CallEffect.REPORT
    assert meaning(told([inbound, event(recordings=("https://x/1",))])) is CallEffect.REPORT
    assert meaning(told([event(answered_at=NOON)])) is CallEffect.OUTGOING
    for status in ENDS:
        over = event(status=status, ended_at=NOON)
        assert meaning(told([inbound, over])) is CallEffect.MISSED
        assert meaning(told([inbound, over]), hotline=False) is CallEffect.NO_HOTLINE
        assert meaning(told([inbound, over, event(served=True)])) is CallEffect.SERVED
        assert meaning(told([inbound, over, event(answered_at=NOON)])) is CallEffect.REPORT


def test_filed_call_has_news_only_when_changed() -> None:
    call = told([event(direction=CallDirection.INBOUND, answered_at=NOON)])
    assert meaning(call, filed=True, before=call) is CallEffect.NOTHING_NEW
    assert (
        meaning(merge_event(call, event(status=CallStatus.QUEUED)), filed=True, before=call)
        is CallEffect.NOTHING_NEW
    )
    assert (
        meaning(merge_event(call, event(ended_at=NOON)), filed=True, before=call) is CallEffect.NEWS
    )
    assert (
        meaning(merge_event(call, event(transcripts=("x",))), filed=True, before=call)
        is CallEffect.NEWS
    )
