"""Every command in every state leads only to a state of the table."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import IllegalTransition, Unprocessable
from gateway.incidents import commands as c
from gateway.incidents.ledger import ClockEvent, LedgerEntry, from_json, to_json
from gateway.incidents.lifecycle import (
    ACTIONS,
    BACK,
    FREED,
    SAME,
    TRANSITIONS,
    UNDONE,
    UNTAKEN,
    allowed_actions,
    apply_command,
)
from gateway.incidents.record import Incident
from gateway.settings import load
from gateway.sla.clocks import read_clocks
from gateway.sla.policies import read_policies
from gateway.vocabulary import LIVE, HoldReason, Impact, State, Tier, Urgency
from tests.support.clock import NOON

POLICY = read_policies(load(None, {}).sla)["itil-minutes"]
LATER = NOON + timedelta(minutes=1)


def an_incident(state: State = State.LOGGED, **more: object) -> Incident:
    made = Incident(
        id=1,
        number="INC-20260302-000001",
        title="Mail is down",
        source="email",
        priority=3,
        impact=Impact.GROUP,
        urgency=Urgency.NORMAL,
        occurred_at=NOON,
        recorded_at=NOON,
        updated_at=NOON,
        policy="itil-minutes",
        ledger=(LedgerEntry(NOON, ClockEvent.RECORD, priority=3),),
        version=1,
        timeline_hash=b"h",
    )
    if state is State.ON_HOLD:
        more = {"held_state": State.ASSIGNED, "hold_reason": HoldReason.AWAITING_USER} | more
    return replace(made, state=state, **more)  # type: ignore[arg-type]


COMMANDS: tuple[c.Command, ...] = (
    c.Acknowledge(), c.Unacknowledge(), c.Decline(), c.UndoAccept(state=State.LOGGED),
    c.Assign(group="unix", person="li"), c.Return(),
    c.Hold(reason=HoldReason.AWAITING_VENDOR), c.Resume(), c.Escalate(to="vendor", vendor="acme"),
    c.Escalate(to="tier3"), c.Resolve(solution="restarted"),
    c.Confirm(satisfaction=3),
    c.Refuse(), c.Close(), c.Reject(), c.DeclareMajor(reason="all of sales"),
    c.Note(note="called back"), c.Rate(satisfaction=1), c.CallBack(),
    c.Shelve(reason="waits", until=LATER), c.Unshelve(),
    c.Clear(reason="cleared_at_source"), c.FireAgain(reason="fired_again"),
)  # fmt: skip


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_command_follows_transition_table_or_is_refused(command: c.Command, state: State) -> None:
    incident = an_incident(state)
    if state not in TRANSITIONS[type(command)]:
        with pytest.raises(IllegalTransition) as refused:
            apply_command(incident, command, "li", LATER)
        assert refused.value.facts["allowed"] == allowed_actions(state)
        return
    to = TRANSITIONS[type(command)][state]
    after = apply_command(incident, command, "li", LATER).after
    back = State.ASSIGNED if state is State.ON_HOLD else State.LOGGED
    moved = {SAME: state, FREED: state, BACK: back, UNTAKEN: back, UNDONE: State.LOGGED}
    assert after.state is moved.get(to, to)


@pytest.mark.parametrize(("group", "state"), [("unix", State.ASSIGNED), ("", State.LOGGED)])
@pytest.mark.parametrize(("assignee", "kept"), [("li", ""), ("wang", "wang")])
def test_withdrawn_acknowledgement_returns_incident_to_group(
    group: str, state: State, assignee: str, kept: str
) -> None:
    taken = an_incident(
        State.IN_PROGRESS, assignee_group=group, handler="li", assignee=assignee, responded_at=NOON
    )
    after = apply_command(taken, c.Unacknowledge(person="li"), "gateway", LATER).after
    assert (after.state, after.handler, after.assignee, after.responded_at) == (
        state,
        kept,
        kept,
        None,
    )
    assert after.ledger == taken.ledger


def test_only_first_acknowledgement_counts_as_response() -> None:
    first = apply_command(an_incident(), c.Acknowledge(), "li", LATER)
    assert (first.after.responded_at, first.after.handler, first.after.assignee) == (
        LATER,
        "li",
        "li",
    )
    assert apply_command(first.after, c.Acknowledge(), "wang", LATER).events == ()


def test_returns_refusals_and_refirings_are_counted() -> None:
    assert apply_command(an_incident(State.ASSIGNED), c.Return(), "li", LATER).after.returned == 1
    assert apply_command(an_incident(State.RESOLVED), c.Refuse(), "li", LATER).after.reopened == 1
    again = apply_command(
        an_incident(State.RESOLVED, responded_at=NOON), c.FireAgain(reason="r"), "gateway", LATER
    ).after
    assert (again.reopened, again.state) == (1, State.IN_PROGRESS)


def test_unaccepted_incident_firing_again_returns_to_assigned_group() -> None:
    given = replace(an_incident(State.RESOLVED), assignee_group="net", tier=Tier.SECOND)
    desk = replace(given, tier=Tier.DESK)
    nobody = replace(given, assignee_group="")
    states = [
        apply_command(one, c.FireAgain(reason="r"), "gateway", LATER).after.state
        for one in (given, desk, nobody)
    ]
    assert states == [State.ASSIGNED, State.LOGGED, State.LOGGED]


def test_rating_text_is_kept_and_refusal_clears_callback() -> None:
    rated = apply_command(
        an_incident(State.RESOLVED), c.Rate(satisfaction=2, note="took long"), "li", LATER
    ).after
    called = apply_command(rated, c.CallBack(note="all is well"), "li", LATER).after
    assert (called.satisfaction, called.satisfaction_text) == (2, "took long")
    assert (called.called_back_at, called.called_back_by, called.state) == (
        LATER,
        "li",
        State.RESOLVED,
    )
    closed = apply_command(called, c.Close(note="not a rating"), "li", LATER).after
    assert (closed.satisfaction, closed.satisfaction_text, closed.called_back_at) == (
        2,
        "took long",
        LATER,
    )
    again = apply_command(called, c.Refuse(), "li", LATER).after
    assert (again.called_back_at, again.called_back_by) == (None, "")


def test_invalid_hold_end_or_unnamed_vendor_is_refused() -> None:
    with pytest.raises(Unprocessable):
        apply_command(
            an_incident(), c.Hold(reason=HoldReason.FORCE_MAJEURE, until=LATER), "li", LATER
        )
    with pytest.raises(Unprocessable) as nameless:
        apply_command(an_incident(State.IN_PROGRESS), c.Escalate(to="vendor"), "li", LATER)
    assert [flaw.pointer for flaw in nameless.value.flaws] == ["/vendor"]


def test_resolving_held_incident_ends_hold() -> None:
    after = apply_command(an_incident(State.ON_HOLD), c.Resolve(), "li", LATER).after
    assert (after.hold_reason, after.held_state, after.resolved_at) == (None, None, LATER)


def test_closing_keeps_rating_unless_new_one_is_given() -> None:
    rated = an_incident(State.RESOLVED, satisfaction=2)
    assert apply_command(rated, c.Close(), "li", LATER).after.satisfaction == 2
    assert apply_command(rated, c.Confirm(satisfaction=3), "li", LATER).after.satisfaction == 3


def test_every_api_action_is_in_transition_table() -> None:
    assert set(ACTIONS.values()) <= set(TRANSITIONS)
    assert all(allowed_actions(state) for state in State)


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.integers(0, 600)), max_size=30))
def test_any_command_sequence_keeps_valid_state_and_ledger(
    path: list[tuple[c.Command, int]],
) -> None:
    incident, now = an_incident(), NOON
    for command, seconds in path:
        now += timedelta(seconds=seconds)
        incident = _after(incident, command, now)
        assert incident.state in State
        assert (incident.resolved_at is not None) == (
            incident.state in {State.RESOLVED, State.CLOSED}
        )
        assert (incident.hold_reason is not None) == (incident.state is State.ON_HOLD)
    readings = read_clocks(POLICY, incident.ledger, now)
    running = [reading for reading in readings if reading.state == "running"]
    assert incident.state in LIVE or not running
    assert from_json(to_json(incident.ledger)) == incident.ledger


def _after(incident: Incident, command: c.Command, now: datetime) -> Incident:
    try:
        return apply_command(incident, command, "li", now).after
    except IllegalTransition:
        return incident


@pytest.mark.parametrize("reason", ["", " \n"])
def test_declaring_major_incident_requires_reason(reason: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        apply_command(an_incident(), c.DeclareMajor(reason=reason), "max", LATER)
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/reason"]


def test_only_vendor_hold_names_vendor() -> None:
    held = apply_command(
        an_incident(), c.Hold(reason=HoldReason.AWAITING_VENDOR, vendor="HP"), "li", LATER
    ).after
    assert held.third_party == "HP"
    with pytest.raises(Unprocessable) as refused:
        apply_command(
            an_incident(), c.Hold(reason=HoldReason.FORCE_MAJEURE, vendor="HP"), "li", LATER
        )
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/vendor"]


def test_grading_applies_only_once_and_only_to_claim() -> None:
    assert apply_command(an_incident(), c.Grade(), "li", LATER).events == ()
    claimed = an_incident(claimed_impact=Impact.BUSINESS, claimed_urgency=Urgency.URGENT)
    judged = apply_command(claimed, c.Grade(note="one person"), "li", LATER)
    assert [event for event, _ in judged.events] == ["graded"]
    assert apply_command(judged.after, c.Grade(), "li", LATER).events == ()


def test_escalated_incident_is_acknowledged_once_in_its_tier() -> None:
    up = apply_command(
        an_incident(State.IN_PROGRESS, handler="tom", assignee="tom"),
        c.Escalate(to="tier3", group="kernel"),
        "tom",
        LATER,
    )
    assert (up.after.handler, up.after.assignee_group) == ("", "kernel")
    taken = apply_command(up.after, c.Acknowledge(), "tess", LATER).after
    assert (taken.state, taken.handler, taken.assignee) == (State.ESCALATED, "tess", "tom")
    assert apply_command(taken, c.Acknowledge(), "thea", LATER).events == ()
