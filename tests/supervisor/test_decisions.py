"""The supervisor decides when to end a silent process and when to restart a dead one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supervisor.decisions import (
    BEAT_TIMEOUT,
    CHECK_SECONDS,
    GRACE,
    LONGEST_PAUSE,
    PAUSES,
    SETTLED,
    ProcessEnd,
    RecentDeaths,
    RestartReason,
    WatchAction,
    choose_action,
)

SHORT = ProcessEnd(1, 1.0)


def test_silent_process_is_asked_for_stack_and_then_killed() -> None:
    looks = range(2 * round(BEAT_TIMEOUT / CHECK_SECONDS))
    first = {
        found: CHECK_SECONDS * next(n for n in looks if choose_action(n) is found)
        for found in WatchAction
    }
    assert first == {
        WatchAction.WAIT: 0,
        WatchAction.ASK: BEAT_TIMEOUT,
        WatchAction.KILL: BEAT_TIMEOUT + GRACE,
    }
    assert [choose_action(n) for n in looks] == sorted(
        (choose_action(n) for n in looks), key=list(WatchAction).index
    )


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (ProcessEnd(-9, 5.0, silent=True), RestartReason.SILENT),
        (ProcessEnd(-9, 5.0), RestartReason.KILLED),
        (ProcessEnd(2, 5.0), RestartReason.FAILED),
        (ProcessEnd(0, 5.0), RestartReason.ENDED),
    ],
)
def test_every_process_end_has_one_reason(end: ProcessEnd, reason: RestartReason) -> None:
    assert end.reason is reason


def test_process_that_never_served_is_not_restarted() -> None:
    assert RecentDeaths().after(ProcessEnd(2, None)).pause(stopping=False) is None


def test_process_that_served_once_is_restarted_despite_failed_starts() -> None:
    deaths = RecentDeaths().after(SHORT)
    for _ in range(50):
        assert deaths.pause(stopping=False) is not None
        deaths = deaths.after(ProcessEnd(2, None))


@given(st.lists(st.booleans(), max_size=30))
def test_stopping_supervisor_restarts_nothing(served: list[bool]) -> None:
    deaths = RecentDeaths()
    for one in served:
        deaths = deaths.after(SHORT if one else ProcessEnd(1, None))
    assert deaths.pause(stopping=True) is None


def test_restart_pauses_grow_to_maximum_and_reset_after_serving() -> None:
    deaths, pauses = RecentDeaths(), []
    for _ in range(len(PAUSES) + 3):
        deaths = deaths.after(SHORT)
        pauses.append(deaths.pause(stopping=False))
    assert pauses == [*PAUSES, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert deaths.after(ProcessEnd(-9, SETTLED)).pause(stopping=False) == PAUSES[0]
