"""When a silent process is ended, and whether and when one that died is started again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supervisor.decisions import (
    GRACE,
    LONGEST_PAUSE,
    LOOK,
    PAUSES,
    SETTLED,
    SILENT,
    Deaths,
    End,
    Reason,
    Step,
    step,
)

SHORT = End(1, 1.0)


def test_silent_process_is_asked_for_stack_and_then_killed() -> None:
    looks = range(2 * round(SILENT / LOOK))
    first = {found: LOOK * next(n for n in looks if step(n) is found) for found in Step}
    assert first == {Step.WAIT: 0, Step.ASK: SILENT, Step.KILL: SILENT + GRACE}
    assert [step(n) for n in looks] == sorted((step(n) for n in looks), key=list(Step).index)


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (End(-9, 5.0, silent=True), Reason.SILENT),
        (End(-9, 5.0), Reason.KILLED),
        (End(2, 5.0), Reason.FAILED),
        (End(0, 5.0), Reason.ENDED),
    ],
)
def test_every_process_end_has_one_reason(end: End, reason: Reason) -> None:
    assert end.reason is reason


def test_process_that_never_served_is_not_restarted() -> None:
    assert Deaths().after(End(2, None)).pause(stopping=False) is None


def test_process_that_served_once_is_restarted_despite_failed_starts() -> None:
    deaths = Deaths().after(SHORT)
    for _ in range(50):
        assert deaths.pause(stopping=False) is not None
        deaths = deaths.after(End(2, None))


@given(st.lists(st.booleans(), max_size=30))
def test_stopping_supervisor_restarts_nothing(served: list[bool]) -> None:
    deaths = Deaths()
    for one in served:
        deaths = deaths.after(SHORT if one else End(1, None))
    assert deaths.pause(stopping=True) is None


def test_restart_pauses_grow_to_maximum_and_reset_after_serving() -> None:
    deaths, pauses = Deaths(), []
    for _ in range(len(PAUSES) + 3):
        deaths = deaths.after(SHORT)
        pauses.append(deaths.pause(stopping=False))
    assert pauses == [*PAUSES, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert deaths.after(End(-9, SETTLED)).pause(stopping=False) == PAUSES[0]
