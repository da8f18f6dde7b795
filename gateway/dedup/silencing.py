"""Matching of alerts against silences within a bounded amount of work. Pure.

A silence that cannot be evaluated suppresses nothing: a pattern that RE2 refuses affects its own
silence only, and when an integration's work is used up, its remaining silences are skipped. In
doubt, an incident is opened.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from gateway.errors import Malformed
from gateway.incidents.label_matchers import (
    REFUSED_MICROSECONDS,
    MatchedAlert,
    Matcher,
    MatchWork,
    Regex,
    WorkExhausted,
)
from gateway.vocabulary import SkipReason

MOST_COMPILED = 1_000
"""The number of an integration's regular expressions kept compiled; beyond it all are dropped."""

ONE_SILENCE, REMEMBERED = 1.0, 0.5
"""The estimated work of a silence, and of a cached match, in microseconds."""

MOST_REMEMBERED, LONGEST_REMEMBERED = 10_000, 128
"""The number of an integration's cached matches, and the longest text of one in bytes.

The alerts of a storm share most labels.
"""


@dataclass(frozen=True, slots=True)
class SilenceConditions:
    """The conditions of a silence, the cheapest first; None if they cannot be read.

    `anchor` is a name and a value that an alert must have for the silence to match, if there is
    one.
    """

    id: UUID
    matchers: tuple[Matcher, ...] | None
    anchor: tuple[str, str] | None = None
    has_regex: bool = False

    @classmethod
    def of(cls, silence_id: UUID, matchers: Sequence[Matcher] | None) -> "SilenceConditions":
        """Return the silence with its conditions in the order in which they are evaluated."""
        if not matchers:
            return cls(silence_id, None if matchers is None else ())
        ordered = tuple(sorted(matchers, key=lambda one: (one.is_regex, one.sign != "=")))
        first = ordered[0]
        anchor = (first.name, first.value) if first.sign == "=" and first.value else None
        return cls(silence_id, ordered, anchor, ordered[-1].is_regex)


@dataclass(slots=True)
class PatternCache:
    """A cache of compiled regular expressions by pattern; None for one that RE2 refuses."""

    compiled: dict[str, Regex | None] = field(default_factory=dict)
    remembered: dict[tuple[str, bytes], bool] = field(default_factory=dict)

    def matches(self, value: str, texts: Iterable[str], work: MatchWork) -> bool | None:
        """Return whether the pattern matches one of the texts as a whole.

        Returns None if RE2 refuses the pattern. Raises Exhausted if the work is used up.
        """
        work.spend(0)
        if value not in self.compiled:
            self._compile(value, work)
        regex = self.compiled[value]
        if regex is None:
            return None
        return any(
            self._matches(value, regex, text.encode("utf-8", "replace"), work) for text in texts
        )

    def _matches(self, value: str, regex: Regex, text: bytes, work: MatchWork) -> bool:
        if (known := self.remembered.get((value, text))) is not None:
            work.spend(REMEMBERED)
            return known
        work.spend(regex.cost(text))
        matched = regex.matches(text)
        if len(text) <= LONGEST_REMEMBERED:
            if len(self.remembered) >= MOST_REMEMBERED:
                self.remembered.clear()
            self.remembered[value, text] = matched
        return matched

    def _compile(self, value: str, work: MatchWork) -> None:
        if len(self.compiled) >= MOST_COMPILED:
            self.compiled.clear()
        try:
            regex = Regex(value)
        except Malformed:
            self.compiled[value] = None
            work.spend(REFUSED_MICROSECONDS)
        else:
            self.compiled[value] = regex
            work.spend(regex.compiling)


@dataclass(slots=True)
class SuppressionResult:
    """The places of the silences that suppress an alert, in order.

    `unjudged` counts the silences that were skipped, by reason; `named` is the first of each.
    """

    places: list[int] = field(default_factory=list)
    unjudged: Counter[SkipReason] = field(default_factory=Counter)
    named: dict[SkipReason, UUID] = field(default_factory=dict)

    def skip(self, why: SkipReason, first: UUID, count: int = 1) -> None:
        """Count silences that were skipped."""
        self.unjudged[why] += count
        self.named.setdefault(why, first)


class SilenceSet:
    """The active silences of one integration, or those that apply to all, the latest end first."""

    def __init__(self, silences: Sequence[SilenceConditions], patterns: PatternCache) -> None:
        self._silences, self._patterns = silences, patterns
        self._anchored: dict[tuple[str, str], list[int]] = {}
        self._others: tuple[list[int], list[int]] = [], []
        for place, silence in enumerate(silences):
            if silence.anchor is None:
                self._others[silence.has_regex].append(place)
            else:
                self._anchored.setdefault(silence.anchor, []).append(place)

    def judge(
        self, alert: MatchedAlert, work: MatchWork, *, every: bool = False
    ) -> SuppressionResult:
        """Return the first silence that suppresses the alert, or all of them with `every`.

        Silences without a regular expression are evaluated before the others, so that these
        cannot use up their work.
        """
        held = SuppressionResult()
        named = set(self._of_its_labels(alert))
        for has_regex, others in enumerate(self._others):
            own = [place for place in named if self._silences[place].has_regex == has_regex]
            places = sorted((*own, *others)) if own else others
            for done, place in enumerate(places):
                if held.places and not every and place > held.places[0]:
                    break
                try:
                    self._judge_one(place, alert, work, held)
                except WorkExhausted:
                    held.skip(SkipReason.WORK, self._silences[place].id, len(places) - done)
                    break
        held.places.sort()
        return held

    def _judge_one(
        self, place: int, alert: MatchedAlert, work: MatchWork, held: SuppressionResult
    ) -> None:
        silence = self._silences[place]
        work.spend(ONE_SILENCE)
        holds = (
            None
            if silence.matchers is None
            else _all(self._judged(one, alert, work) for one in silence.matchers)
        )
        if holds is None:
            held.skip(SkipReason.PATTERN, silence.id)
        elif holds:
            held.places.append(place)

    def _of_its_labels(self, alert: MatchedAlert) -> Iterator[int]:
        own = (("service", alert.service), ("ci", alert.ci))
        for anchor in (*alert.labels.items(), *own):
            yield from self._anchored.get(anchor, ())

    def _judged(self, matcher: Matcher, alert: MatchedAlert, work: MatchWork) -> bool | None:
        texts = alert.texts(matcher.name)
        if not matcher.is_regex:
            return (matcher.value in texts) is (matcher.sign == "=")
        matched = self._patterns.matches(matcher.value, texts, work)
        return None if matched is None else matched is (matcher.sign == "=~")


def _all(judged: Iterator[bool | None]) -> bool | None:
    """Return whether all are true; None if an unknown one decides."""
    for one in judged:
        if not one:
            return one
    return True
