"""Pairs of reports on an installation without a catalogue.

The two reports are of one trouble, or of two that only sound alike.

Strangers are two people with the same product and the same symptom and no more in common; most of
their pairs say the same sentence. Neighbours have one trouble: some name the machine, the code or
the number, some use a term of their trade that nobody else uses, and some give nothing by which
anybody could recognise the trouble.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gateway.catalogue.topology import Topology
from gateway.correlation.features import CandidateMaster, ReportText, read_features
from gateway.correlation.identifiers import select_rare_words
from gateway.correlation.scoring import choose_master, score_candidates
from tests.support.clock import NOON

Texts = Mapping[str, Sequence[str]]


class Words(Protocol):
    """The texts of one part of the corpus, by language."""

    COMPLAINTS: Texts
    PRODUCTS: Texts
    GREETINGS: Texts
    SIGNATURES: Texts
    SHARED: Texts
    MACHINES: Sequence[str]
    TRADES: Texts
    BY_HAND: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    """Two reports, the time between them, and whether they are of one trouble."""

    first: str
    second: str
    apart: timedelta
    related: bool


@dataclass
class Outcome:
    """The counts of the decisions on the pairs."""

    linked: int = 0
    wrongly: int = 0
    proposed: int = 0
    kept_apart: int = 0
    missed: int = 0
    mistakes: tuple[Pair, ...] = ()

    @property
    def precision(self) -> float:
        return self.linked / (self.linked + self.wrongly)

    @property
    def recall(self) -> float:
        return self.linked / (self.linked + self.missed)

    def row(self) -> str:
        """Return the row as docs/correlation.md shows it, without the name of the part."""
        strangers = self.wrongly + self.kept_apart
        return (
            f"{strangers} | {self.wrongly} | {self.linked + self.missed} | {self.linked} | "
            f"{self.proposed} | {self.precision:.3f} | {self.recall:.3f} |"
        )


def pairs(words: Words, seed: int, strangers: int, neighbours: int) -> list[Pair]:
    """Return the pairs that a seed makes of the words, and among the strangers those by hand."""
    chance = random.Random(seed)
    made = [Pair(one, other, _apart(chance), related=False) for one, other in words.BY_HAND]
    made += [_strangers(words, chance) for _ in range(strangers - len(made))]
    named = [(language, name) for language, names in words.TRADES.items() for name in names]
    made += [_trade(words, chance, language, name) for language, name in named]
    return made + [_neighbours(words, chance) for _ in range(neighbours - len(named))]


def _apart(chance: random.Random) -> timedelta:
    return timedelta(minutes=chance.choice((1, 5, 12, 40, 150, 500)))


def _complaint(words: Words, chance: random.Random, language: str) -> str:
    product = chance.choice(words.PRODUCTS[language])
    return chance.choice(words.COMPLAINTS[language]).format(product=product)


def _told(words: Words, chance: random.Random, language: str, said: str) -> str:
    greeting, signature = (
        chance.choice(words.GREETINGS[language]),
        chance.choice(words.SIGNATURES[language]),
    )
    return f"{greeting}{said}{signature}" if chance.random() < 0.6 else said


def _strangers(words: Words, chance: random.Random) -> Pair:
    language = chance.choice(("en", "zh"))
    complaint = _complaint(words, chance, language)
    texts = [_told(words, chance, language, complaint) for _ in range(2)]
    return Pair(texts[0], texts[1], _apart(chance), related=False)


def _neighbours(words: Words, chance: random.Random) -> Pair:
    language = chance.choice(("en", "zh"))
    kind = chance.choice(("machine", "machine", "number", "nothing"))
    if kind == "nothing":
        said = _complaint(words, chance, language)
    else:
        name = {
            "machine": chance.choice(words.MACHINES).format(chance.randint(100, 9999)),
            "number": f"{chance.choice(words.SHARED[language])} {chance.randint(1000, 99999)}",
        }[kind]
        said = f"{name}: {_complaint(words, chance, language)}"
    texts = [_told(words, chance, language, said) for _ in range(2)]
    return Pair(texts[0], texts[1], _apart(chance), related=True)


def _trade(words: Words, chance: random.Random, language: str, name: str) -> Pair:
    said = _complaint(words, chance, language) + (
        f", it is the {name}" if language == "en" else f",是{name}"
    )
    texts = [_told(words, chance, language, said) for _ in range(2)]
    return Pair(texts[0], texts[1], _apart(chance), related=True)


def measured(told: Sequence[Pair], topology: Topology) -> Outcome:
    """Return the outcome of correlation for these pairs.

    Each first report is an open master, and all first reports are known.
    """
    known = [pair.first.lower() for pair in told]
    outcome = Outcome()
    for pair in told:
        outcome = _counted(outcome, pair, known, topology)
    return outcome


def _counted(outcome: Outcome, pair: Pair, known: Sequence[str], topology: Topology) -> Outcome:
    first, second = (
        read_features(ReportText(title=text), topology) for text in (pair.first, pair.second)
    )
    master = CandidateMaster(id=1, number="1", opened_at=NOON - pair.apart, reading=first)
    likely = score_candidates(second, [master], topology, NOON)
    asked = {term for one in likely for term in one.terms}
    seen = Counter(word for word in asked for text in known if word in text)
    found = choose_master(likely, select_rare_words(seen, len(known), asked))
    if found.match is not None:
        outcome.linked += pair.related
        outcome.wrongly += not pair.related
    else:
        outcome.missed += pair.related
        outcome.kept_apart += not pair.related
        outcome.proposed += bool(found.proposed)
    if (found.match is not None) != pair.related:
        outcome.mistakes = (*outcome.mistakes, pair)
    return outcome
