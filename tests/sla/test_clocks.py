"""Stories of single clocks, and laws that hold for every story."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.clock_events import SimulatedEvent
from gateway.errors import Unprocessable
from gateway.incidents.ledger import RAISED, ClockEvent, Ledger, LedgerEntry
from gateway.sla.calendar import ROUND_THE_CLOCK
from gateway.sla.clocks import ClockReading, ClockState, opening_due, read_clocks
from gateway.sla.simulate import simulate
from gateway.sla.thresholds import threshold_state, worst_per_clock
from gateway.sla.track import Counting, Track
from gateway.vocabulary import ClockName
from tests.sla.stories import POLICY, SHORT, after, entry, ledger_of, ledgers, minute, policy_of

LAST_DAY = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def clock(ledger: Ledger, seconds: float, name: str = "overall") -> ClockReading:
    return next(c for c in read_clocks(SHORT, ledger, after(seconds)) if c.name == name)


def test_clock_stopped_exactly_at_due_time_is_met() -> None:
    ledger = ledger_of([(0, "record", 1), (30, "assign", "2")])
    desk = clock(ledger, 40, "desk")
    assert (desk.state, desk.breached_at, desk.due_at) == (ClockState.MET, None, after(30))
    late = clock(ledger_of([(0, "record", 1), (30.000001, "assign", "2")]), 40, "desk")
    assert (late.state, late.breached_at, late.due_at) == (
        ClockState.BREACHED,
        after(30),
        after(30),
    )


def test_clock_running_at_due_time_is_breached_from_then() -> None:
    ledger = ledger_of([(0, "record", 1)])
    assert clock(ledger, 29.999999, "desk").breached_at is None
    assert clock(ledger, 30, "desk").breached_at == after(30)


def test_hold_exactly_at_due_time_breaches_only_after_resume() -> None:
    ledger = ledger_of([(0, "record", 1), (30, "hold", None), (50, "resume", None)])
    assert clock(ledger, 49, "desk").breached_at is None
    assert clock(ledger, 50, "desk").breached_at == after(30)
    assert clock((*ledger[:2], entry(60, "resolve")), 70, "desk").state is ClockState.MET


def test_warning_is_due_at_its_share_even_if_clock_is_held() -> None:
    ledger = ledger_of([(0, "record", 1), (15, "hold", None)])
    assert [
        crossing.mark
        for crossing in threshold_state(SHORT, ledger, after(15)).due_now(())
        if crossing.clock == "desk"
    ] == ["desk@50"]


def test_raised_priority_counts_new_target_from_raise() -> None:
    ledger = ledger_of([(0, "record", 3), (80, "raise", 1)])
    for name, target in (("desk", 30), ("overall", 120)):
        reading = clock(ledger, 81, name)
        assert (reading.basis, reading.due_at) == (after(80), after(80 + target))
        assert (reading.elapsed, reading.remaining) == (
            timedelta(seconds=81),
            timedelta(seconds=target - 1),
        )


def test_clock_late_before_raise_stays_late() -> None:
    desk = clock(ledger_of([(0, "record", 3), (90, "raise", 1)]), 91, "desk")
    assert (desk.basis, desk.due_at, desk.breached_at) == (after(0), after(30), after(90))


def test_manual_priority_counts_all_time_and_undoes_raise() -> None:
    raised = [(0, "record", 3), (80, "raise", 1)]
    assert clock(
        ledger_of([(0, "record", 3), (80, "set_priority", 1)]), 81, "desk"
    ).due_at == after(30)
    back = clock(ledger_of([*raised, (85, "set_priority", 3)]), 86, "desk")
    assert (back.basis, back.due_at) == (after(0), after(90))
    between = clock(ledger_of([*raised, (85, "set_priority", 2)]), 86, "desk")
    assert (between.basis, between.due_at) == (after(80), after(130))


def test_held_clock_counts_from_raise_after_resume() -> None:
    ledger = ledger_of(
        [(0, "record", 3), (40, "hold", None), (50, "raise", 1), (100, "resume", None)]
    )
    assert clock(ledger, 60, "desk").due_at is None
    assert clock(ledger, 101, "desk").due_at == after(130)


def test_clock_started_after_raise_counts_from_its_start() -> None:
    tier2 = clock(ledger_of([(0, "record", 3), (10, "raise", 1), (40, "assign", "2")]), 41, "tier2")
    assert (tier2.basis, tier2.due_at) == (after(40), after(100))
    assert clock(ledger_of([(0, "record", 3)]), 1, "tier2").basis is None


def test_simulated_raise_is_set_priority_with_raised_reason() -> None:
    events = [
        SimulatedEvent(at=after(0), event="record", priority=3),
        SimulatedEvent(at=after(80), event="set_priority", priority=1, reason="raised"),
    ]
    clocks, _ = simulate(SHORT, "incident", events, after(81))
    desk = next(one for one in clocks if one.name == "desk")
    assert (desk.basis, desk.due_at) == (after(80), after(110))


@given(ledgers(), st.integers(0, 100_000_000), st.sampled_from([1, 2, 3]))
def test_raise_gives_every_unbreached_clock_full_new_target(
    ledger: Ledger, later: int, priority: int
) -> None:
    at = ledger[-1].at + timedelta(microseconds=later)
    raise_ = LedgerEntry(at, ClockEvent.SET_PRIORITY, priority=priority, reason=RAISED)
    before, now = read_clocks(SHORT, ledger, at), read_clocks(SHORT, (*ledger, raise_), at)
    for was, clock in zip(before, now, strict=True):
        past = was.remaining is not None and was.remaining <= timedelta()
        if (
            clock.state is ClockState.RUNNING
            and clock.due_at is not None
            and clock.target is not None
            and not past
        ):
            assert clock.due_at == at + clock.target


def test_zero_length_hold_leaves_no_trace() -> None:
    plain = ledger_of([(0, "record", 1)])
    held = ledger_of([(0, "record", 1), (5, "hold", None), (5, "resume", None)])
    assert read_clocks(SHORT, plain, after(9)) == read_clocks(SHORT, held, after(9))


def test_resolved_time_is_pause_with_resolved_reason() -> None:
    segments = clock(
        ledger_of([(0, "record", 1), (5, "resolve", None), (8, "reopen", None)]), 10
    ).segments
    assert [(s.running, s.reason) for s in segments] == [
        (True, ""),
        (False, "resolved"),
        (True, ""),
    ]


def test_loosened_target_takes_breach_back() -> None:
    ledger = ledger_of([(0, "record", 1), (130, "set_priority", 2)])
    assert clock(ledger, 129).breached_at == after(120)
    assert clock(ledger, 131).breached_at is None
    assert clock(ledger, 131).due_at == after(200)


def test_tightened_used_up_target_is_breached_from_change() -> None:
    reading = clock(ledger_of([(0, "record", 2), (150, "set_priority", 1)]), 151)
    assert (reading.due_at, reading.breached_at) == (after(120), after(150))


@pytest.mark.parametrize(
    "ledger",
    [
        (),
        (entry(0, "accept"),),
        (entry(0, "record", 1), entry(1, "record", 1)),
        (entry(5, "record", 1), entry(1, "hold")),
        (entry(0, "record", 9),),
        (entry(0, "record"),),
    ],
)
def test_invalid_ledger_is_refused_with_entry_index(ledger: Ledger) -> None:
    with pytest.raises(Unprocessable) as refused:
        read_clocks(SHORT, ledger, after(10))
    assert refused.value.facts["index"] == max(len(ledger) - 1, 0)


@given(ledgers(), st.integers(0, 400_000_000))
def test_running_segments_sum_to_elapsed_time(ledger: Ledger, later: int) -> None:
    at = ledger[-1].at + timedelta(microseconds=later)
    for reading in read_clocks(SHORT, ledger, at):
        runs = ((s.until or at) - s.since for s in reading.segments if s.running)
        assert sum(runs, timedelta()) == reading.elapsed


@given(ledgers(), st.integers(0, 400_000_000))
def test_reading_ignores_later_ledger_entries(ledger: Ledger, early: int) -> None:
    at = ledger[0].at + timedelta(microseconds=early)
    past = tuple(e for e in ledger if e.at <= at)
    assert read_clocks(SHORT, ledger, at) == read_clocks(SHORT, past, at)


@given(st.integers(1, 4), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_opening_due_equals_next_due(priority: int, naive: datetime) -> None:
    at = naive.replace(tzinfo=minute(0).tzinfo)
    ledger = (LedgerEntry(at, entry(0, "record").event, priority=priority),)
    assert opening_due(POLICY, priority, at) == threshold_state(POLICY, ledger, at).next_due


def test_opening_due_refuses_unknown_priority_and_is_none_without_targets() -> None:
    with pytest.raises(Unprocessable):
        opening_due(POLICY, 9, minute(0))
    assert opening_due(policy_of({1: {}}), 1, minute(0)) is None


@given(ledgers())
def test_something_is_due_exactly_at_next_due_time(ledger: Ledger) -> None:
    now = ledger[-1].at
    present = threshold_state(SHORT, ledger, now)
    marks = tuple(c.mark for c in present.due_now(()))
    if (due := present.next_due) is not None:
        before = due - timedelta(microseconds=1)
        assert threshold_state(SHORT, ledger, due).due_now(marks)
        assert not threshold_state(SHORT, ledger, before).due_now(marks)


def test_only_worst_crossing_is_announced_and_loosened_marks_are_dropped() -> None:
    ledger = ledger_of([(0, "record", 1)])
    passed = threshold_state(SHORT, ledger, after(100)).due_now(())
    assert [c.mark for c in worst_per_clock(passed)] == [
        "response@breach",
        "desk@breach",
        "overall@75",
    ]
    assert [c.mark for c in worst_per_clock(reversed(passed))] == [
        "overall@75",
        "desk@breach",
        "response@breach",
    ]
    loosened = (*ledger, entry(100, "set_priority", 2))
    state = threshold_state(SHORT, loosened, after(100))
    assert state.settle(("overall@50", "overall@75")) == ("overall@50",)


def test_simulation_equals_production_reading() -> None:
    told = [
        SimulatedEvent(at=after(0), event="record"),
        SimulatedEvent(at=after(9), event="assign", tier=3),
        SimulatedEvent(at=after(9), event="hold"),
    ]
    ledger = ledger_of([(0, "record", 1), (9, "assign", "3"), (9, "hold", None)])
    clocks, _ = simulate(SHORT, "incident", told, after(20), priority=1)
    assert clocks == read_clocks(SHORT, ledger, after(20))


@pytest.mark.parametrize(
    ("kind", "event", "at"),
    [
        ("party", SimulatedEvent(at=after(0), event="record"), after(1)),
        ("incident", SimulatedEvent(at=after(0), event="record"), datetime(2026, 1, 1)),  # noqa: DTZ001
        ("incident", SimulatedEvent(at=datetime(2026, 1, 1), event="record"), after(1)),  # noqa: DTZ001
        ("incident", SimulatedEvent(at=after(0), event="dance"), after(1)),
        ("incident", SimulatedEvent(at=after(0), event="assign", tier=4), after(1)),
        ("incident", SimulatedEvent(at=LAST_DAY, event="record"), LAST_DAY),
    ],
)
def test_impossible_simulation_is_refused(kind: str, event: SimulatedEvent, at: datetime) -> None:
    with pytest.raises(Unprocessable):
        simulate(SHORT, kind, [event], at, priority=1)


def test_track_that_was_not_stopped_runs_on_unchanged() -> None:
    one = Track(ClockName.RESPONSE, ROUND_THE_CLOCK)
    one.run_on(minute(1), None, Counting.ALL)
    assert (one.since, one.stopped) == (None, None)
