"""An answer to a resolution stops the closing until it was read, and only for the resolution that it is about."""

from datetime import timedelta

from gateway.sla import heard
from tests.support.clock import NOON

HOUR = timedelta(hours=1)


def test_the_closing_stops_until_the_answer_was_read_and_then_begins_anew() -> None:
    assert heard.waits_from(("rung:1:0:x", "desk@1.0"), NOON) == NOON
    marks = heard.unread(("rung:1:0:x",), NOON)
    assert heard.is_unread(marks, NOON)
    assert heard.waits_from(marks, NOON) is None
    read = heard.read(marks, NOON, NOON + HOUR)
    assert (len(read), heard.is_unread(read, NOON), heard.waits_from(read, NOON)) == (2, False, NOON + HOUR)
    again = heard.unread(read, NOON)
    assert (len(again), heard.waits_from(again, NOON)) == (2, None)


def test_another_resolution_waits_for_itself() -> None:
    marks = heard.unread((), NOON)
    assert heard.waits_from(marks, NOON + 3 * HOUR) == NOON + 3 * HOUR
    assert heard.waits_from(heard.read(marks, NOON, NOON + HOUR), NOON + 3 * HOUR) == NOON + 3 * HOUR
