"""The table of decisions, and the law that the order of arrival does not matter."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dedup.alert_state import AlertState, IncidentRef
from gateway.dedup.batch_items import BatchItem
from gateway.dedup.decide import DecisionRules, decide, flapping
from gateway.dedup.plan import BatchPlan
from gateway.dedup.verdicts import decide_all
from gateway.vocabulary import AlertStatus, Outcome, State
from tests.support.clock import NOON
from tests.support.intake import FIRING, RESOLVED, make_alert

MINUTE = timedelta(minutes=1)
RULES = DecisionRules(10 * MINUTE, 3, timedelta(hours=1))
ACKNOWLEDGED = AlertStatus.ACKNOWLEDGED

NOTHING = None
LIVE = IncidentRef(1, "INC-1", State.IN_PROGRESS)
JUST_RESOLVED = IncidentRef(1, "INC-1", State.RESOLVED, NOON - MINUTE)
RESOLVED_LONG_AGO = IncidentRef(1, "INC-1", State.RESOLVED, NOON - 60 * MINUTE)
CLOSED = IncidentRef(1, "INC-1", State.CLOSED, NOON - MINUTE)
REJECTED = IncidentRef(1, "INC-1", State.REJECTED)


@pytest.mark.parametrize(
    ("status", "holder", "known_as", "outcome"),
    [
        (FIRING, NOTHING, "", Outcome.OPENED),
        (FIRING, LIVE, FIRING, Outcome.REPEATED),
        (FIRING, LIVE, RESOLVED, Outcome.REPEATED),
        (FIRING, JUST_RESOLVED, RESOLVED, Outcome.REOPENED),
        (FIRING, RESOLVED_LONG_AGO, RESOLVED, Outcome.OPENED),
        (FIRING, CLOSED, RESOLVED, Outcome.OPENED),
        (FIRING, REJECTED, FIRING, Outcome.OPENED),
        (RESOLVED, NOTHING, "", Outcome.IGNORED),
        (RESOLVED, LIVE, FIRING, Outcome.CLEARED),
        (RESOLVED, LIVE, RESOLVED, Outcome.IGNORED),
        (RESOLVED, JUST_RESOLVED, RESOLVED, Outcome.IGNORED),
        (RESOLVED, CLOSED, FIRING, Outcome.IGNORED),
        (ACKNOWLEDGED, NOTHING, "", Outcome.IGNORED),
        (ACKNOWLEDGED, LIVE, FIRING, Outcome.ACKNOWLEDGED),
        (ACKNOWLEDGED, CLOSED, FIRING, Outcome.IGNORED),
    ],
)
def test_alert_status_and_incident_state_decide_outcome(
    status: AlertStatus, holder: IncidentRef | None, known_as: str, outcome: Outcome
) -> None:
    known = AlertState(b"k", holder=holder, status=known_as)
    assert decide(make_alert(status=status), known, NOON, RULES).outcome is outcome


@pytest.mark.parametrize(
    ("status", "known", "outcome", "reason"),
    [
        (
            RESOLVED,
            AlertState(b"k", holder=LIVE, status=FIRING, fired_at=NOON),
            Outcome.CLEARED,
            "cleared_at_source",
        ),
        (
            FIRING,
            AlertState(b"k", holder=JUST_RESOLVED, status=RESOLVED, cleared_at=NOON),
            Outcome.REOPENED,
            "fired_again_within_window",
        ),
        (
            FIRING,
            AlertState(b"k", holder=CLOSED, status=RESOLVED, cleared_at=NOON),
            Outcome.OPENED,
            "previous_closed",
        ),
        (
            FIRING,
            AlertState(b"k", status=RESOLVED, cleared_at=NOON, unmatched_at=NOON),
            Outcome.STALE,
            "overtaken",
        ),
    ],
)
def test_simultaneous_events_are_decided_by_arrival(
    status: AlertStatus, known: AlertState, outcome: Outcome, reason: str
) -> None:
    decision = decide(make_alert(status=status, at=NOON), known, NOON, RULES)
    assert (decision.outcome, decision.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("seconds", "outcome"), [(-1, Outcome.STALE), (0, Outcome.STALE), (1, Outcome.OPENED)]
)
def test_firing_overtaken_by_recovery_is_stale_and_later_one_opens(
    seconds: int, outcome: Outcome
) -> None:
    plan = a_plan()
    at = NOON - MINUTE
    overtaken = BatchItem(1, "generic", make_alert(at=at + timedelta(seconds=seconds)), b"k")
    verdicts = decide_all(
        plan, [BatchItem(1, "generic", make_alert(status=RESOLVED, at=at), b"k"), overtaken]
    )
    assert [verdict.outcome for verdict in verdicts] == [Outcome.IGNORED, outcome]


def test_repeated_recovery_does_not_make_firing_stale() -> None:
    plan = a_plan()
    statuses = [FIRING, RESOLVED, RESOLVED, FIRING]
    verdicts = decide_all(
        plan,
        [BatchItem(1, "generic", make_alert(status=status, at=NOON), b"k") for status in statuses],
    )
    assert [verdict.outcome for verdict in verdicts] == [
        Outcome.OPENED,
        Outcome.CLEARED,
        Outcome.IGNORED,
        Outcome.REOPENED,
    ]


def test_repeated_firing_of_cleared_occurrence_is_stale() -> None:
    plan = a_plan()
    told = [(FIRING, "a"), (RESOLVED, "a"), (FIRING, "a"), (FIRING, "b")]
    items = [
        BatchItem(1, "generic", make_alert(status=status, at=NOON, occurrence=which), b"k")
        for status, which in told
    ]
    outcomes = [verdict.outcome for verdict in decide_all(plan, items)]
    assert outcomes == [Outcome.OPENED, Outcome.CLEARED, Outcome.STALE, Outcome.REOPENED]


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_arrival_ordered_source_has_no_stale_events(seconds: int) -> None:
    plan = a_plan()
    told = [(FIRING, 0), (RESOLVED, seconds), (FIRING, -seconds), (RESOLVED, 0)]
    items = [
        BatchItem(
            1,
            "pagerduty",
            make_alert(status=status, at=NOON + timedelta(seconds=at), by_arrival=True),
            b"k",
        )
        for status, at in told
    ]
    outcomes = [verdict.outcome for verdict in decide_all(plan, items)]
    assert outcomes == [Outcome.OPENED, Outcome.CLEARED, Outcome.REOPENED, Outcome.CLEARED]


@pytest.mark.parametrize(("flaps", "ago", "held"), [(2, 0, False), (3, 60, True), (3, 61, False)])
def test_three_reopenings_within_hour_are_flapping(flaps: int, ago: int, held: bool) -> None:
    assert (
        flapping(AlertState(b"k", flaps=flaps, flapping_since=NOON - ago * MINUTE), NOON, RULES)
        is held
    )


def a_plan(now: datetime = NOON) -> BatchPlan:
    return BatchPlan(now, RULES, 10 * MINUTE, {b"k": AlertState(b"k")})


def told(plan: BatchPlan, history: list[tuple[AlertStatus, int]]) -> AlertState:
    items = [
        BatchItem(1, "generic", make_alert(status=s, at=NOON - timedelta(seconds=t)), b"k")
        for s, t in history
    ]
    verdicts = decide_all(plan, items)
    assert len(verdicts) == len(items)
    return plan.known[b"k"]


HISTORIES = st.lists(
    st.tuples(st.sampled_from([FIRING, RESOLVED]), st.integers(0, 30)), min_size=1, max_size=8
)


def apart(history: list[tuple[AlertStatus, int]]) -> bool:
    """Return True when no firing has the time of a recovery."""
    return not {t for s, t in history if s is FIRING} & {t for s, t in history if s is RESOLVED}


@given(
    HISTORIES.filter(apart).flatmap(
        lambda history: st.tuples(
            st.just(history), st.permutations(history), st.permutations(history)
        )
    )
)
def test_final_alert_state_is_independent_of_order_and_repetition(
    stories: tuple[
        list[tuple[AlertStatus, int]], list[tuple[AlertStatus, int]], list[tuple[AlertStatus, int]]
    ],
) -> None:
    history, shuffled, again = stories
    in_order = told(a_plan(), sorted(history, key=lambda event: -event[1]))
    mixed = told(a_plan(), [*shuffled, *again])
    newest, _ = min(history, key=lambda event: event[1])
    assert in_order.firing is mixed.firing is (newest is FIRING)


@given(HISTORIES)
def test_last_event_in_time_order_decides_unless_overtaken(
    history: list[tuple[AlertStatus, int]],
) -> None:
    ordered = sorted(history, key=lambda event: -event[1])
    fires = False
    cleared: int | None = None
    unmatched: int | None = None
    for status, seconds in ordered:
        if status is FIRING:
            fires = fires or seconds != unmatched
            continue
        if not fires and seconds != cleared:
            unmatched = seconds
        fires, cleared = False, seconds
    assert told(a_plan(), ordered).firing is fires


@given(HISTORIES)
def test_key_has_one_live_incident_and_counts_every_firing(
    history: list[tuple[AlertStatus, int]],
) -> None:
    plan = a_plan()
    items = [
        BatchItem(1, "generic", make_alert(status=s, at=NOON - timedelta(seconds=t)), b"k")
        for s, t in history
    ]
    counted = [Outcome.OPENED, Outcome.REPEATED, Outcome.REOPENED]
    verdicts = decide_all(plan, items)
    assert len(plan.drafts) <= 1
    assert plan.known[b"k"].occurrences == sum(verdict.outcome in counted for verdict in verdicts)
    assert plan.known[b"k"].firing is any(d.holder.live for d in plan.drafts)


def test_storm_resolves_when_last_alert_clears() -> None:
    storm = IncidentRef(1, "INC-1", State.IN_PROGRESS, storm=True, firing=2)
    known = {key: AlertState(key, holder=storm, status=FIRING) for key in (b"a", b"b")}
    plan = BatchPlan(NOON, RULES, 10 * MINUTE, known)
    first, last = decide_all(
        plan, [BatchItem(1, "generic", make_alert(status=RESOLVED), key) for key in (b"a", b"b")]
    )
    assert [(v.outcome, v.reason) for v in (first, last)] == [
        (Outcome.CLEARED, "others_still_firing"),
        (Outcome.CLEARED, "cleared_at_source"),
    ]
    assert storm.state is State.RESOLVED
