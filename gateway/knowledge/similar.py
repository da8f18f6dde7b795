"""Earlier records and articles similar to a record.

PostgreSQL finds candidates by trigrams, the likeness score of each decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
from asyncpg import Record

from gateway.db.pool import Connection, transaction_block
from gateway.incidents.record import Incident
from gateway.incidents.visibility import Visibility
from gateway.knowledge.articles import Article, article_of
from gateway.knowledge.similarity import (
    MIN_SIMILARITY,
    Similarity,
    TroubleFeatures,
    compute_similarity,
)

RECENT = 300
"""The number of newest solved records that are always compared.

Where LC_CTYPE is C, trigrams do not see Chinese.
"""

INCIDENTS = """
SELECT i.number, i.title, i.service, i.ci, i.category, i.resolution, i.resolution_category,
  i.solution, i.resolved_at FROM (
  (SELECT id FROM (
     SELECT id, title FROM incident WHERE solution <> '' AND title % $1 LIMIT 2000) AS alike
   ORDER BY similarity(title, $1) DESC LIMIT 50)
  UNION
  (SELECT id FROM incident WHERE solution <> '' AND service = $2 AND service <> ''
   ORDER BY id DESC LIMIT 50)
  UNION
  (SELECT id FROM incident WHERE solution <> '' ORDER BY id DESC LIMIT $7)) AS candidate
JOIN incident i USING (id)
WHERE i.id <> $3 AND i.state IN ('resolved', 'closed')
AND may_see(i.security, i.recorded_by, i.owner, i.contact, $4, $5, $6)
"""

ARTICLES = """
SELECT * FROM (
  (SELECT id FROM article WHERE state = 'published' AND title % $1
   ORDER BY similarity(title, $1) DESC LIMIT 50)
  UNION
  (SELECT id FROM article WHERE state = 'published' AND service = $2 AND service <> ''
   ORDER BY id DESC LIMIT 50)
  UNION
  (SELECT id FROM article WHERE state = 'published' ORDER BY id DESC LIMIT $3)) AS candidate
JOIN article USING (id)
WHERE $4::bool OR NOT EXISTS (
  SELECT FROM incident i WHERE i.id = article.incident_id AND i.security)
"""


FEWER = "SELECT set_config('pg_trgm.similarity_threshold', '0.15', true)"
"""A lower trigram threshold for Chinese, whose word ends are not marked.

Similar Chinese texts share fewer trigrams than similar English ones.
"""


@dataclass(frozen=True, slots=True)
class SolvedRecord:
    """An earlier record that people solved."""

    number: str
    title: str
    service: str
    ci: str
    category: str
    resolution: str | None
    resolution_category: str
    solution: str
    resolved_at: datetime | None


Found = TypeVar("Found", SolvedRecord, Article)


class SimilarItem(msgspec.Struct, Generic[Found], frozen=True):
    """A similar record or article, and how similar it is."""

    found: Found
    likeness: Similarity


async def incidents_like(
    conn: Connection, incident: Incident, sight: Visibility, most: int
) -> list[SimilarItem[SolvedRecord]]:
    """Return solved records similar to this one that the caller may see, the most similar first."""
    rows = await _fetch(
        conn, INCIDENTS, incident.title, incident.service, incident.id, *sight.parameters(), RECENT
    )
    return _best(incident, [(SolvedRecord(**row), row["ci"]) for row in rows], most)


async def articles_like(
    conn: Connection, incident: Incident, sight: Visibility, most: int
) -> list[SimilarItem[Article]]:
    """Return published articles on similar troubles that the caller may see, best first."""
    rows = await _fetch(conn, ARTICLES, incident.title, incident.service, RECENT, sight.security)
    return _best(incident, [(article_of(row), "") for row in rows], most)


async def _fetch(conn: Connection, statement: str, *values: object) -> list[Record]:
    async with transaction_block(conn, readonly=True):
        await conn.execute(FEWER)
        return await conn.fetch(statement, *values)


def _best(
    incident: Incident, candidates: Sequence[tuple[Found, str]], most: int
) -> list[SimilarItem[Found]]:
    wanted = TroubleFeatures(incident.title, incident.service, incident.ci, incident.category)
    matches = [
        SimilarItem(
            one,
            compute_similarity(wanted, TroubleFeatures(one.title, one.service, ci, one.category)),
        )
        for one, ci in candidates
    ]
    alike = [match for match in matches if match.likeness.score >= MIN_SIMILARITY]
    return sorted(alike, key=lambda match: -match.likeness.score)[:most]
