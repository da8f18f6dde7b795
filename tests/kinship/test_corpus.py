"""How often the judgement is right, on phrases it was made on and on others; the page says what comes out."""

import re
from functools import cache
from pathlib import Path

import pytest

from gateway.kinship import judge
from tests.kinship.corpus import phrases, unseen
from tests.kinship.corpus.measure import Table, measure
from tests.kinship.corpus.stories import Teller
from tests.kinship.corpus.world import landscape

PAGE = (Path(__file__).parents[2] / "docs" / "kinship.md").read_text("utf-8")
HALVES = {"known": (20260302, phrases), "unseen": (77, unseen)}
REPORTS = 500


@cache
def table(half: str) -> Table:
    return measure(Teller(*HALVES[half]).stories(REPORTS), landscape())


@pytest.mark.parametrize("half", HALVES)
def test_links_are_right_and_few_are_missing(half: str) -> None:
    found = table(half)
    assert found.reports >= REPORTS
    assert found.precision >= 0.98
    assert found.recall >= 0.90


@pytest.mark.parametrize("half", HALVES)
def test_the_page_shows_what_comes_out(half: str) -> None:
    assert table(half).markdown() in PAGE


@pytest.mark.parametrize("half", HALVES)
def test_traps_of_every_kind_are_in_it_in_both_languages(half: str) -> None:
    told = [event for story in Teller(*HALVES[half]).stories(REPORTS) for event in story.events if not event.alert]
    assert {event.trap for event in told} == {
        "", "data", "request", "over", "planned", "alone", "vague", "elsewhere", "old", "site",
    }  # fmt: skip
    chinese = sum(any("\u3400" <= sign <= "\u9fff" for sign in event.title + event.text) for event in told)
    assert 0.4 < chinese / len(told) < 0.75


def test_every_weight_stands_on_the_page() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| ([-0-9., ]+) \|$", PAGE, re.MULTILINE))
    shown = {
        "the same item": judge.ITEM,
        "the same machine or code": judge.ADDRESS,
        "the same service, named": judge.SERVICE,
        "it depends on": judge.CATALOGUE,
        "the same service, chosen": judge.CHOSEN,
        "the same symptom": judge.SAME,
        "a symptom that comes": judge.EXPLAINED,
        "one of them says only": judge.VAGUE,
        "the same words": judge.WORDS,
        "opened": ", ".join(f"{points}" for _, points in judge.TIMES),
        "another symptom": judge.OTHER_SYMPTOM,
        "another site": judge.OTHER_SITE,
        "another item": judge.OTHER_ITEM,
        "another service": judge.ALSO_NAMES,
        "it is theirs alone": judge.ALONE,
        "a story of before": judge.EARLIER,
        "it is said": judge.WELL,
        "another number": judge.OTHER_NUMBER,
        "neither says": judge.UNNAMED,
    }
    assert len(rows) == len(shown)
    for beginning, weight in shown.items():
        assert [points for fact, points in rows.items() if fact.startswith(beginning)] == [str(weight)], beginning


def test_the_same_seed_tells_the_same_stories() -> None:
    once, again = (list(Teller(7, phrases).stories(50)) for _ in range(2))
    assert once == again
