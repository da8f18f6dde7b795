"""How alike two troubles are, by their words and by what they are about. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio

LEAST = 0.5
"""What is less alike than this is not worth being shown."""

WORDS, SAME = 0.7, 0.1
"""What the words weigh, and each of service, item and category that is the same."""

LONGEST = 500
"""Characters of a text that are compared."""

_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is compared."""

    title: str
    service: str = ""
    ci: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` from 0 to 1, and what it rests on: `words`, `service`, `ci`, `category`."""

    score: float
    reasons: tuple[str, ...]


def likeness(one: Trouble, other: Trouble) -> Likeness:
    """How alike they are. Words count in any order; Chinese, which has no spaces, is compared by pairs of characters."""
    a, b = words(one.title), words(other.title)
    text = (token_set_ratio(a, b) + token_sort_ratio(a, b)) / 200 if a and b else 0.0
    same = tuple(_same(one, other))
    score = round(WORDS * text + SAME * len(same), 2)
    return Likeness(score, (*(("words",) if text >= LEAST else ()), *same))


def _same(one: Trouble, other: Trouble) -> Iterable[str]:
    for name in ("service", "ci", "category"):
        mine = getattr(one, name).casefold()
        if mine and mine == getattr(other, name).casefold():
            yield name


def words(text: str) -> str:
    """The words of a text in lower case; a run of Chinese becomes its pairs of characters."""
    split = re.sub(r"[^\w]+", " ", _HAN.sub(_pairs, text[:LONGEST].casefold()))
    return " ".join(split.split())


def _pairs(run: re.Match[str]) -> str:
    text = run.group()
    return f" {' '.join(text[i : i + 2] for i in range(max(1, len(text) - 1)))} "
