"""The check that a new silence can match anything.

A silence with a misspelt name looks valid and holds nothing back: so its names are looked up, in
the catalogue and in alerts seen so far, before it is stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import asyncpg
import msgspec
import structlog

from gateway.db.pool import Connection, transaction_block
from gateway.errors import Unprocessable
from gateway.incidents.label_matchers import Matcher

ANSWER_WITHIN = 0.5
"""Seconds that the search of alerts may take.

After that there are no warnings about the silence.
"""

PLAIN = re.compile(r"(?:[\w @/:=-]|\\[.-])+")
"""The pattern of a regular expression that matches one text only, its dots escaped."""

NEAREST = 3

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UnknownNames:
    """A matcher with unknown names, whether all are unknown, and the nearest known ones."""

    matcher: Matcher
    names: tuple[str, ...]
    every: bool
    nearest: tuple[str, ...]

    @property
    def told(self) -> str:
        """Return a sentence for the maker of the silence."""
        near = f": did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return f"{self.matcher}: nothing seen so far is called {' or '.join(self.names)}{near}"


def matched_names(matcher: Matcher) -> tuple[str, ...]:
    """Return the values that a matcher names; none where it excludes or is a real pattern."""
    if matcher.sign == "=":
        return (matcher.value,) if matcher.value else ()
    if matcher.sign != "=~":
        return ()
    bare = re.fullmatch(r"\(([^()]*)\)", matcher.value)
    parts = (bare[1] if bare else matcher.value).split("|")
    return (
        tuple(re.sub(r"\\(.)", r"\1", one) for one in parts)
        if all(map(PLAIN.fullmatch, parts))
        else ()
    )


async def check_reach(
    conn: Connection, matchers: Sequence[Matcher], integration: int | None
) -> tuple[str, ...]:
    """Return warnings about a silence that matches nothing seen so far.

    Raises Unprocessable where it names a service or configuration item that neither the
    catalogue nor any alert knows, though the catalogue knows others.
    """
    told: list[str] = []
    try:
        async with transaction_block(conn):
            for matcher in matchers:
                unknown = await _unknown(conn, matcher, integration)
                if (
                    unknown is not None
                    and unknown.every
                    and await _is_catalogued(conn, matcher.name)
                ):
                    raise Unprocessable(f"invalid silence: no alert can match it: {unknown.told}")
                told += [unknown.told] if unknown is not None else []
            if not told and not await _matches(conn, matchers, integration):
                told.append("it matches no alert seen so far")
    except (TimeoutError, asyncpg.QueryCanceledError) as error:
        log.warning("silence_not_looked_up", matchers=len(matchers), error=repr(error))
        return ()
    return tuple(told)


LACKING = """
SELECT array_agg(w.name) FROM unnest($1::text[]) AS w (name)
WHERE NOT EXISTS (
  SELECT FROM alert a
  WHERE ($3::int IS NULL OR a.integration_id = $3::int)
  AND (a.labels ->> $2 = w.name
    OR CASE $2 WHEN 'service' THEN a.service WHEN 'ci' THEN a.ci END = w.name))
AND CASE $2
  WHEN 'service' THEN NOT EXISTS (
    SELECT FROM service s WHERE s.slug = w.name OR s.name = w.name OR w.name = ANY(s.aliases))
  WHEN 'ci' THEN NOT EXISTS (SELECT FROM ci c WHERE c.name = w.name OR w.name = ANY(c.aliases))
  ELSE true END
"""

CALLED = """
SELECT name FROM (
  SELECT slug AS name FROM service WHERE $1 = 'service'
  UNION SELECT name FROM ci WHERE $1 = 'ci'
  UNION SELECT unnest(ARRAY[
    a.labels ->> $1, CASE $1 WHEN 'service' THEN a.service WHEN 'ci' THEN a.ci END])
  FROM alert a LEFT JOIN incident i ON i.id = a.incident_id
  WHERE ($3::int IS NULL OR a.integration_id = $3::int) AND i.security IS NOT TRUE) AS known
WHERE name <> '' ORDER BY abs(length(name) - $2), name LIMIT 500
"""
"""A query of names in use that the silence's maker may read, those of the closest length first."""


async def _unknown(
    conn: Connection, matcher: Matcher, integration: int | None
) -> UnknownNames | None:
    names = matched_names(matcher)
    if not names:
        return None
    asked = names, matcher.name, integration
    lacking = await conn.fetchval(LACKING, *asked, timeout=ANSWER_WITHIN)
    if not lacking:
        return None
    rows = await conn.fetch(
        CALLED, matcher.name, len(lacking[0]), integration, timeout=ANSWER_WITHIN
    )
    by_letters = {row["name"].lower(): row["name"] for row in rows}
    close = get_close_matches(lacking[0].lower(), list(by_letters), n=NEAREST, cutoff=0.6)
    return UnknownNames(
        matcher, tuple(lacking), len(lacking) == len(names), tuple(by_letters[one] for one in close)
    )


IS_CATALOGUED = """
SELECT CASE $1 WHEN 'service' THEN EXISTS (SELECT FROM service)
  WHEN 'ci' THEN EXISTS (SELECT FROM ci) ELSE false END
"""


async def _is_catalogued(conn: Connection, name: str) -> bool:
    """Return whether the catalogue has services, or configuration items, at all.

    If so, a name that is not among them is unknown.
    """
    return bool(await conn.fetchval(IS_CATALOGUED, name))


MATCHED = """
SELECT EXISTS (
  SELECT FROM alert a WHERE ($2::int IS NULL OR a.integration_id = $2::int) AND NOT EXISTS (
    SELECT FROM json_to_recordset($1::json) AS w (name text, sign text, pattern text)
    CROSS JOIN LATERAL (SELECT coalesce(nullif(array_remove(ARRAY[nullif(a.labels ->> w.name, ''),
      nullif(CASE w.name WHEN 'service' THEN a.service WHEN 'ci' THEN a.ci END, '')], NULL), '{}'),
        ARRAY['']) AS texts) AS has
    WHERE NOT CASE w.sign
      WHEN '=' THEN w.pattern = ANY(has.texts)
      WHEN '!=' THEN w.pattern <> ALL(has.texts)
      WHEN '=~' THEN EXISTS (SELECT FROM unnest(has.texts) AS text WHERE text ~ w.pattern)
      ELSE NOT EXISTS (SELECT FROM unnest(has.texts) AS text WHERE text ~ w.pattern) END))
"""


async def _matches(conn: Connection, matchers: Sequence[Matcher], integration: int | None) -> bool:
    asked = msgspec.json.encode(matchers).decode()
    return bool(await conn.fetchval(MATCHED, asked, integration, timeout=ANSWER_WITHIN))
