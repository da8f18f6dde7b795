"""The precision and recall of the correlation, on the phrases it was made on and on others.

docs/correlation.md shows the same figures.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from gateway.catalogue.topology import Topology
from gateway.correlation import scoring
from gateway.correlation.features import CandidateMaster, ReportText, read_features
from tests.correlation.corpus import phrases, strangers, strangers_tried, strangers_unseen, unseen
from tests.correlation.corpus.measure import Table, measure
from tests.correlation.corpus.offices import Outcome, Pair, measured, pairs
from tests.correlation.corpus.stories import Teller
from tests.correlation.corpus.world import topology
from tests.support.clock import NOON

PAGE = (Path(__file__).parents[2] / "docs" / "correlation.md").read_text("utf-8")
HALVES = {"known": (20260302, phrases), "unseen": (77, unseen)}
REPORTS = 500


@cache
def table(half: str) -> Table:
    return measure(Teller(*HALVES[half]).stories(REPORTS), topology())


@pytest.mark.parametrize("half", HALVES)
def test_correlation_precision_and_recall_meet_targets(half: str) -> None:
    found = table(half)
    assert found.reports >= REPORTS
    assert found.precision >= 0.98
    assert found.recall >= 0.90


@pytest.mark.parametrize("half", HALVES)
def test_correlation_page_shows_measured_table(half: str) -> None:
    assert table(half).markdown() in PAGE


@pytest.mark.parametrize("half", HALVES)
def test_corpus_contains_every_trap_in_both_languages(half: str) -> None:
    told = [
        event
        for story in Teller(*HALVES[half]).stories(REPORTS)
        for event in story.events
        if not event.alert
    ]
    assert {event.trap for event in told} == {
        "",
        "data",
        "request",
        "over",
        "planned",
        "alone",
        "vague",
        "elsewhere",
        "old",
        "site",
    }
    chinese = sum(
        any("\u3400" <= sign <= "\u9fff" for sign in event.title + event.text) for event in told
    )
    assert 0.4 < chinese / len(told) < 0.75


OFFICES = {
    "tried first": (41, strangers),
    "tried second": (97, strangers_tried),
    "not seen": (131, strangers_unseen),
}
STRANGERS, NEIGHBOURS = 200, 300


@cache
def outcome(half: str) -> Outcome:
    seed, words = OFFICES[half]
    return measured(pairs(words, seed, STRANGERS, NEIGHBOURS), Topology())


@pytest.mark.parametrize("half", OFFICES)
def test_unrelated_reports_stay_apart_without_catalogue(half: str) -> None:
    found = outcome(half)
    assert found.linked >= NEIGHBOURS / 2
    assert found.precision >= 0.995
    assert found.proposed > 0


@pytest.mark.parametrize("half", OFFICES)
def test_correlation_page_shows_results_without_catalogue(half: str) -> None:
    assert f"| {half} | {outcome(half).row()}" in PAGE


@pytest.mark.parametrize("half", OFFICES)
def test_unrelated_pairs_cover_both_languages_and_similar_texts(half: str) -> None:
    told = [
        pair
        for pair in pairs(OFFICES[half][1], OFFICES[half][0], STRANGERS, NEIGHBOURS)
        if not pair.related
    ]
    chinese = sum(any("\u3400" <= sign <= "\u9fff" for sign in pair.first) for pair in told)
    assert 0.4 < chinese / len(told) < 0.65
    without_a_condition = [pair for pair in told if likely(pair)]
    assert len(without_a_condition) >= STRANGERS / 3


def likely(pair: Pair) -> bool:
    first, second = (
        read_features(ReportText(title=text), Topology()) for text in (pair.first, pair.second)
    )
    master = CandidateMaster(id=1, number="1", opened_at=NOON - pair.apart, reading=first)
    return bool(scoring.score_candidates(second, [master], Topology(), NOON))


def test_correlation_page_lists_every_weight() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| ([-0-9., ]+) \|$", PAGE, re.MULTILINE))
    shown = {
        "the same item": scoring.SAME_ITEM_POINTS,
        "the same machine or code": scoring.ADDRESS,
        "the same service, named": scoring.SERVICE,
        "it depends on": scoring.CATALOGUE,
        "the same service, chosen": scoring.CHOSEN,
        "the same symptom": scoring.SAME,
        "a symptom that comes": scoring.EXPLAINED,
        "one of them says only": scoring.VAGUE,
        "the same words": scoring.WORDS,
        "opened": ", ".join(f"{points}" for _, points in scoring.TIMES),
        "another symptom": scoring.OTHER_SYMPTOM,
        "another site": scoring.OTHER_SITE,
        "another item": scoring.OTHER_ITEM,
        "another service": scoring.ALSO_NAMES,
        "it is theirs alone": scoring.ALONE,
        "a story of before": scoring.EARLIER,
        "it is said": scoring.WELL,
        "another number": scoring.OTHER_NUMBER,
        "neither says": scoring.UNNAMED,
    }
    assert len(rows) == len(shown)
    for beginning, weight in shown.items():
        assert [points for fact, points in rows.items() if fact.startswith(beginning)] == [
            str(weight)
        ], beginning


def test_same_seed_generates_same_stories() -> None:
    once, again = (list(Teller(7, phrases).stories(50)) for _ in range(2))
    assert once == again
