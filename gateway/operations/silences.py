"""Silences: made, changed and ended.

When one ends sooner than planned, `dedup/promotion.py` opens incidents for alerts that still
fire.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec

from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, Pool, in_transaction
from gateway.errors import Malformed, NotFound, Unprocessable
from gateway.incidents.label_matchers import Matcher, check_patterns
from gateway.operations import silence_reach
from gateway.settings import UseLimits

PROBED_WITHIN = 0.5
"""Seconds that the patterns of a silence may take against one long label."""


@dataclass(frozen=True, slots=True)
class SilenceRequest:
    """A silence to make or, with `id`, to change."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    id: UUID | None = None

    @property
    def patterns(self) -> int:
        """Return the number of its regular expressions."""
        return sum(one.is_regex for one in self.matchers)


@dataclass(frozen=True, slots=True)
class StoredSilence:
    """A stored silence; `integration_id` None means that it covers every integration."""

    id: UUID
    integration_id: int | None
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    updated_at: datetime

    def state(self, now: datetime) -> str:
        """Return whether it is pending, active or expired."""
        return "expired" if self.ends_at <= now else "pending" if self.starts_at > now else "active"


ONE = """
SELECT id, integration_id, matchers, starts_at, ends_at, created_by, comment, updated_at
FROM silence
WHERE id = $1 AND ($2::int IS NULL OR integration_id = $2::int)
"""
LOCKED = ONE + "FOR UPDATE"

KEEP = """
INSERT INTO silence (id, integration_id, matchers, starts_at, ends_at, created_by, comment,
  updated_at)
VALUES ($1, $2, $3::json, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at,
  created_by = excluded.created_by,
  comment = excluded.comment, updated_at = excluded.updated_at,
  cut_from = CASE WHEN excluded.ends_at < silence.ends_at
    THEN array_append(silence.cut_from, silence.ends_at)
                  ELSE silence.cut_from END
"""

END = """
UPDATE silence SET cut_from = array_append(cut_from, ends_at),
  starts_at = least(starts_at, $2::timestamptz),
  ends_at = $2::timestamptz, updated_at = $2::timestamptz
WHERE id = $1
"""


PROBE = (
    "SELECT count(*) FILTER (WHERE repeat('ab', 2048) ~ pattern) "
    "FROM unnest($1::text[]) AS p (pattern)"
)
"""A query that fails for an invalid regular expression.

It is slow for one that would be slow at intake.
"""


KEPT = """
SELECT count(*) AS silences, coalesce(sum((
  SELECT count(*) FROM json_array_elements(
    CASE json_typeof(s.matchers) WHEN 'array' THEN s.matchers END) AS m
  WHERE m ->> 'sign' LIKE '%~%')), 0)::int AS patterns
FROM silence s WHERE s.integration_id IS NOT DISTINCT FROM $1::int AND s.ends_at > $2::timestamptz
"""


async def examine_silence(
    conn: Connection, stamp: datetime | None, wanted: SilenceRequest, integration: int | None
) -> tuple[str, ...]:
    """Return warnings about the matches of a silence.

    This may take a while, and changes nothing.

    Raises Malformed where the times or a pattern cannot be used, and Unprocessable where no
    alert could ever match.
    """
    now = await fetch_now(conn, stamp)
    if wanted.ends_at <= now:
        raise Malformed("invalid silence: end time can't be in the past")
    if wanted.ends_at < max(wanted.starts_at, now):
        raise Malformed("invalid silence: end time must not be before start time")
    check_patterns(wanted.matchers)
    await _probe(conn, wanted.matchers)
    await _check_possible(conn, wanted.matchers)
    row = None if wanted.id is None else await conn.fetchrow(ONE, wanted.id, integration)
    if row is not None and _silence(row).matchers == wanted.matchers:
        return ()
    return await silence_reach.check_reach(conn, wanted.matchers, integration)


async def store_silence(
    pool: Pool,
    stamp: datetime | None,
    wanted: SilenceRequest,
    integration: int | None,
    limits: UseLimits,
) -> UUID:
    """Store a silence that was examined, or change one; return its id.

    One that has ended, or gets other matchers, is ended and a new one stored. Raises NotFound
    for an unknown id, and Malformed where there are too many silences.
    """

    async def work(conn: Connection) -> UUID:
        now = await fetch_now(conn, stamp)
        before = None if wanted.id is None else await _locked(conn, wanted.id, integration)
        if before is not None and (
            before.state(now) == "expired" or before.matchers != wanted.matchers
        ):
            await _end(conn, before, now)
            before = None
        if before is None:
            await _check_number(conn, wanted, integration, now, limits)
        return await _kept(conn, before, wanted, integration, now)

    return await in_transaction(pool, work)


async def _kept(
    conn: Connection,
    before: StoredSilence | None,
    wanted: SilenceRequest,
    integration: int | None,
    now: datetime,
) -> UUID:
    running = before is not None and before.starts_at <= now
    starts = before.starts_at if before is not None and running else max(wanted.starts_at, now)
    chosen = before.id if before is not None else uuid4()
    matchers = msgspec.json.encode(wanted.matchers).decode()
    owner = before.integration_id if before is not None else integration
    await conn.execute(
        KEEP,
        chosen,
        owner,
        matchers,
        starts,
        wanted.ends_at,
        wanted.created_by,
        wanted.comment,
        now,
    )
    return chosen


async def _check_number(
    conn: Connection,
    wanted: SilenceRequest,
    integration: int | None,
    now: datetime,
    limits: UseLimits,
) -> None:
    row = await conn.fetchrow(KEPT, integration, now)
    silences, patterns = (row["silences"], row["patterns"]) if row is not None else (0, 0)
    if silences >= limits.silences:
        raise Malformed(
            f"too many silences: {silences} of the same integration have not ended, "
            f"limits.silences is {limits.silences}:"
            " expire some, or match more with one"
        )
    if wanted.patterns and patterns + wanted.patterns > limits.silence_patterns:
        raise Malformed(
            "too many regular expressions: silences of the same integration that have not ended "
            f"have {patterns},"
            f" limits.silence_patterns is {limits.silence_patterns}: expire some, or match by ="
        )


async def expire_silence(
    pool: Pool, stamp: datetime | None, silence_id: UUID, integration: int | None
) -> None:
    """End a silence now; alerts that still fire are promoted within seconds.

    Raises NotFound; ending it again changes nothing.
    """

    async def work(conn: Connection) -> None:
        now = await fetch_now(conn, stamp)
        await _end(conn, await _locked(conn, silence_id, integration), now)

    await in_transaction(pool, work)


async def _end(conn: Connection, silence: StoredSilence, now: datetime) -> None:
    if silence.state(now) != "expired":
        await conn.execute(END, silence.id, now)


async def _locked(conn: Connection, silence_id: UUID, integration: int | None) -> StoredSilence:
    row = await conn.fetchrow(LOCKED, silence_id, integration)
    if row is None:
        raise NotFound(f"silence {silence_id} not found")
    return _silence(row)


async def _probe(conn: Connection, matchers: Sequence[Matcher]) -> None:
    patterns = [one.pattern for one in matchers if "~" in one.sign]
    if not patterns:
        return
    try:
        await conn.fetchval(PROBE, patterns, timeout=PROBED_WITHIN)
    except asyncpg.InvalidRegularExpressionError as error:
        raise Malformed(f"invalid silence: bad matcher format: {error}") from error
    except (TimeoutError, asyncpg.QueryCanceledError) as error:
        raise Malformed("invalid silence: its regular expressions take too long") from error


IMPOSSIBLE = """
SELECT one.name FROM unnest($1::text[], $2::text[], $3::text[]) AS one (name, sign, pattern)
JOIN unnest($1::text[], $2::text[], $3::text[]) AS other (name, sign, pattern) USING (name)
WHERE CASE WHEN one.sign = '=' THEN NOT CASE other.sign
             WHEN '=' THEN one.pattern = other.pattern WHEN '!=' THEN one.pattern <> other.pattern
             WHEN '=~' THEN one.pattern ~ other.pattern ELSE one.pattern !~ other.pattern END
           WHEN one.sign = '=~' THEN other.sign = '!~' AND one.pattern = other.pattern
             ELSE false END
LIMIT 1
"""
"""A query for a name of which one matcher requires what another one excludes."""


async def _check_possible(conn: Connection, matchers: Sequence[Matcher]) -> None:
    columns = [
        [one.name for one in matchers],
        [one.sign for one in matchers],
        [one.pattern for one in matchers],
    ]
    name = await conn.fetchval(IMPOSSIBLE, *columns)
    if name is not None:
        raise Unprocessable(
            f"invalid silence: no alert can match it, for its matchers of {name} exclude each other"
        )


LISTED = """
SELECT s.id, s.integration_id, s.matchers, s.starts_at, s.ends_at, s.created_by, s.comment,
  s.updated_at
FROM silence s
WHERE ($1::int IS NULL OR s.integration_id IS NULL OR s.integration_id = $1::int) AND NOT EXISTS (
  SELECT FROM unnest($2::text[], $3::text[], $4::text[]) AS w (name, sign, value)
  CROSS JOIN LATERAL (SELECT coalesce((SELECT m ->> 'value'
    FROM json_array_elements(s.matchers) AS m
                                       WHERE m ->> 'name' = w.name LIMIT 1), '') AS text) AS has
  WHERE NOT CASE w.sign WHEN '=' THEN has.text = w.value WHEN '!=' THEN has.text <> w.value
                        WHEN '=~' THEN has.text ~ w.value ELSE has.text !~ w.value END)
ORDER BY s.ends_at DESC, s.id LIMIT 10000
"""


async def list_silences(
    conn: Connection, integration: int | None, columns: Sequence[Sequence[str]], within: float
) -> list[StoredSilence]:
    """Return the silences visible to the integration whose matchers satisfy every given condition.

    The columns give the conditions as (name, sign, value). Raises Malformed for a pattern that
    is invalid or takes too long.
    """
    try:
        rows = await conn.fetch(LISTED, integration, *columns, timeout=within)
    except asyncpg.InvalidRegularExpressionError as error:
        raise Malformed(f"bad matcher format: {error}") from error
    except (TimeoutError, asyncpg.QueryCanceledError) as error:
        raise Malformed("the regular expressions take too long: ask for less at once") from error
    return [_silence(row) for row in rows]


VISIBLE = """
SELECT id, integration_id, matchers, starts_at, ends_at, created_by, comment, updated_at
FROM silence
WHERE id = $1 AND ($2::int IS NULL OR integration_id IS NULL OR integration_id = $2::int)
"""


async def load_silence(
    conn: Connection, silence_id: UUID, integration: int | None
) -> StoredSilence:
    """Return one silence; raise NotFound."""
    row = await conn.fetchrow(VISIBLE, silence_id, integration)
    if row is None:
        raise NotFound(f"silence {silence_id} not found")
    return _silence(row)


def _silence(row: asyncpg.Record) -> StoredSilence:
    matchers = msgspec.json.decode(row["matchers"], type=tuple[Matcher, ...])
    return StoredSilence(**{**row, "matchers": matchers})
