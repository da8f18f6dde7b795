"""The silence that holds an alert back is found, each judged by itself, within a limit of work."""

import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from gateway.dedup import silencing
from gateway.dedup.silencing import PatternCache, SilenceConditions, SilenceSet
from gateway.incidents.label_matchers import MatchedAlert, Matcher, MatchWork
from gateway.vocabulary import SkipReason

PLENTY = 1e9


def a_matcher(name: str, sign: str, value: str) -> Matcher:
    return Matcher(name, sign, value, value)


def a_silence(number: int, *conditions: tuple[str, str, str]) -> SilenceConditions:
    return SilenceConditions.of(UUID(int=number), [a_matcher(*one) for one in conditions])


def judged(
    silences: list[SilenceConditions],
    labels: dict[str, str],
    work: float = PLENTY,
    *,
    every: bool = False,
) -> silencing.SuppressionResult:
    return SilenceSet(silences, PatternCache()).judge(
        MatchedAlert(labels), MatchWork(work), every=every
    )


def test_silence_matches_only_when_all_conditions_hold() -> None:
    both = a_silence(
        1,
        ("service", "=~", "sh.*"),
        ("team", "=", "shop"),
        ("env", "!=", "test"),
        ("zone", "!~", "x|y"),
    )
    assert judged([both], {"service": "shop", "team": "shop"}).places == [0]
    for changed in ({"service": "crm"}, {"team": "crm"}, {"env": "test"}, {"zone": "x"}):
        assert judged([both], {"service": "shop", "team": "shop"} | changed).places == []


def test_missing_label_is_matched_as_empty() -> None:
    assert judged([a_silence(1, ("team", "=", ""))], {}).places == [0]
    assert judged([a_silence(1, ("team", "=~", ".+"))], {}).places == []
    assert judged([a_silence(1, ("team", "!~", ".+"))], {}).places == [0]


def test_first_matching_silence_wins() -> None:
    plain, pattern = a_silence(1, ("service", "=", "shop")), a_silence(2, ("service", "=~", "sh.*"))
    for order in ([plain, pattern], [pattern, plain]):
        assert judged(order, {"service": "shop"}).places[0] == 0
        assert judged(order, {"service": "shop"}, every=True).places == [0, 1]


def test_silence_with_invalid_pattern_fails_alone() -> None:
    broken, fine = a_silence(1, ("service", "=~", "\\y.*")), a_silence(2, ("service", "=~", "sh.*"))
    held = judged([broken, fine], {"service": "shop"})
    assert (held.places, held.unjudged) == ([1], {SkipReason.PATTERN: 1})
    assert held.named == {SkipReason.PATTERN: broken.id}
    held = judged(
        [a_silence(1, ("service", "!~", "(")), SilenceConditions.of(UUID(int=3), None)], {}
    )
    assert (held.places, held.unjudged) == ([], {SkipReason.PATTERN: 2})


def test_plain_silences_are_judged_before_pattern_silences() -> None:
    patterns = [a_silence(number, ("service", "=~", f"no{number}.*")) for number in range(50)]
    plain = a_silence(99, ("service", "=", "shop"))
    held = judged([*patterns, plain], {"service": "shop"}, work=500)
    assert held.places == [50]
    assert 0 < held.unjudged[SkipReason.WORK] < 50


def test_silence_is_unjudged_without_work_left() -> None:
    held = judged([a_silence(1, ("service", "=", "shop"))], {"service": "shop"}, work=0)
    assert (held.places, held.unjudged) == ([], {SkipReason.WORK: 1})


def test_non_matching_equality_silences_cost_no_work() -> None:
    work = MatchWork(1.0)
    silences = SilenceSet(
        [a_silence(number, ("service", "=", f"s{number}")) for number in range(500)], PatternCache()
    )
    assert silences.judge(MatchedAlert({"service": "other"}), work).places == []
    assert work.left == 1.0


def test_repeated_match_costs_less_and_pattern_is_compiled_once() -> None:
    patterns, costs = PatternCache(), []
    silences = SilenceSet([a_silence(1, ("service", "=~", "sh.*"))], patterns)
    for text in ("shop", "shop", "ship", "s" * 500, "s" * 500):
        work = MatchWork(PLENTY)
        silences.judge(MatchedAlert({"service": text}), work)
        costs.append(round(PLENTY - work.left, 2))
    first, again, other, long, long_again = costs
    assert first > other > again
    assert long == long_again > other


def test_pattern_caches_are_bounded() -> None:
    patterns, work = PatternCache(), MatchWork(PLENTY)
    for number in range(silencing.MOST_COMPILED + 1):
        patterns.matches(f"a{number}", ("b",), work)
    assert len(patterns.compiled) == 1
    for number in range(silencing.MOST_REMEMBERED + 1):
        patterns.matches("a", (f"b{number}",), work)
    assert len(patterns.remembered) <= silencing.MOST_REMEMBERED


NAMES, VALUES = (
    st.sampled_from(["service", "ci", "team"]),
    st.sampled_from(["", "a", "b", "a|b", ".*", "b.*"]),
)
CONDITIONS = st.tuples(NAMES, st.sampled_from(["=", "!=", "=~", "!~"]), VALUES)


SILENCES = st.lists(st.lists(CONDITIONS, min_size=1, max_size=3), max_size=6)


@given(SILENCES, st.dictionaries(NAMES, st.sampled_from("ab"), max_size=3))
def test_silences_found_equal_reference_implementation(
    made: list[list[tuple[str, str, str]]], labels: dict[str, str]
) -> None:
    def holds(name: str, sign: str, value: str) -> bool:
        text = labels.get(name, "")
        equal = re.fullmatch(value, text) is not None if "~" in sign else text == value
        return equal is (sign[0] == "=")

    plain = [
        place for place, conditions in enumerate(made) if all(holds(*one) for one in conditions)
    ]
    silences = [a_silence(number, *conditions) for number, conditions in enumerate(made)]
    assert judged(silences, labels, every=True).places == plain
    assert judged(silences, labels).places[:1] == plain[:1]
