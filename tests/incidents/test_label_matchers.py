"""Matchers mean the same as in Alertmanager, and no pattern takes much time or memory."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.incidents.label_matchers import (
    MatchedAlert,
    Matcher,
    MatchWork,
    Regex,
    WorkExhausted,
    check_patterns,
)


def a_regex(value: str, sign: str = "=~") -> Matcher:
    return Matcher("service", sign, value, f"^(?:{value})$")


@pytest.mark.parametrize(
    ("value", "text", "matches"),
    [
        ("web-.*", "web-1", True),
        ("web", "web-1", False),
        ("a|b", "b", True),
        ("(?i)CRM", "crm", True),
        ("服务.*", "服务一", True),
        (".*", "two\nlines", True),
        ("", "", True),
    ],
)
def test_pattern_matches_whole_text(value: str, text: str, matches: bool) -> None:
    assert Regex(value).matches(text.encode()) is matches


@given(st.text("ab.-1", max_size=6), st.text("ab.-1\n", max_size=6))
def test_escaped_literal_matches_only_itself(value: str, text: str) -> None:
    assert Regex(re.escape(value)).matches(text.encode()) is (value == text)


@pytest.mark.parametrize(
    "value", ["(", "(a)\\1", "(?=a)", "\\y", "a{1001}", "\\pL{1,9}", "((a?){30}){60}"]
)
def test_invalid_or_too_large_pattern_is_refused_with_pointer(value: str) -> None:
    fine = a_regex("a")
    with pytest.raises(Malformed, match="/matchers/1/value"):
        check_patterns([fine, a_regex(value)])
    check_patterns([fine, Matcher("service", "=", value, value)])


@pytest.mark.parametrize(
    "value", [".*a.{100}", "(.*a){20}", "((a?){20}){40}", "(a*)*b", "[^a]{1,200}"]
)
def test_hostile_pattern_time_is_within_its_cost(value: str) -> None:
    regex, text = Regex(value), b"ax" * 2_048
    taken = []
    for _ in range(3):
        began = time.thread_time()
        regex.matches(text)
        taken.append((time.thread_time() - began) * 1_000_000)
    assert min(taken) < 5 * regex.cost(text)


def test_service_texts_include_label_and_alert_service() -> None:
    alert = MatchedAlert({"service": "shop", "ci": ""}, "crm", "host-1")
    assert alert.texts("service") == ("shop", "crm")
    assert alert.texts("ci") == ("host-1",)
    assert alert.texts("team") == ("",)


def test_work_can_be_overdrawn_once() -> None:
    work = MatchWork(1.0)
    work.spend(10.0)
    assert work.left == -9.0
    with pytest.raises(WorkExhausted):
        work.spend(0.0)


def test_compile_cost_grows_with_pattern_size() -> None:
    assert Regex("a").compiling < Regex("[^a]{1,200}").compiling
    assert str(a_regex("a.*")) == 'service=~"a.*"'
