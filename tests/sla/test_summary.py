"""The summary of the clocks of a record in one line."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.ledger import ClockEvent, LedgerEntry
from gateway.sla import summary
from gateway.sla.calendar import ROUND_THE_CLOCK
from gateway.sla.clocks import read_clocks
from tests.sla.stories import SHORT, after, policy_of

RECORD = LedgerEntry(after(0), ClockEvent.RECORD, priority=1)
"""The first entry of a ledger; its overall target is 120 s."""


def at(seconds: float, event: ClockEvent) -> LedgerEntry:
    return LedgerEntry(after(seconds), event, reason="why" if event is ClockEvent.HOLD else "")


HELD = (RECORD, at(10, ClockEvent.HOLD), at(40, ClockEvent.RESUME))


@pytest.mark.parametrize(
    ("ledger", "now", "planned", "late", "held"),
    [
        ((RECORD,), 30, 120, None, 0),
        ((RECORD,), 500, 120, None, 0),
        (HELD[:2], 30, 140, None, 20),
        (HELD, 60, 150, None, 30),
        ((*HELD, at(100, ClockEvent.RESOLVE)), 100, 150, False, 30),
        ((*HELD, at(200, ClockEvent.RESOLVE)), 200, 150, True, 30),
        ((*HELD[:2], at(50, ClockEvent.RESOLVE)), 50, 160, False, 40),
        ((*HELD, at(100, ClockEvent.RESOLVE), at(300, ClockEvent.REOPEN)), 310, 350, None, 30),
    ],
)
def test_summary_gives_planned_time_lateness_and_hold_time(
    ledger: tuple[LedgerEntry, ...],
    now: float,
    planned: float,
    late: bool | None,
    held: float,
) -> None:
    readings = read_clocks(SHORT, ledger, after(now))
    assert summary.planned_end(ROUND_THE_CLOCK, readings, after(now)) == after(planned)
    assert summary.is_late(readings) is late
    assert summary.time_on_hold(ledger, after(now)) == timedelta(seconds=held)


def test_incident_without_targets_has_no_planned_time_or_lateness() -> None:
    readings = read_clocks(policy_of({1: {}}), (RECORD, at(9, ClockEvent.RESOLVE)), after(9))
    assert (
        summary.planned_end(ROUND_THE_CLOCK, readings, after(9)),
        summary.is_late(readings),
    ) == (None, None)


@given(st.lists(st.integers(1, 50), max_size=9), st.integers(0, 50))
def test_hold_time_is_sum_of_holds(gaps: list[int], rest: int) -> None:
    seconds, ledger, held = 0, [RECORD], 0
    for place, gap in enumerate(gaps):
        seconds += gap
        held += gap if place % 2 else 0
        ledger.append(at(seconds, ClockEvent.RESUME if place % 2 else ClockEvent.HOLD))
    held += rest if len(gaps) % 2 else 0
    assert summary.time_on_hold(tuple(ledger), after(seconds + rest)) == timedelta(seconds=held)
