"""Giving back what one took: undone within a minute, declined with a reason later."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors import Unprocessable
from gateway.incidents import commands as c
from gateway.incidents.lifecycle import apply_command
from gateway.incidents.releasing import UNDO_WITHIN, Acceptance, release_command
from gateway.sla.clocks import ClockState, read_clocks
from gateway.sla.outcomes import CountedEvent, count_outcomes
from gateway.vocabulary import ClockName, State
from tests.incidents.test_lifecycle import LATER, POLICY, an_incident

TAKEN = an_incident(State.IN_PROGRESS, handler="ann", assignee="ann")
ACCEPTED = Acceptance(LATER, "ann", State.ASSIGNED, handler="bob", assignee="bob")


def test_acceptance_is_undone_within_a_minute() -> None:
    assert release_command(TAKEN, c.Release(), ACCEPTED, LATER + UNDO_WITHIN) == c.UndoAccept(
        state=State.ASSIGNED, handler="bob", assignee="bob"
    )


@pytest.mark.parametrize(
    ("accepted", "after"),
    [
        (ACCEPTED, UNDO_WITHIN + timedelta(microseconds=1)),
        (replace(ACCEPTED, alone=False), timedelta()),
        (replace(ACCEPTED, person="bob"), timedelta()),
        (None, timedelta()),
    ],
)
def test_later_it_is_declined_with_a_reason(accepted: Acceptance | None, after: timedelta) -> None:
    with pytest.raises(Unprocessable) as refused:
        release_command(TAKEN, c.Release(reason=" "), accepted, LATER + after)
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/reason"]
    made = release_command(TAKEN, c.Release(reason="ill"), accepted, LATER + after)
    assert made == c.Decline(reason="ill")


def test_undone_acceptance_leaves_clocks_as_if_it_had_not_been() -> None:
    first = an_incident(State.ASSIGNED, assignee_group="net")
    taken = apply_command(first, c.Acknowledge(), "ann", LATER).after
    undone = apply_command(
        taken, c.UndoAccept(state=State.ASSIGNED), "ann", LATER + timedelta(seconds=30)
    ).after
    assert (undone.state, undone.handler, undone.assignee) == (State.ASSIGNED, "", "")
    assert undone.responded_at is None
    for minutes in (2, 5, 600):
        at = LATER + timedelta(minutes=minutes)
        was, now = (read_clocks(POLICY, one.ledger, at) for one in (first, undone))
        assert [one.name for one, other in zip(was, now, strict=True) if one != other] == []


def test_later_acceptance_is_the_response() -> None:
    taken = apply_command(an_incident(), c.Acknowledge(), "ann", LATER).after
    undone = apply_command(taken, c.UndoAccept(state=State.LOGGED), "ann", LATER).after
    at = LATER + timedelta(minutes=3)
    again = apply_command(undone, c.Acknowledge(), "bob", at).after
    response = read_clocks(POLICY, again.ledger, at)[0]
    assert (response.name, response.state) == (ClockName.RESPONSE, ClockState.MET)
    assert response.elapsed == at - again.ledger[0].at
    assert again.responded_at == at


def test_takeover_of_an_answered_record_leaves_the_response() -> None:
    taken = apply_command(an_incident(), c.Acknowledge(), "ann", LATER).after
    given = apply_command(taken, c.Assign(group="net"), "ann", LATER).after
    over = apply_command(given, c.Acknowledge(), "bob", LATER + timedelta(minutes=1)).after
    undone = apply_command(
        over, c.UndoAccept(state=State.ASSIGNED), "bob", LATER + timedelta(minutes=1)
    ).after
    assert undone.responded_at == LATER
    assert undone.ledger == over.ledger


def test_undone_acceptance_is_not_counted_as_reopening() -> None:
    taken = apply_command(an_incident(), c.Acknowledge(), "ann", LATER).after
    undone = apply_command(taken, c.UndoAccept(state=State.LOGGED), "ann", LATER).after
    assert CountedEvent.REOPENED not in {
        one.counted for one in count_outcomes(POLICY, taken, undone)
    }
