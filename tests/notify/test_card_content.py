"""Tests of the text and buttons of a record's card in chats."""

from dataclasses import replace

import pytest

from gateway.notify.card_content import buttons, card_fingerprint, describe_record, render_card
from gateway.notify.press_tokens import PressTokens
from gateway.vocabulary import State
from tests.incidents.test_lifecycle import an_incident

TOKENS = PressTokens((b"new" * 11,))


def test_mark_changes_only_with_visible_content() -> None:
    one = an_incident()
    changes = (
        {"state": State.RESOLVED},
        {"priority": one.priority - 1},
        {"reopened": 1},
        {"handler": "ann"},
    )
    assert len(
        {card_fingerprint(one), *(card_fingerprint(replace(one, **change)) for change in changes)}
    ) == 1 + len(changes)
    assert card_fingerprint(
        replace(one, description="more", version=one.version + 1)
    ) == card_fingerprint(one)


def test_card_text_has_two_lines_in_reader_language() -> None:
    one = an_incident(State.IN_PROGRESS, title="Mail\nis down", handler="ann")
    assert describe_record(one, "en").splitlines() == [
        "[INC-20260302-000001] Priority 3 · Mail is down",
        "State: in progress · Handled by: ann",
    ]
    assert describe_record(replace(one, handler=""), "zh-CN").splitlines()[0] == (
        "[INC-20260302-000001] 优先级 3 · Mail is down"
    )
    assert "处理人" not in describe_record(replace(one, handler=""), "zh-CN")


def test_text_already_naming_incident_is_followed_by_state_only() -> None:
    one = an_incident()
    named = render_card(one, TOKENS, "en", "INC-20260302-000001 was opened", named=True)
    assert named.text == f"INC-20260302-000001 was opened\nState: {named.state}"
    assert render_card(one, TOKENS, "en", "Hello").text == f"Hello\n{describe_record(one, 'en')}"
    assert render_card(one, TOKENS, "en").text == describe_record(one, "en")
    assert (named.number, named.title) == (one.number, one.title)


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (State.LOGGED, ["acknowledge", "decline", "resolve"]),
        (State.ASSIGNED, ["acknowledge", "decline", "resolve"]),
        (State.IN_PROGRESS, ["resolve"]),
        (State.ON_HOLD, ["resolve"]),
        (State.RESOLVED, []),
        (State.CLOSED, []),
    ],
)
def test_buttons_match_incident_state(state: State, offered: list[str]) -> None:
    one = an_incident(state)
    pressable = buttons(one, TOKENS, "zh-CN")
    assert [button.action for button in pressable] == offered
    for button in pressable:
        read = TOKENS.read(button.token)
        assert read is not None
        assert read.incident_id == one.id
