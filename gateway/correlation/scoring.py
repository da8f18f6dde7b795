"""Scores for the open masters that a report may belong to. Pure.

See docs/correlation.md. Points say how likely a link is. A link is made only if both name
something that identifies the incident: an item, a service, a number or a rare name. In doubt,
records stay apart: a link that is missing costs a second look, a wrong one hides one incident
behind another.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio

from gateway.catalogue.topology import Topology
from gateway.correlation.features import CandidateMaster, ReportFeatures
from gateway.correlation.intents import Intent
from gateway.correlation.symptoms import EFFECTS_OF_SYMPTOM, Symptom

SAME_ITEM_POINTS, ADDRESS, SERVICE, CATALOGUE, CHOSEN = 0.5, 0.5, 0.45, 0.45, 0.4
"""Points for a shared item, machine address or named service, a dependency, or a shared field.

CATALOGUE counts where one depends on the other, CHOSEN where only the fields name the same
service.
"""

STEP, FURTHEST = 0.03, 0.3
"""Points that every further dependency step takes off, and the fewest that remain."""

SAME, EXPLAINED, VAGUE = 0.25, 0.2, 0.1
"""Points for a shared symptom, for one that explains the other's, and for a vague one.

Vague means that at least one says no more than that something is wrong.
"""

WORDS = 0.2
"""Points for equal words; less in proportion to their similarity."""

TIMES = (
    (timedelta(minutes=15), 0.15),
    (timedelta(hours=1), 0.12),
    (timedelta(hours=4), 0.08),
    (timedelta(hours=12), 0.03),
)
"""Points by the time between the two, at most."""

OTHER_SYMPTOM, OTHER_SITE, OTHER_ITEM, ALSO_NAMES, ALONE, EARLIER, WELL = (
    -0.35,
    -0.35,
    -0.15,
    -0.15,
    -0.4,
    -0.3,
    -1.0,
)
OTHER_NUMBER = -0.5
"""Negative points for facts that speak against a link.

They are: another symptom, another site, another item of the same service, a second service
named, only the writer affected, a fault of days or longer ago, a service said to work, and
another number of an error or order.
"""

UNNAMED, FEWEST_WORDS = 0.75, 4
"""Points for equal words if neither names a subject, and the fewest words that this takes."""

LEAST_SCORE = 0.7
"""The lowest score at which two are taken to belong together."""

MARGIN = 0.03
"""The lead over the next master that the best one needs to be chosen."""

MOST_PROPOSED = 3
"""The number of masters that are proposed for one record, at most."""

MAX_ITEMS_FOLLOWED = 100
"""The number of items of a report whose dependencies are followed, at most."""

Causes = Mapping[str, tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """A fact that counts for or against a link, and its points."""

    fact: str
    points: float


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate master with a short reason, its score from 0 to 1, and the points of it.

    `identified` says that both name something that identifies the incident; `terms` are shared
    words that would identify it if they were rare.
    """

    master: CandidateMaster
    reason: str
    score: float
    points: tuple[ScorePoint, ...]
    identified: bool = True
    terms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MasterChoice:
    """The master that a report belongs to, and those for people to decide, best first."""

    match: Match | None
    proposed: tuple[Match, ...]


def best_match(
    told: ReportFeatures,
    candidates: Iterable[CandidateMaster],
    topology: Topology,
    now: datetime,
    least: float = LEAST_SCORE,
) -> Match | None:
    """Return the open master that a report belongs to, or None; their order is irrelevant."""
    return choose_master(score_candidates(told, candidates, topology, now, least)).match


def score_candidates(
    told: ReportFeatures,
    candidates: Iterable[CandidateMaster],
    topology: Topology,
    now: datetime,
    least: float = LEAST_SCORE,
) -> list[Match]:
    """Return the open masters that a report probably belongs to, the best first.

    The result does not depend on the order of candidates.
    """
    if told.intent is not Intent.TROUBLE:
        return []
    causes = _causes(told, topology)
    match = [
        match
        for one in candidates
        if (match := _weighed(told, one, causes, now)) is not None and match.score >= least
    ]
    return sorted(match, key=lambda one: (-one.score, one.master.id))


def choose_master(match: Iterable[Match], rare: AbstractSet[str] = frozenset()) -> MasterChoice:
    """Choose the certain master among the probable ones and list those for people to decide.

    The probable masters are given best first. `rare` are the words that few incidents contain.
    Of two certain masters that are about as likely, neither is chosen.
    """
    likely = [_by_word(one, rare) for one in match]
    certain = [one for one in likely if one.identified]
    chosen = (
        certain[0]
        if certain and all(certain[0].score - one.score >= MARGIN for one in certain[1:2])
        else None
    )
    doubtful = tuple(one for one in likely if not one.identified)
    return MasterChoice(chosen, doubtful[:MOST_PROPOSED])


def _by_word(match: Match, rare: AbstractSet[str]) -> Match:
    """Return the match with the rare name that identifies it, if there is one."""
    found = match.terms & rare
    return (
        match
        if match.identified or not found
        else replace(match, reason=f"rare name {min(found)}", identified=True)
    )


def _weighed(
    told: ReportFeatures, candidate: CandidateMaster, causes: Causes, now: datetime
) -> Match | None:
    about = candidate.reading
    if about.intent in (Intent.PLANNED, Intent.REQUEST):
        return None
    subject = _subject(told, about, causes)
    if subject is None:
        return None
    points = (
        subject,
        *_symptoms(told, about, subject),
        *_words(told, about, subject),
        *_time(candidate, now),
        *_against(told, about),
    )
    score = round(min(1.0, max(0.0, sum(point.points for point in points))), 2)
    if subject.points > 0 and subject.fact not in _common(told, about):
        return Match(candidate, subject.fact, score, points)
    if shared := told.numbers & about.numbers:
        return Match(candidate, f"number {min(shared)}", score, points)
    return Match(
        candidate, subject.fact, score, points, identified=False, terms=told.terms & about.terms
    )


def _common(told: ReportFeatures, about: ReportFeatures) -> AbstractSet[str]:
    """Return the services, as facts, that both name only by a word that everybody uses."""
    return {f"service {one}" for one in told.common & about.common}


def _subject(told: ReportFeatures, about: ReportFeatures, causes: Causes) -> ScorePoint | None:
    """Return the strongest fact that both are about one thing; None if nothing says so."""
    found = sorted(_subjects(told, about, causes), key=lambda point: (-point.points, point.fact))
    if found:
        return found[0]
    if told.has_subject or about.has_subject or len(told.words.split()) < FEWEST_WORDS:
        return None
    return ScorePoint("words", 0.0)


def _subjects(told: ReportFeatures, about: ReportFeatures, causes: Causes) -> Iterator[ScorePoint]:
    if shared := told.cis & about.cis:
        yield ScorePoint(f"item {min(shared)}", SAME_ITEM_POINTS)
    if shared := told.hosts & about.hosts:
        yield ScorePoint(f"address {min(shared)}", ADDRESS)
    if shared := told.services & about.services:
        both = shared & told.named
        yield ScorePoint(f"service {min(both or shared)}", SERVICE if both else CHOSEN)
    if (hangs := _hangs(told, about, causes)) is not None:
        yield hangs


def _causes(told: ReportFeatures, topology: Topology) -> Causes:
    """Return the upstream causes of the items that a report is about.

    The result maps each cause to the number of steps, the item that depends on it, and the
    service of the cause.
    """
    below = told.cis or {
        part for service in told.services for part in topology.parts_of.get(service, ())
    }
    causes: dict[str, tuple[int, str, str]] = {}
    for part in sorted(below)[:MAX_ITEMS_FOLLOWED]:
        for cause, depth in topology.upstream(part).items():
            causes[cause] = min(causes.get(cause, (depth, part, "")), (depth, part, ""))
    return {
        cause: (depth, part, topology.service_of.get(cause, ""))
        for cause, (depth, part, _) in causes.items()
    }


def _hangs(told: ReportFeatures, about: ReportFeatures, causes: Causes) -> ScorePoint | None:
    """Return the points for an item of the report that depends on what the master is about."""
    if about.cis:
        steps = [(*causes[cause][:2], cause) for cause in about.cis & causes.keys()]
    else:
        others = about.services - told.services
        steps = [
            (depth, part, cause)
            for cause, (depth, part, service) in causes.items()
            if others and service in others
        ]
    if not steps:
        return None
    depth, part, cause = min(steps)
    return ScorePoint(
        f"{part} depends on {cause}", round(max(FURTHEST, CATALOGUE - STEP * (depth - 1)), 2)
    )


def _symptoms(
    told: ReportFeatures, about: ReportFeatures, subject: ScorePoint
) -> Iterator[ScorePoint]:
    """Compare the symptoms of the two.

    If one depends on the other, only a cause can explain a symptom.
    """
    one, other = (reading.symptoms - {Symptom.TROUBLE} for reading in (told, about))
    hangs = " depends on " in subject.fact
    if Symptom.DATA in one ^ other and one and (other or Symptom.DATA in one):
        yield ScorePoint(f"other symptom: {min(one)}", OTHER_SYMPTOM)
    elif shared := (one & other) - {Symptom.ERROR}:
        yield ScorePoint(f"symptom {min(shared)}", SAME)
    elif one & other and not hangs:
        yield ScorePoint("symptom error", EXPLAINED)
    elif not one or not other or one & other:
        if told.symptoms and about.symptoms:
            yield ScorePoint("vague", VAGUE)
    elif effect := sorted(seen for cause in other for seen in EFFECTS_OF_SYMPTOM[cause] & one):
        yield ScorePoint(f"explains {effect[0]}", EXPLAINED)
    elif not hangs and (
        cause := sorted(
            cause for seen in other for cause in one if seen in EFFECTS_OF_SYMPTOM[cause]
        )
    ):
        yield ScorePoint(f"comes of {cause[0]}", EXPLAINED)
    else:
        yield ScorePoint(f"other symptom: {min(one)}", OTHER_SYMPTOM)


def _words(
    told: ReportFeatures, about: ReportFeatures, subject: ScorePoint
) -> Iterator[ScorePoint]:
    if told.words and about.words:
        alike = (
            token_set_ratio(told.words, about.words) + token_sort_ratio(told.words, about.words)
        ) / 200
        yield ScorePoint("words", round((UNNAMED if subject.points <= 0 else WORDS) * alike, 2))


def _time(candidate: CandidateMaster, now: datetime) -> Iterator[ScorePoint]:
    age = now - candidate.opened_at
    points = next((points for within, points in TIMES if age <= within), 0.0)
    if points:
        yield ScorePoint("time", points)


def _against(told: ReportFeatures, about: ReportFeatures) -> Iterator[ScorePoint]:
    if told.well & about.services:
        yield ScorePoint(f"{min(told.well & about.services)} is well", WELL)
    if told.sites and about.sites and not told.sites & about.sites:
        yield ScorePoint(f"other site: {min(told.sites)}", OTHER_SITE)
    if told.cis and about.cis and not told.cis & about.cis and told.services & about.services:
        yield ScorePoint(f"other item: {min(told.cis)}", OTHER_ITEM)
    if len(told.named - about.services) > 0 and told.named & about.services:
        yield ScorePoint(f"also names {min(told.named - about.services)}", ALSO_NAMES)
    if told.numbers and about.numbers and not told.numbers & about.numbers:
        yield ScorePoint(f"other number: {min(told.numbers)}", OTHER_NUMBER)
    if told.alone or about.alone:
        yield ScorePoint("theirs alone", ALONE)
    if told.earlier:
        yield ScorePoint("of before", EARLIER)
