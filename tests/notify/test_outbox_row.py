"""The age of a message begins when it no longer waits on purpose."""

from datetime import timedelta

from tests.notify.test_pacing import row
from tests.support.clock import NOON


def test_message_that_waited_on_purpose_is_not_old() -> None:
    later = NOON + timedelta(days=5)
    assert row().due_since == NOON
    assert row(held_until=later).due_since == later
    assert row(created_at=later, held_until=NOON).due_since == later
