"""The frequency of words in recent incidents, counted by one bounded statement."""

from collections.abc import Collection

from gateway.correlation.identifiers import select_rare_words
from gateway.db.pool import Connection

RECENT, LOOKED_AT, ASKED = 1_000, 10_000, 60
"""The limits of the count: reports of people, newest records searched for them, and words."""

SEEN = """
WITH report AS MATERIALIZED (
  SELECT coalesce(master_id, id) AS trouble, lower(title || ' ' || left(description, 600)) AS said
  FROM incident
  WHERE id > (SELECT max(id) FROM incident) - $3 AND dedup_key IS NULL AND id <> $4
  ORDER BY id DESC LIMIT $2)
SELECT (SELECT count(DISTINCT trouble) FROM report) AS troubles, asked.word,
  count(DISTINCT report.trouble) AS seen
FROM unnest($1::text[]) AS asked (word) LEFT JOIN report ON strpos(report.said, asked.word) > 0
GROUP BY asked.word
"""


async def fetch_rare_words(
    conn: Connection, words: Collection[str], incident_id: int
) -> frozenset[str]:
    """Return the words that few recent incidents contain, the record itself not counted."""
    asked = sorted(words)[:ASKED]
    rows = await conn.fetch(SEEN, asked, RECENT, LOOKED_AT, incident_id) if asked else []
    return select_rare_words(
        {row["word"]: row["seen"] for row in rows},
        min((row["troubles"] for row in rows), default=0),
        asked,
    )
