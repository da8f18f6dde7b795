"""The precision and recall of the correlation on a corpus.

Every report is compared with the masters that are open then, as in the gateway.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.catalogue.topology import Topology
from gateway.correlation.features import CandidateMaster, ReportText, read_features
from gateway.correlation.scoring import Match, best_match
from tests.correlation.corpus.stories import Event, Story

WITHIN = timedelta(hours=24)


@dataclass
class Table:
    """The confusion table of a corpus.

    It counts reports by whether they belong to an open master, and by the decision on them.
    """

    right: int = 0
    wrong_master: int = 0
    missed: int = 0
    falsely: int = 0
    apart: int = 0
    mistakes: list[tuple[str, Event, Match | None]] = field(default_factory=list)
    traps: Counter[str] = field(default_factory=Counter)

    @property
    def reports(self) -> int:
        return self.right + self.wrong_master + self.missed + self.falsely + self.apart

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong_master + self.falsely)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.wrong_master + self.missed)

    def markdown(self) -> str:
        """Return the table as docs/correlation.md shows it."""
        return (
            "| | to its master | to another master | kept apart |\n|---|---|---|---|\n"
            f"| belongs to an open master | {self.right} | {self.wrong_master} | {self.missed} |\n"
            f"| belongs to none | | {self.falsely} | {self.apart} |\n\n"
            f"{self.reports} reports: precision {self.precision:.3f}, recall {self.recall:.3f}."
        )


def measure(stories: Iterable[Story], topology: Topology) -> Table:
    """Return the table of these stories."""
    table = Table()
    for story in stories:
        _one(story, topology, table)
    return table


def _one(story: Story, topology: Topology, table: Table) -> None:
    masters: dict[int, tuple[CandidateMaster, str]] = {}
    for number, event in enumerate(story.events):
        said = ReportText(
            title=event.title, text=event.text, service=event.service, ci=event.ci, site=event.site
        )
        reading = read_features(said, topology)
        fresh = [one for one, _ in masters.values() if event.at - one.opened_at < WITHIN]
        match = None if event.alert else best_match(reading, fresh, topology, event.at)
        if not event.alert:
            _count(
                event,
                match,
                {trouble for one, trouble in masters.values() if one in fresh},
                masters,
                table,
            )
        if match is None:
            candidate = CandidateMaster(
                id=number, number=str(number), opened_at=event.at, reading=reading
            )
            masters[number] = (candidate, event.trouble)


def _count(
    event: Event,
    match: Match | None,
    open_now: set[str],
    masters: dict[int, tuple[CandidateMaster, str]],
    table: Table,
) -> None:
    belongs = event.trouble in open_now
    table.traps[event.trap] += 1
    if match is not None and masters[match.master.id][1] == event.trouble:
        table.right += 1
        return
    if match is None and not belongs:
        table.apart += 1
        return
    if match is None:
        table.missed += 1
    elif belongs:
        table.wrong_master += 1
    else:
        table.falsely += 1
    table.mistakes.append(("missed" if match is None else "linked", event, match))
