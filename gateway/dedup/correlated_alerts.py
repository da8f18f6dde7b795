"""Which open masters new alerts hang on by the catalogue's dependencies, and which hang on them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.catalogue.topology import Landscape
from gateway.correlation.features import Candidate, Reading, Said, read
from gateway.correlation.scoring import judge
from gateway.dedup.alert_state import Holder
from gateway.incidents.alert import Alert

HANGS, STEP, LEAST = 0.9, 0.03, 0.7
"""The score of a dependency of one step, what every further step takes off, and what is left at least."""


UNWRITTEN = 1 << 62
"""Later than any id: a record that the batch is about to open."""


@dataclass(frozen=True, slots=True)
class Bond:
    """Why a record hangs on a master, and the score from 0 to 1; `rule` where a rule of the configuration says so."""

    reason: str
    score: float
    rule: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """An open master that people opened: when, and what they said."""

    holder: Holder
    at: datetime
    told: Reading


@dataclass(slots=True)
class Kindred:
    """The open masters that a batch's new alerts may have to do with: those of alerts by item, people's with what they say.

    `undone` are links that people undid: key and master.
    """

    landscape: Landscape = field(default_factory=Landscape)
    alerted: dict[str, list[Holder]] = field(default_factory=dict)
    reported: list[Reported] = field(default_factory=list)
    undone: frozenset[tuple[bytes, int]] = frozenset()
    least: float = LEAST

    def knows(self, alert: Alert) -> bool:
        """Whether the alert is about an item that hangs together with anything."""
        return alert.ci in self.landscape.provinces

    def causes(self, alert: Alert, key_hash: bytes) -> list[tuple[Holder, Bond]]:
        """Return the masters that this alert's item fails with, the nearest first, the oldest of those that are as near."""
        if not self.knows(alert):
            return []
        above = self.landscape.above(alert.ci)
        found = [
            (above[ci], holder.id or UNWRITTEN, ci, holder)
            for ci in above.keys() & self.alerted.keys()
            for holder in self.alerted[ci]
            if _leads(holder) and (key_hash, holder.id) not in self.undone
        ]
        found.sort(key=lambda one: one[:3])
        return [(holder, _bond(alert.ci, ci, depth)) for depth, _, ci, holder in found]

    def effects(self, alert: Alert, now: datetime) -> Iterator[tuple[Holder, Bond]]:
        """The masters that fail with this alert's item: those of alerts by their item, people's by what they say."""
        if not self.knows(alert):
            return
        below = self.landscape.below(alert.ci)
        for ci in sorted(below.keys() & self.alerted.keys()):
            yield from ((holder, _bond(ci, alert.ci, below[ci])) for holder in self.alerted[ci] if _leads(holder))
        for one in self.reported:
            if _leads(one.holder):
                yield from ((one.holder, bond) for bond in self._reported(one, alert, now))

    def _reported(self, report: Reported, alert: Alert, now: datetime) -> Iterator[Bond]:
        said = Said(title=alert.title, text=alert.description, service=alert.service, ci=alert.ci)
        cause = Candidate(id=0, number="", opened_at=report.at, reading=read(said, self.landscape))
        if (kin := judge(report.told, (cause,), self.landscape, now, self.least)) is not None:
            yield Bond(f"kin: {kin.reason}", kin.score)

    def leads(self, alert: Alert, holder: Holder) -> None:
        """From now on a new alert's record is one of the open masters."""
        if self.knows(alert):
            self.alerted.setdefault(alert.ci, []).append(holder)


def _leads(holder: Holder) -> bool:
    return holder.live and holder.master is None


def _bond(below: str, above: str, depth: int) -> Bond:
    return Bond(f"kin: {below} depends on {above}", round(max(LEAST, HANGS - STEP * (depth - 1)), 2))


def around(cis: Mapping[str, str], landscape: Landscape) -> tuple[list[str], list[str]]:
    """The items whose open masters have to do with alerts of these (item to service), and the services of people's."""
    items: set[str] = set()
    services = {service for service in cis.values() if service}
    for ci in cis:
        below = landscape.below(ci)
        items |= {ci, *landscape.above(ci), *below}
        services |= {landscape.service_of[one] for one in (ci, *below) if one in landscape.service_of}
    return sorted(items), sorted(services)
