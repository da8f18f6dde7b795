"""Every word of the domain has a label in both languages."""

from enum import StrEnum
from typing import get_args, get_type_hints

import pytest

from gateway.incidents.labels import CLOCKS, LABELS, LOCALES, clock_label, label
from gateway.incidents.model import (
    Closure,
    HoldReason,
    Impact,
    Kind,
    LeaderOutcome,
    ReportStatus,
    RequestCategory,
    Resolution,
    State,
    Tier,
    Urgency,
)
from gateway.oncall.roles import GroupTier, Role
from gateway.settings import Notify, Policy


@pytest.mark.parametrize(
    "kind",
    [
        State,
        Kind,
        RequestCategory,
        HoldReason,
        Resolution,
        Closure,
        LeaderOutcome,
        ReportStatus,
        Impact,
        Urgency,
        Tier,
        Role,
        GroupTier,
    ],
)
def test_every_value_has_words_in_both_languages(kind: type[StrEnum]) -> None:
    assert set(LABELS[kind]) == set(kind)
    for value in kind:
        english, chinese = (label(value, locale) for locale in LOCALES)
        assert english
        assert english.isascii()
        assert chinese
        assert not chinese.isascii()


def test_every_clock_that_can_be_configured_has_words() -> None:
    names = get_args(get_args(get_args(get_type_hints(Policy)["targets"])[1])[0])
    assert set(CLOCKS) == set(names)
    assert [clock_label("desk", locale) for locale in LOCALES] == ["desk hand-over", "一线转出"]
    assert clock_label("unknown", "en") == "unknown"


def test_the_locales_are_those_that_can_be_configured() -> None:
    assert set(LOCALES) == set(get_args(get_type_hints(Notify)["locale"]))
