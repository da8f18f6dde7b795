"""Declining a record, and who is told of it again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.incidents import commands as c
from gateway.incidents.declining import declined_by, with_declined, without_declined
from gateway.incidents.lifecycle import apply_command
from gateway.vocabulary import State, Tier
from tests.incidents.test_lifecycle import LATER, an_incident


def test_decliner_loses_record_and_group_keeps_it() -> None:
    had = an_incident(
        State.IN_PROGRESS, assignee_group="net", assignee="ann", handler="ann", tier=Tier.SECOND
    )
    made = apply_command(had, c.Decline(reason="on a train"), "ann", LATER)
    after = made.after
    assert (after.state, after.handler, after.assignee) == (State.ASSIGNED, "", "")
    assert (after.assignee_group, after.tier) == ("net", Tier.SECOND)
    assert made.events == (
        ("declined", {"reason": "on a train", "state": State.ASSIGNED, "was": State.IN_PROGRESS}),
    )


def test_record_without_group_goes_to_the_desk() -> None:
    had = an_incident(State.ASSIGNED, assignee="ann", handler="ann", tier=Tier.SECOND)
    after = apply_command(had, c.Decline(), "ann", LATER).after
    assert (after.state, after.tier, after.handler) == (State.LOGGED, Tier.DESK, "")


def test_assignee_of_tier_2_stays_when_handler_declines() -> None:
    had = an_incident(State.IN_PROGRESS, assignee="bob", handler="ann", tier=Tier.SECOND)
    after = apply_command(had, c.Decline(), "ann", LATER).after
    assert (after.state, after.handler, after.assignee) == (State.ASSIGNED, "bob", "bob")


def test_record_that_somebody_else_has_stays_with_them() -> None:
    had = an_incident(State.IN_PROGRESS, assignee="bob", handler="bob", tier=Tier.SECOND)
    after = apply_command(had, c.Decline(), "ann", LATER).after
    assert (after.state, after.handler, after.assignee) == (State.IN_PROGRESS, "bob", "bob")
    assert declined_by(after) == {"ann"}


@pytest.mark.parametrize("tier", [Tier.THIRD, Tier.VENDOR])
def test_escalated_record_stays_escalated(tier: Tier) -> None:
    had = an_incident(State.ESCALATED, tier=tier, handler="ann")
    after = apply_command(had, c.Decline(), "ann", LATER).after
    assert (after.state, after.tier, after.handler) == (State.ESCALATED, tier, "")


def test_declining_twice_is_declining_once() -> None:
    once = apply_command(an_incident(), c.Decline(), "ann", LATER).after
    assert apply_command(once, c.Decline(), "ann", LATER + timedelta(minutes=1)).events == ()
    assert declined_by(once) == {"ann"}
    assert with_declined(once, "ann") == once.marks


@pytest.mark.parametrize(
    "command", [c.Acknowledge(), c.Assign(group="net"), c.Escalate(to="tier3"), c.Return()]
)
def test_next_round_tells_decliner_again(command: c.Command) -> None:
    state = State.ASSIGNED
    declined = replace(an_incident(state), marks=("overall@50", "declined:3:ann"))
    after = apply_command(declined, command, "bob", LATER).after
    assert declined_by(after) == frozenset()
    assert after.marks == without_declined(declined.marks) == ("overall@50",)


def test_raise_in_priority_tells_decliner_again() -> None:
    declined = apply_command(an_incident(), c.Decline(), "ann", LATER).after
    assert declined_by(replace(declined, priority=4)) == {"ann"}
    assert declined_by(replace(declined, priority=1)) == frozenset()
