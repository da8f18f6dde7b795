"""Search for the open master of a new report.

One bounded statement finds candidates, they are scored in memory, and the chosen master is
locked. Transactions that link within one component of the topology take its advisory lock in
turn, so that two reports at the same time find each other. Chains are prevented by the master's
row: it is locked and checked again before anything is linked to it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asyncpg import Record

from gateway.catalogue.topology import Topology
from gateway.correlation.features import CandidateMaster, ReportFeatures, ReportText, read_features
from gateway.correlation.frequency import fetch_rare_words
from gateway.correlation.intents import Intent
from gateway.correlation.scoring import (
    FEWEST_WORDS,
    MAX_ITEMS_FOLLOWED,
    Match,
    choose_master,
    score_candidates,
)
from gateway.correlation.unlearning import unlink_marks_of
from gateway.db.pool import Connection
from gateway.incidents import store
from gateway.incidents.record import Incident
from gateway.timing.clock import iterate_in_chunks
from gateway.vocabulary import LIVE, Kind

AT_ONCE = 10
"""The number of records read before other tasks get the event loop.

Reading them takes up to 20 ms if nobody has read them yet.
"""

EACH, MOST = 20, 80
"""The number of newest open masters considered for each service and item, and of all together."""

CANDIDATES = """
WITH near AS (
  SELECT i.id FROM unnest($1::text[]) AS asked (service) CROSS JOIN LATERAL (
    SELECT id FROM incident i WHERE i.service = asked.service AND i.master_id IS NULL
    AND is_open(i.state)
    ORDER BY i.id DESC LIMIT $6) i
  UNION
  SELECT i.id FROM unnest($2::text[]) AS asked (ci) CROSS JOIN LATERAL (
    SELECT id FROM incident i WHERE i.ci = asked.ci AND i.ci <> '' AND i.master_id IS NULL
    AND is_open(i.state)
    ORDER BY i.id DESC LIMIT $6) i)
SELECT i.id, i.number, i.title, left(i.description, 600) AS text, i.service, i.ci,
  i.location AS site, i.recorded_at
FROM incident i WHERE i.id IN (SELECT id FROM near ORDER BY id DESC LIMIT $7)
AND i.recorded_at > $3 AND i.kind = 'incident' AND NOT i.security AND NOT i.storm
AND NOT i.suppressed AND i.id <> $5
AND NOT EXISTS (SELECT FROM unlearned u WHERE u.master_id = i.id AND u.mark = ANY($4::bytea[]))
"""


@dataclass(frozen=True, slots=True)
class MasterSearchResult:
    """The result of a search: a match with its locked master, and those to propose."""

    match: Match | None = None
    master: Incident | None = None
    proposed: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class MasterSearch:
    """The parameters of a search for masters.

    Masters were opened `within` a period and score at least `least`; `anything` are services
    that mailboxes, hotlines and chats set on every report.
    """

    topology: Topology
    within: timedelta
    least: float
    default_services: frozenset[str] = frozenset()

    def reads(self, said: Incident) -> ReportFeatures:
        """Return the features of a record."""
        return self.read(said.title, said.description, said.service, said.ci, said.location)

    def read(self, title: str, text: str, service: str, ci: str, site: str) -> ReportFeatures:
        """Return the features of a text with these fields."""
        deliberate = service not in self.default_services
        return read_features(
            ReportText(
                title=title, text=text, service=service, ci=ci, site=site, deliberate=deliberate
            ),
            self.topology,
        )

    async def find_master(
        self, conn: Connection, incident: Incident, now: datetime
    ) -> MasterSearchResult:
        """Return the match of a record that is about to be opened, its master and the proposals.

        The master is locked, and was checked again after locking.
        """
        if incident.kind != Kind.INCIDENT or incident.security:
            return MasterSearchResult()
        told = self.reads(incident)
        if told.intent is not Intent.TROUBLE or not (
            told.has_subject or len(told.words.split()) >= FEWEST_WORDS
        ):
            return MasterSearchResult()
        await _take_turn(conn, components(told, self.topology))
        likely = score_candidates(
            told, await self._candidates(conn, told, incident, now), self.topology, now, self.least
        )
        rare = await fetch_rare_words(
            conn, {term for one in likely for term in one.terms}, incident.id
        )
        while (judged := choose_master(likely, rare)).match is not None:
            master = next(iter(await store.lock(conn, [judged.match.master.id])), None)
            if master is not None and may_become_master(master):
                return MasterSearchResult(judged.match, master, judged.proposed)
            likely = [one for one in likely if one.master.id != judged.match.master.id]
        return MasterSearchResult(proposed=judged.proposed)

    async def _candidates(
        self, conn: Connection, told: ReportFeatures, incident: Incident, now: datetime
    ) -> list[CandidateMaster]:
        services, cis = candidate_scope(told, self.topology)
        since = now - self.within
        known = unlink_marks_of(incident)
        rows = await conn.fetch(
            CANDIDATES, list(services), list(cis), since, known, incident.id, EACH, MOST
        )
        found: list[CandidateMaster] = []
        async for piece in iterate_in_chunks(rows, AT_ONCE):
            found += map(self._candidate, piece)
        return found

    def _candidate(self, row: Record) -> CandidateMaster:
        reading = self.read(row["title"], row["text"], row["service"], row["ci"], row["site"])
        return CandidateMaster(
            id=row["id"], number=row["number"], opened_at=row["recorded_at"], reading=reading
        )


def may_become_master(master: Incident) -> bool:
    """Return whether a record may be linked to this master, which is locked.

    The master must be open, without a master of its own, an incident, and neither restricted to
    security roles nor suppressed.
    """
    ordinary = master.kind == Kind.INCIDENT and not master.security and not master.suppressed
    return master.state in LIVE and master.master_id is None and ordinary


def candidate_scope(
    told: ReportFeatures, topology: Topology
) -> tuple[Collection[str], Collection[str]]:
    """Return the services and the items whose open masters a report may belong to.

    The service "" stands for masters without a service.
    """
    cis = {
        *told.cis,
        *(part for service in told.services for part in topology.parts_of.get(service, ())),
    }
    upstream = {cause for ci in sorted(cis)[:MAX_ITEMS_FOLLOWED] for cause in topology.upstream(ci)}
    services = {
        *told.services,
        *(topology.service_of[ci] for ci in upstream if ci in topology.service_of),
        "",
    }
    return sorted(services)[:MOST], sorted(cis | upstream)[:MOST]


def components(told: ReportFeatures, topology: Topology) -> list[str]:
    """Return the topology components of a report, sorted; none if it names no service or item."""
    return sorted({topology.component(one) for one in (*told.services, *told.cis)})


TURN = "SELECT pg_advisory_xact_lock(hashtextextended('correlation ' || $1, 0))"


async def _take_turn(conn: Connection, names: Sequence[str]) -> None:
    for name in names:
        await conn.execute(TURN, name)
