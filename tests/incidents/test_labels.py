"""Every term of the domain has a label in both languages."""

import inspect
from enum import StrEnum
from typing import get_args, get_type_hints

import pytest

from gateway import vocabulary
from gateway.directory.roles import GroupTier, Role
from gateway.incidents.labels import (
    CLOCKS,
    LABELS,
    LOCALES,
    REQUEST_STATES,
    SATISFACTION,
    clock_label,
    label,
    state_label,
)
from gateway.settings import Notify, PolicySettings
from gateway.vocabulary import Kind, State

UNLABELLED = {
    vocabulary.ClockName,  # labelled by CLOCKS
    vocabulary.MonitorState,
    vocabulary.PingSignal,
    vocabulary.Quota,
    vocabulary.SelfCheck,  # worded by gateway/watch/words.py
    vocabulary.SkipReason,
}
"""Enums whose values only APIs and metrics show, without a label."""

KINDS = [
    *(
        kind
        for _, kind in inspect.getmembers(vocabulary, inspect.isclass)
        if issubclass(kind, StrEnum) and kind not in UNLABELLED
    ),
    Role,
    GroupTier,
]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not StrEnum])
def test_every_enum_value_has_labels_in_both_languages(kind: type[StrEnum]) -> None:
    assert set(LABELS[kind]) == set(kind)
    for value in kind:
        english, chinese = (label(value, locale) for locale in LOCALES)
        assert english
        assert english.isascii()
        assert chinese
        assert not chinese.isascii()


def test_every_configurable_clock_has_labels() -> None:
    names = get_args(get_args(get_args(get_type_hints(PolicySettings)["targets"])[1])[0])
    assert set(CLOCKS) == set(names)
    assert [clock_label("desk", locale) for locale in LOCALES] == ["desk hand-over", "一线转出"]
    assert clock_label("unknown", "en") == "unknown"


def test_locales_equal_configurable_locales() -> None:
    assert set(LOCALES) == set(get_args(get_type_hints(Notify)["locale"]))


def test_every_rating_has_labels() -> None:
    assert set(SATISFACTION) == {1, 2, 3}
    for english, chinese in (
        *SATISFACTION.values(),
        *REQUEST_STATES.values(),
    ):
        assert english.isascii()
        assert not chinese.isascii()


@pytest.mark.parametrize("state", State)
def test_service_request_states_have_own_labels(state: State) -> None:
    for place, locale in enumerate(LOCALES):
        assert state_label(state, Kind.INCIDENT, locale) == label(state, locale)
        wanted = REQUEST_STATES[state][place] if state in REQUEST_STATES else label(state, locale)
        assert state_label(state, Kind.SERVICE_REQUEST, locale) == wanted
    assert state_label(State.RESOLVED, Kind.SERVICE_REQUEST, "zh-CN") == "已完成"
