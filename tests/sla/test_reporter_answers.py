"""An answer to a resolution delays the closing until it was read.

It does so only for the resolution that it is about.
"""

from datetime import timedelta

from gateway.sla import reporter_answers
from tests.support.clock import NOON

HOUR = timedelta(hours=1)


def test_unread_answer_suspends_closing_until_it_is_read() -> None:
    assert reporter_answers.waits_from(("rung:1:0:x", "desk@1.0"), NOON) == NOON
    marks = reporter_answers.mark_unread(("rung:1:0:x",), NOON)
    assert reporter_answers.is_unread(marks, NOON)
    assert reporter_answers.waits_from(marks, NOON) is None
    read = reporter_answers.mark_read(marks, NOON, NOON + HOUR)
    assert (
        len(read),
        reporter_answers.is_unread(read, NOON),
        reporter_answers.waits_from(read, NOON),
    ) == (2, False, NOON + HOUR)
    again = reporter_answers.mark_unread(read, NOON)
    assert (len(again), reporter_answers.waits_from(again, NOON)) == (2, None)


def test_answer_to_earlier_resolution_does_not_affect_later_one() -> None:
    marks = reporter_answers.mark_unread((), NOON)
    assert reporter_answers.waits_from(marks, NOON + 3 * HOUR) == NOON + 3 * HOUR
    assert (
        reporter_answers.waits_from(
            reporter_answers.mark_read(marks, NOON, NOON + HOUR), NOON + 3 * HOUR
        )
        == NOON + 3 * HOUR
    )
