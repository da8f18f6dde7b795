"""How often the judgement is right, on phrases it was made on and on others; the page says what comes out."""

from functools import cache
from pathlib import Path

import pytest

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


def test_the_same_seed_tells_the_same_stories() -> None:
    once, again = (list(Teller(7, phrases).stories(50)) for _ in range(2))
    assert once == again
