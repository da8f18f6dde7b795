"""Refusals of actions are told in both languages."""

from dataclasses import replace

import pytest

from gateway.access.denial import DenialCause
from gateway.access.record_locations import RecordLocation
from gateway.incidents.labels import LOCALES
from gateway.incidents.lifecycle import ACTIONS
from gateway.operations.actions.available_actions import Refusal
from gateway.operations.actions.refusal_words import (
    ACTION_LABELS,
    LOCATIONS,
    REFUSALS,
    refusal_text,
)
from gateway.vocabulary import State
from tests.access.situations import RECORD


def test_every_action_and_location_has_words() -> None:
    assert set(ACTION_LABELS) == set(ACTIONS)
    assert set(LOCATIONS) == set(RecordLocation)
    assert set(DenialCause) - {DenialCause.HIDDEN} <= set(REFUSALS)


@pytest.mark.parametrize(
    ("refusal", "english", "chinese"),
    [
        (
            Refusal("roles", "", ("leader",)),
            "Your roles (leader) do not include this.",
            "你的角色（分管领导）不包含此操作。",
        ),
        (
            Refusal("roles", ""),
            "Your roles (none) do not include this.",
            "你的角色（无）不包含此操作。",
        ),
        (
            Refusal("location", "", (RecordLocation.DESK,)),
            "Your roles allow this only for a record that is with the service desk.",
            "你的角色只允许对以下记录执行：服务台的记录。",
        ),
        (
            Refusal("state", "", (State.RESOLVED, State.CLOSED)),
            "It is in progress; this is possible only while it is: resolved, closed.",
            "当前状态为“受理中”，只有在以下状态才能执行：已解决、已关闭。",
        ),
        (
            Refusal("priorities", "", ("P3", "P4")),
            "Your roles allow this only for a record of P3, P4.",
            "你的角色只允许对 P3、P4 的记录执行。",
        ),
        (
            Refusal("taken", "", ("bob",)),
            "bob has it already. Assign it to take it over.",
            "bob 已接手，如需接管请转派。",
        ),
    ],
)
def test_refusal_is_told_in_both_languages(refusal: Refusal, english: str, chinese: str) -> None:
    record = replace(RECORD, state=State.IN_PROGRESS)
    assert [refusal_text(refusal, record, one) for one in LOCALES] == [english, chinese]
