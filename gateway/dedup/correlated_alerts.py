"""Correlation of new alerts with open masters, by the topology's dependencies. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.catalogue.topology import Topology
from gateway.correlation.features import CandidateMaster, ReportFeatures, ReportText, read_features
from gateway.correlation.scoring import best_match
from gateway.dedup.alert_state import IncidentRef
from gateway.incidents.alert import Alert

HANGS, STEP, LEAST = 0.9, 0.03, 0.7
"""The score of a one-step dependency, the loss for each further step, and the lowest score."""


UNWRITTEN = 1 << 62
"""A sort key later than any incident id, for a record that the batch is about to open."""


@dataclass(frozen=True, slots=True)
class LinkReason:
    """The reason for linking a record to a master, with a score from 0 to 1.

    `rule` is true if a relate rule of the configuration asks for the link.
    """

    reason: str
    score: float
    rule: bool = False


@dataclass(frozen=True, slots=True)
class ReportedMaster:
    """An open master that people opened: when, and the features of its text."""

    holder: IncidentRef
    at: datetime
    told: ReportFeatures


@dataclass(slots=True)
class OpenMasters:
    """The open masters that the new alerts of a batch may correlate with.

    `alerted` are masters opened by alerts, by item, `reported` those opened by people. `undone`
    are links that people undid, as key hash and master.
    """

    topology: Topology = field(default_factory=Topology)
    masters_by_item: dict[str, list[IncidentRef]] = field(default_factory=dict)
    reported: list[ReportedMaster] = field(default_factory=list)
    undone: frozenset[tuple[bytes, int]] = frozenset()
    least: float = LEAST

    def knows(self, alert: Alert) -> bool:
        """Return whether the alert's item is part of the topology."""
        return alert.ci in self.topology.components

    def causes(self, alert: Alert, key_hash: bytes) -> list[tuple[IncidentRef, LinkReason]]:
        """Return the upstream masters of the alert's item, nearest first, then oldest first."""
        if not self.knows(alert):
            return []
        upstream = self.topology.upstream(alert.ci)
        found = [
            (upstream[ci], holder.id or UNWRITTEN, ci, holder)
            for ci in upstream.keys() & self.masters_by_item.keys()
            for holder in self.masters_by_item[ci]
            if _leads(holder) and (key_hash, holder.id) not in self.undone
        ]
        found.sort(key=lambda one: one[:3])
        return [(holder, _link_reason(alert.ci, ci, depth)) for depth, _, ci, holder in found]

    def effects(self, alert: Alert, now: datetime) -> Iterator[tuple[IncidentRef, LinkReason]]:
        """Yield the downstream masters: of alerts by their item, of people by their text."""
        if not self.knows(alert):
            return
        downstream = self.topology.downstream(alert.ci)
        for ci in sorted(downstream.keys() & self.masters_by_item.keys()):
            yield from (
                (holder, _link_reason(ci, alert.ci, downstream[ci]))
                for holder in self.masters_by_item[ci]
                if _leads(holder)
            )
        for one in self.reported:
            if _leads(one.holder):
                yield from (
                    (one.holder, link_reason) for link_reason in self._reported(one, alert, now)
                )

    def _reported(
        self, report: ReportedMaster, alert: Alert, now: datetime
    ) -> Iterator[LinkReason]:
        said = ReportText(
            title=alert.title, text=alert.description, service=alert.service, ci=alert.ci
        )
        cause = CandidateMaster(
            id=0, number="", opened_at=report.at, reading=read_features(said, self.topology)
        )
        if (match := best_match(report.told, (cause,), self.topology, now, self.least)) is not None:
            yield LinkReason(f"correlation: {match.reason}", match.score)

    def leads(self, alert: Alert, holder: IncidentRef) -> None:
        """Add a new alert's record to the open masters."""
        if self.knows(alert):
            self.masters_by_item.setdefault(alert.ci, []).append(holder)


def _leads(holder: IncidentRef) -> bool:
    return holder.live and holder.master is None


def _link_reason(downstream: str, upstream: str, depth: int) -> LinkReason:
    return LinkReason(
        f"correlation: {downstream} depends on {upstream}",
        round(max(LEAST, HANGS - STEP * (depth - 1)), 2),
    )


def correlated_scope(cis: Mapping[str, str], topology: Topology) -> tuple[list[str], list[str]]:
    """Return the items and the services whose open masters may correlate with alerts.

    The argument maps the items of the alerts to their services.
    """
    items: set[str] = set()
    services = {service for service in cis.values() if service}
    for ci in cis:
        downstream = topology.downstream(ci)
        items |= {ci, *topology.upstream(ci), *downstream}
        services |= {
            topology.service_of[one] for one in (ci, *downstream) if one in topology.service_of
        }
    return sorted(items), sorted(services)
