"""Absences are checked, and chosen among the events of a calendar."""

from datetime import timedelta

import pytest

from gateway.errors import TooLarge
from gateway.oncall.absence import LONGEST, MOST, EventFilter, absences_in, flaws
from gateway.oncall.ical.reading import CalendarContent, CalendarEvent
from gateway.oncall.ical.writing import OWN_UID
from tests.support.clock import NOON

HOUR = timedelta(hours=1)


def event(uid: str = "1", hours: int = 9, **fields: object) -> CalendarEvent:
    return CalendarEvent(uid=uid, starts_at=NOON, ends_at=NOON + hours * HOUR, **fields)  # type: ignore[arg-type]


def chosen(*events: CalendarEvent, words: tuple[str, ...] = (), hours: int = 0) -> list[str]:
    content = CalendarContent(events=events, uids=frozenset())
    found = absences_in(content, EventFilter(words=words, at_least=hours * HOUR))
    return [one.uid for one in found]


def test_absence_ends_after_it_begins_and_not_before_now() -> None:
    assert list(flaws(NOON, NOON + HOUR, NOON)) == []
    assert list(flaws(NOON - 2 * HOUR, NOON + HOUR, NOON)) == []
    for starts, ends in (
        (NOON, NOON),
        (NOON, NOON - HOUR),
        (NOON, NOON + LONGEST + HOUR),
        (NOON - 2 * HOUR, NOON),
    ):
        assert [flaw.pointer for flaw in flaws(starts, ends, NOON)] == ["/to"]


def test_only_busy_events_are_absences() -> None:
    assert chosen(event(), event("2", busy=False)) == ["1"]


def test_shift_of_own_feed_is_no_absence() -> None:
    assert chosen(event("abc" + OWN_UID)) == []


def test_short_event_is_no_absence() -> None:
    assert chosen(event(hours=3), event("2", hours=4), hours=4) == ["2"]


@pytest.mark.parametrize("title", ["Vacation in Italy", "ＶＡＣＡＴＩＯＮ", "春节年假"])
def test_title_has_one_of_words_in_any_case_and_width(title: str) -> None:
    assert chosen(event(title=title), words=("vacation", "年假")) == ["1"]
    assert chosen(event(title="Workshop"), words=("vacation", "年假")) == []


def test_title_of_private_event_is_not_kept() -> None:
    content = CalendarContent(
        events=(event(title="Hospital", private=True), event("2", title="Leave")),
        uids=frozenset(),
    )
    assert [one.reason for one in absences_in(content, EventFilter())] == ["", "Leave"]


def test_same_time_of_same_event_is_one_absence() -> None:
    assert chosen(event(), event(), event(busy=False)) == ["1"]


def test_number_of_absences_is_bounded() -> None:
    events = [event(str(number)) for number in range(MOST + 1)]
    assert len(chosen(*events[1:])) == MOST
    with pytest.raises(TooLarge, match="1,000 absences"):
        chosen(*events)
