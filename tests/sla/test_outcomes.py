"""The outcomes of a change are counted: each clock once per target, each time once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.escalation.management import EscalationRules
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import notify_thresholds, refresh_timers
from gateway.incidents.ledger import ClockEvent, Ledger
from gateway.incidents.record import Incident
from gateway.sla.clocks import ClockState, read_clocks
from gateway.sla.outcomes import CountedEvent, OutcomeCount, count_outcomes
from gateway.sla.policy_choice import PolicyChoice
from gateway.vocabulary import ClockName, State
from tests.sla.stories import POLICY, SHORT, an_incident, entry, ledger_of, ledgers, minute

RULES = SlaRules({"short": SHORT}, "short", EscalationRules((), {}), PolicyChoice("short"))
RECORDED = ((0, "record", 3),)
MINUTES = 60


def a_record(*happenings: tuple[float, str, str | int | None], **fields: Any) -> Incident:
    """Return a record of priority 3 with 5 minutes for the desk clock and an hour overall."""
    return an_incident(ledger_of([*RECORDED, *happenings]), **{"priority": 3} | fields)


def then(before: Incident, at: float, event: str, detail: Any = None, **fields: Any) -> Incident:
    """Return the record after one more clock event, `at` minutes after the recording."""
    happened = entry(at * MINUTES, event, detail)
    return replace(before, ledger=(*before.ledger, happened), **fields)


def told(before: Incident | None, after: Incident) -> list[str]:
    """Return the outcomes that the change counts, in words."""
    return [_word(one) for one in count_outcomes(POLICY, before, after)]


def _word(one: OutcomeCount) -> str:
    if one.clock is not None:
        return f"{one.clock} {one.counted}"
    times = {CountedEvent.RESPONSE, CountedEvent.RESOLUTION}
    return f"{one.counted} after {one.seconds:g} s" if one.counted in times else one.counted


def test_new_incident_counts_as_opened() -> None:
    assert told(None, a_record()) == ["opened"]


def test_new_incident_assigned_at_once_counts_desk_met() -> None:
    assert told(None, a_record((0, "assign", "2"))) == ["opened", "desk met"]


def test_change_without_clock_event_counts_nothing() -> None:
    known = a_record()
    assert told(known, replace(known, title="another", marks=("desk@50",))) == []


def test_first_acceptance_counts_as_response() -> None:
    known = a_record()
    accepted = then(known, 2, "accept")
    assert told(known, accepted) == ["response after 120 s"]
    assert told(accepted, then(accepted, 9, "accept")) == []


def test_timely_resolution_meets_all_running_clocks_with_targets() -> None:
    assigned = then(a_record(), 4, "assign", "2")
    solved = then(assigned, 20, "resolve", state=State.RESOLVED)
    counted = ["resolved", "resolution after 1200 s", "tier2 met", "overall met"]
    assert told(a_record(), assigned) == ["desk met"]
    assert told(assigned, solved) == counted
    assert told(solved, replace(solved, state=State.CLOSED)) == ["closed"]
    closed = replace(solved, state=State.CLOSED)
    assert told(closed, replace(closed, satisfaction=5)) == []


def test_clock_stopped_at_due_time_counts_met_and_later_counts_breached() -> None:
    known = a_record()
    late = known.ledger[0].at + timedelta(minutes=5, microseconds=1)
    for at, word in ((minute(5), "desk met"), (late, "desk breached")):
        stop = replace(entry(0, "assign", "2"), at=at)
        assert told(known, replace(known, ledger=(*known.ledger, stop))) == [word]


def test_breach_is_counted_once_and_not_again_at_stop() -> None:
    known = a_record()
    breached = replace(known, marks=("desk@90", "desk@breach"))
    assert told(known, breached) == ["desk breached"]
    assert told(breached, then(breached, 7, "assign", "2")) == []


def test_late_stop_counts_breach_and_later_mark_does_not() -> None:
    known = a_record()
    stopped = then(known, 6, "assign", "2")
    assert told(known, stopped) == ["desk breached"]
    assert told(stopped, replace(stopped, marks=("desk@breach",))) == []


def test_breaches_caused_by_raise_are_counted() -> None:
    known = a_record()
    raised = then(known, 40, "set_priority", 1, priority=1, marks=("desk@breach", "overall@breach"))
    assert told(known, raised) == ["desk breached", "overall breached"]


def test_met_target_is_not_counted_again_after_reopening() -> None:
    solved = then(a_record(), 10, "resolve", state=State.RESOLVED)
    again = then(solved, 20, "reopen", state=State.IN_PROGRESS)
    assert told(solved, again) == ["reopened"]
    resolved = then(again, 30, "resolve", state=State.RESOLVED)
    assert told(again, resolved) == ["resolved", "resolution after 1800 s"]


def test_met_target_missed_after_reopening_counts_breached_once() -> None:
    solved = then(a_record(), 10, "resolve", state=State.RESOLVED)
    again = then(solved, 20, "reopen", state=State.IN_PROGRESS)
    late = then(again, 200, "resolve", state=State.RESOLVED)
    counted = ["resolved", "resolution after 12000 s", "overall breached"]
    assert told(again, late) == counted
    third = then(late, 201, "reopen", state=State.IN_PROGRESS)
    assert told(third, replace(third, marks=("desk@breach", "overall@breach"))) == []
    assert told(again, replace(again, marks=("overall@breach",))) == ["overall breached"]


def test_new_target_is_counted_anew() -> None:
    solved = then(a_record(), 10, "resolve", state=State.RESOLVED)
    again = then(solved, 20, "reopen", state=State.IN_PROGRESS)
    milder = then(again, 21, "set_priority", 4, priority=4)
    counted = ["resolved", "resolution after 1500 s", "overall met"]
    assert told(milder, then(milder, 25, "resolve", state=State.RESOLVED)) == counted


def test_clock_without_target_is_never_counted_met() -> None:
    known = a_record((0, "assign", "2"), (0, "escalate", "3"))
    assert "response met" not in told(known, then(known, 1, "accept"))
    assert "response met" not in told(known, then(known, 1, "resolve", state=State.RESOLVED))


def test_batch_of_openings_and_recoveries_counts_each_clock_once() -> None:
    burst = a_record((0, "resolve", None), (60, "reopen", None), (600, "resolve", None))
    resolved = replace(burst, state=State.RESOLVED)
    assert sorted(told(None, resolved)) == [
        "desk breached",
        "desk met",
        "opened",
        "overall met",
        "reopened",
        "resolution after 0 s",
        "resolution after 600 s",
        "resolved",
        "resolved",
    ]


def test_rejected_incident_counts_closed_and_clocks_met() -> None:
    known = a_record()
    rejected = then(known, 3, "resolve", state=State.REJECTED)
    assert told(known, rejected) == ["closed", "desk met", "overall met"]
    assert told(rejected, replace(rejected, title="another")) == []


def test_related_incident_counts_without_clocks_and_times() -> None:
    below = a_record(master_id=3)
    solved = then(then(below, 2, "accept"), 90, "resolve", state=State.RESOLVED)
    assert told(None, below) == ["opened"]
    assert told(below, solved) == ["resolved"]
    assert told(below, replace(below, marks=("desk@breach",))) == []


Change = tuple[Incident, Incident]


def changes_of(ledger: Ledger, looks: Sequence[timedelta]) -> Iterator[Change]:
    """Yield the changes of a record with this history, as the gateway makes them.

    Each event is a change, and timers fire between them.
    """
    at, record = ledger[0].at, an_incident(ledger[:1], priority=ledger[0].priority, policy="short")
    for n, happening in enumerate(ledger[1:], 2):
        for look in looks:
            if at + look < happening.at:
                yield from (fired := list(timer(record, at + look)))
                record = fired[-1][1] if fired else record
        at = happening.at
        state = _state(record, happening.event)
        moved, _ = refresh_timers(RULES, replace(record, ledger=ledger[:n], state=state), at)
        yield record, moved
        record = moved
    yield from timer(record, at + timedelta(days=1))


def timer(record: Incident, at: datetime) -> Iterator[Change]:
    revision = notify_thresholds(RULES, record, at)
    if revision.events:
        yield record, revision.after


def _state(record: Incident, event: ClockEvent) -> State:
    moves = {ClockEvent.RESOLVE: State.RESOLVED, ClockEvent.REOPEN: State.IN_PROGRESS}
    return moves.get(event, record.state)


def target(record: Incident, name: ClockName) -> Any:
    """Return the present target of a clock, and the moment since when it counts."""
    (found,) = (
        one for one in read_clocks(SHORT, record.ledger, record.ledger[-1].at) if one.name is name
    )
    return found.target, found.basis


looks = st.lists(st.integers(0, 200_000_000).map(lambda us: timedelta(microseconds=us)), max_size=3)


@given(ledgers(), looks.map(sorted))
def test_clock_is_counted_at_most_once_per_target_unless_reopened(
    ledger: Ledger, looks: Sequence[timedelta]
) -> None:
    decided: dict[ClockName, list[CountedEvent]] = {name: [] for name in ClockName}
    reopened = False
    for before, after in changes_of(ledger, looks):
        for name in ClockName:
            if target(before, name) != target(after, name):
                decided[name] = []
        for one in count_outcomes(SHORT, before, after):
            reopened = reopened or one.counted is CountedEvent.REOPENED
            if one.clock is not None:
                decided[one.clock].append(one.counted)
        for words in decided.values():
            allowed = [[], [CountedEvent.MET], [CountedEvent.BREACHED]]
            assert words in [
                *allowed,
                *([[CountedEvent.MET, CountedEvent.BREACHED]] if reopened else []),
            ]


@given(ledgers(), looks.map(sorted))
def test_counts_equal_ledger_without_reopenings_and_new_targets(
    ledger: Ledger, looks: Sequence[timedelta]
) -> None:
    unmoved = {ClockEvent.REOPEN, ClockEvent.SET_PRIORITY}
    ledger = tuple(one for one in ledger if one.event not in unmoved)
    counted = Counter(
        (one.clock, one.counted)
        for before, after in changes_of(ledger, looks)
        for one in count_outcomes(SHORT, before, after)
        if one.clock is not None
    )
    expected: Counter[tuple[ClockName | None, CountedEvent]] = Counter()
    for clock in read_clocks(SHORT, ledger, ledger[-1].at + timedelta(days=1)):
        if clock.breached_at is not None:
            expected[clock.name, CountedEvent.BREACHED] = 1
        elif clock.state is ClockState.MET and clock.target is not None:
            expected[clock.name, CountedEvent.MET] = 1
    assert counted == expected


def test_every_counted_kind_occurs() -> None:
    known = a_record()
    solved = then(then(known, 2, "accept"), 6, "resolve", state=State.RESOLVED)
    again = then(solved, 7, "reopen", state=State.IN_PROGRESS)
    closed = replace(solved, state=State.CLOSED)
    changes = [(None, known), (known, solved), (solved, again), (solved, closed)]
    assert {one.counted for change in changes for one in count_outcomes(POLICY, *change)} == set(
        CountedEvent
    )
