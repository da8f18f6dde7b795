"""Acknowledgements, their withdrawal and notes that people make in the tool of a sender."""

from typing import Any

import pytest

from gateway.dedup.sender_actions import command_of
from gateway.dedup.steps import PersonSaid
from gateway.incidents import commands
from gateway.vocabulary import AlertStatus, Outcome, State
from tests.incidents.test_lifecycle import an_incident
from tests.support.intake import FIRING, RESOLVED, IntakeHarness, make_alert

ACKNOWLEDGED, UNACKNOWLEDGED, COMMENTED = (
    AlertStatus.ACKNOWLEDGED,
    AlertStatus.UNACKNOWLEDGED,
    AlertStatus.COMMENTED,
)


def said(status: AlertStatus, author: str = "", note: str = "") -> PersonSaid:
    return PersonSaid("nagios", make_alert(status=status, author=author, note=note))


@pytest.mark.parametrize("state", [State.LOGGED, State.ASSIGNED])
@pytest.mark.parametrize(
    ("author", "note", "person", "words"),
    [
        ("obrien", "taking it", "obrien (nagios)", "taking it"),
        ("", "", "at the source", "acknowledged in the sender's tool"),
    ],
)
def test_acknowledgement_keeps_author_and_note(
    state: State, author: str, note: str, person: str, words: str
) -> None:
    command = command_of(an_incident(state), said(ACKNOWLEDGED, author, note))
    assert command == commands.Acknowledge(person=person, note=words)


@pytest.mark.parametrize(
    ("handler", "author", "note", "kept"),
    [
        ("obrien (nagios)", "obrien", "taking it", None),
        ("bob", "", "", None),
        ("bob", "obrien", "", "obrien (nagios): acknowledged in the sender's tool"),
        ("bob", "obrien", "me too", "obrien (nagios): me too"),
    ],
)
def test_acknowledgement_of_handled_incident_becomes_note_once(
    handler: str, author: str, note: str, kept: str | None
) -> None:
    command = command_of(
        an_incident(State.IN_PROGRESS, handler=handler), said(ACKNOWLEDGED, author, note)
    )
    assert command == (None if kept is None else commands.Note(note=kept))


@pytest.mark.parametrize("handler", ["obrien (nagios)", "at the source"])
def test_unacknowledgement_withdraws_acknowledgement_of_same_tool(handler: str) -> None:
    command = command_of(
        an_incident(State.IN_PROGRESS, handler=handler), said(UNACKNOWLEDGED, "anna", "not mine")
    )
    assert command == commands.Unacknowledge(person="anna (nagios)", note="not mine")


@pytest.mark.parametrize(
    ("state", "handler"),
    [
        (State.IN_PROGRESS, "bob"),
        (State.IN_PROGRESS, "anna (zabbix)"),
        (State.ON_HOLD, "anna (nagios)"),
    ],
)
@pytest.mark.parametrize(
    ("note", "kept"),
    [
        ("", "anna (nagios): took the acknowledgement back"),
        ("sorry", "anna (nagios): took the acknowledgement back. sorry"),
    ],
)
def test_unacknowledgement_of_other_handler_becomes_note(
    state: State, handler: str, note: str, kept: str
) -> None:
    command = command_of(an_incident(state, handler=handler), said(UNACKNOWLEDGED, "anna", note))
    assert command == commands.Note(note=kept)


def test_comment_becomes_note_unless_empty() -> None:
    assert command_of(an_incident(State.LOGGED), said(COMMENTED, "anna", "dump?")) == commands.Note(
        note="anna (nagios): dump?"
    )
    assert command_of(an_incident(State.LOGGED), said(COMMENTED, "anna")) is None


async def timeline(intake: IntakeHarness) -> list[dict[str, Any]]:
    return await intake.rows(
        "SELECT event, facts->>'person' AS person, facts->>'note' AS note FROM timeline "
        "ORDER BY seq"
    )


async def test_acknowledgement_and_withdrawal_are_recorded_in_timeline(
    intake: IntakeHarness,
) -> None:
    await intake.one()
    taken = await intake.one(status=ACKNOWLEDGED, author="obrien", note="taking it")
    assert taken.outcome is Outcome.ACKNOWLEDGED
    assert (await intake.rows("SELECT state, handler FROM incident"))[0] == {
        "state": "in_progress",
        "handler": "obrien (generic)",
    }
    back = await intake.one(status=UNACKNOWLEDGED, author="obrien", note="shift ends")
    assert (back.outcome, back.reason) == (Outcome.UNACKNOWLEDGED, "unacknowledged_at_source")
    rows = await intake.rows("SELECT state, handler, assignee, responded_at FROM incident")
    assert rows == [{"state": "logged", "handler": "", "assignee": "", "responded_at": None}]
    assert (await timeline(intake))[-2:] == [
        {"event": "accepted", "person": "obrien (generic)", "note": "taking it"},
        {"event": "unacknowledged", "person": "obrien (generic)", "note": "shift ends"},
    ]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(COMMENTED, Outcome.ADDED), (FIRING, Outcome.REPEATED), (RESOLVED, Outcome.CLEARED)],
)
async def test_note_of_any_event_is_kept(
    intake: IntakeHarness, status: AlertStatus, outcome: Outcome
) -> None:
    await intake.one()
    await intake.one()
    assert (
        await intake.one(status=status, author="anna", note="found it: dump dir")
    ).outcome is outcome
    notes = [entry["note"] for entry in await timeline(intake) if entry["event"] == "note"]
    assert notes == ["anna (generic): found it: dump dir"]


async def test_sender_action_without_open_incident_is_ignored(intake: IntakeHarness) -> None:
    for status in (ACKNOWLEDGED, UNACKNOWLEDGED, COMMENTED):
        result = await intake.one(status=status, author="anna", note="what?")
        assert (result.outcome, result.reason) == (Outcome.IGNORED, "nothing_open")
