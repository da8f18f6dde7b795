"""The similarity of two troubles, by their words and by service, item and category. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio

MIN_SIMILARITY = 0.5
"""The lowest score that is worth showing."""

WORDS, SAME = 0.7, 0.1
"""The weights of the words, and of each of service, item and category that is the same."""

LONGEST = 500
"""The most characters of a text that are compared."""

_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class TroubleFeatures:
    """The features of a trouble that are compared."""

    title: str
    service: str = ""
    ci: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Similarity:
    """A score from 0 to 1 and its reasons: `words`, `service`, `ci`, `category`."""

    score: float
    reasons: tuple[str, ...]


def compute_similarity(one: TroubleFeatures, other: TroubleFeatures) -> Similarity:
    """Return how similar two troubles are.

    Words count in any order; Chinese, which has no spaces, is compared by pairs of characters.
    """
    a, b = words(one.title), words(other.title)
    text = (token_set_ratio(a, b) + token_sort_ratio(a, b)) / 200 if a and b else 0.0
    same = tuple(_same(one, other))
    score = round(WORDS * text + SAME * len(same), 2)
    return Similarity(score, (*(("words",) if text >= MIN_SIMILARITY else ()), *same))


def _same(one: TroubleFeatures, other: TroubleFeatures) -> Iterable[str]:
    for name in ("service", "ci", "category"):
        mine = getattr(one, name).casefold()
        if mine and mine == getattr(other, name).casefold():
            yield name


def words(text: str) -> str:
    """Return the words of a text in lower case.

    A run of Chinese becomes its pairs of characters.
    """
    split = re.sub(r"[^\w]+", " ", _HAN.sub(_pairs, text[:LONGEST].casefold()))
    return " ".join(split.split())


def _pairs(run: re.Match[str]) -> str:
    text = run.group()
    return f" {' '.join(text[i : i + 2] for i in range(max(1, len(text) - 1)))} "
