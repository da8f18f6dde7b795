"""Articles of the knowledge base in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.db.pool import Connection
from gateway.incidents.visibility import Visibility
from gateway.vocabulary import ArticleState


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article about one kind of trouble.

    `incident_id` is the record that its solution comes from.
    """

    id: int
    state: ArticleState
    title: str
    symptom: str
    solution: str
    service: str
    category: str
    language: str
    incident_id: int | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    version: int


CHANGEABLE = ("state", "title", "symptom", "solution", "service", "category", "language")

ADD = """
INSERT INTO article (state, title, symptom, solution, service, category, language, incident_id,
  created_at, created_by, updated_at, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10) RETURNING *
"""


async def add(
    conn: Connection, fields: Mapping[str, Any], incident_id: int | None, now: datetime, by: str
) -> Article:
    """Create an article with all CHANGEABLE fields."""
    return article_of(
        await conn.fetchrow(ADD, *(fields[name] for name in CHANGEABLE), incident_id, now, by)
    )


CHANGE = """
UPDATE article SET state = $2, title = $3, symptom = $4, solution = $5, service = $6, category = $7,
  language = $8, updated_at = $9, updated_by = $10, version = version + 1
WHERE id = $1 RETURNING *
"""


async def change(
    conn: Connection, before: Article, changes: Mapping[str, Any], now: datetime, by: str
) -> Article:
    """Change CHANGEABLE fields of an article that the caller has locked, and return it."""
    fields = [changes.get(name, getattr(before, name)) for name in CHANGEABLE]
    return article_of(await conn.fetchrow(CHANGE, before.id, *fields, now, by))


ONE = """
SELECT * FROM article
WHERE id = $1
  AND ($2::bool OR NOT EXISTS (
    SELECT FROM incident i WHERE i.id = article.incident_id AND i.security))
"""
LOCK = ONE + "FOR UPDATE"


async def by_id(
    conn: Connection, article: int, sight: Visibility, *, lock: bool = False
) -> Article | None:
    """Return one article, None if there is none.

    An article about a record that has been flagged as a security incident is only there for
    those who may see these.
    """
    row = await conn.fetchrow(LOCK if lock else ONE, article, sight.security)
    return None if row is None else article_of(row)


PAGE = """
SELECT * FROM article
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR service = $2)
  AND ($3::bigint IS NULL OR id < $3)
  AND ($4::text IS NULL OR strpos(lower(title), lower($4)) > 0
    OR strpos(lower(symptom), lower($4)) > 0)
  AND ($6::bool OR NOT EXISTS (
    SELECT FROM incident i WHERE i.id = article.incident_id AND i.security))
ORDER BY id DESC LIMIT $5
"""


async def page(
    conn: Connection,
    sight: Visibility,
    limit: int,
    *,
    state: ArticleState | None,
    service: str | None,
    before: int | None,
    text: str | None,
) -> list[Article]:
    """Return the newest articles below the id `before` that the caller may see.

    They are filtered by state and service, and by a text in title or symptom.
    """
    return [
        article_of(row)
        for row in await conn.fetch(PAGE, state, service, before, text, limit, sight.security)
    ]


def article_of(row: Any) -> Article:
    """Return a row as an article."""
    return Article(**{**row, "state": ArticleState(row["state"])})
