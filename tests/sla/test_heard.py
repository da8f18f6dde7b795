"""That a reporter was heard moves the beginning of the wait, and only for the resolution that they spoke of."""

from datetime import timedelta

from gateway.sla import heard
from tests.support.clock import NOON

HOUR = timedelta(hours=1)


def test_the_wait_begins_anew_when_the_reporter_was_last_heard() -> None:
    assert heard.waits_from(("rung:1:0:x", "desk@1.0"), NOON) == NOON
    marks = heard.heard(("rung:1:0:x",), NOON, NOON + HOUR)
    assert heard.waits_from(marks, NOON) == NOON + HOUR
    again = heard.heard(marks, NOON, NOON + 2 * HOUR)
    assert len(again) == 2
    assert heard.waits_from(again, NOON) == NOON + 2 * HOUR


def test_another_resolution_waits_for_itself() -> None:
    marks = heard.heard((), NOON, NOON + HOUR)
    assert heard.waits_from(marks, NOON + 3 * HOUR) == NOON + 3 * HOUR
