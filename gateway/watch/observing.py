"""Observation of the gateway from beside it: its readiness probe, and its database."""

import asyncio
from datetime import datetime

import aiohttp
import asyncpg

from gateway.db.pool import Connection
from gateway.oncall.expansion import INSTANT
from gateway.oncall.schedules import load_plans
from gateway.settings.watch import WatchSettings
from gateway.watch.checks import DatabaseFigures

WITHIN = 5.0
"""Seconds within which the serving process and the database must answer."""

SERVER_SETTINGS = {
    "application_name": "incident-gateway watch",
    "statement_timeout": "4s",
    "lock_timeout": "1s",
    "synchronous_commit": "on",
}

WRITE = "SELECT pg_logical_emit_message(true, 'incident-gateway', 'watch')"
"""The statement that writes, and so proves that a commit reaches the disk; it changes no table."""

READ_ONLY = "SELECT current_setting('transaction_read_only')::boolean"

FIGURES = """
SELECT moment($1) AS at,
  (SELECT count(*)::int FROM timer WHERE armed
     AND due_at BETWEEN '1970-01-01 00:00+00' AND moment($1) - $2::interval) AS overdue,
  (SELECT greatest(moment($1) - min(next_attempt_at), interval '0')
     FROM outbox WHERE state = 'pending' AND bundle IS NULL) AS outbox_late,
  (SELECT count(*)::int FROM silent_incident)
    + (SELECT count(*)::int FROM incident
       WHERE is_open(state) AND shelved_until < moment($1) - interval '1 min') AS silent,
  ARRAY(SELECT DISTINCT p.login FROM shift s JOIN staff_group g ON g.id = s.group_id
     JOIN person p ON p.id = ANY(s.people)
     WHERE g.active AND s.starts_at <= moment($1) AND s.ends_at > moment($1)) AS on_shift
"""

UNREACHABLE = """
SELECT p.login FROM person p
WHERE p.login = ANY($1::text[]) AND (NOT p.active OR p.email = '' AND NOT EXISTS (
  SELECT FROM contact_method m WHERE m.person_id = p.id AND m.verified_at IS NOT NULL))
ORDER BY 1 LIMIT 20
"""


class NotWritable(Exception):
    """A database that cannot be written to."""


async def probe(session: aiohttp.ClientSession, url: str) -> dict[str, bool] | None:
    """Return the checks of the readiness probe at this address, None without an answer."""
    try:
        async with asyncio.timeout(WITHIN), session.get(url, allow_redirects=False) as answer:
            told = await answer.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    if not isinstance(told, dict):
        return None
    return {name: value for name, value in told.items() if isinstance(value, bool)}


async def fetch_figures(url: str, settings: WatchSettings) -> DatabaseFigures:
    """Return the figures of the database, after a commit to it.

    Raises NotWritable with the reason. The connection is one of its own, so that no load and no
    fault of the serving process stands between.
    """
    try:
        async with asyncio.timeout(WITHIN):
            conn = await asyncpg.connect(url, timeout=WITHIN, server_settings=SERVER_SETTINGS)
            try:
                return await read_figures(conn, settings, None)
            finally:
                conn.terminate()
    except TimeoutError as error:
        raise NotWritable("no answer in time") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise NotWritable(type(error).__name__) from error


async def read_figures(
    conn: Connection, settings: WatchSettings, now: datetime | None
) -> DatabaseFigures:
    """Return the figures on this connection, after a commit on it; raises NotWritable."""
    if await conn.fetchval(READ_ONLY):
        raise NotWritable("read only")
    await conn.execute(WRITE)
    row = await conn.fetchrow(FIGURES, now, settings.timers_late)
    assert row is not None  # noqa: S101 - the statement has one row
    plans = await load_plans(conn, None, row["at"], row["at"] + INSTANT)
    on_call = {login for plan in plans.values() for login in plan.on_call(row["at"])}
    unreachable = await conn.fetch(UNREACHABLE, sorted(on_call.union(row["on_shift"])))
    found = {name: value for name, value in row.items() if value is not None}
    del found["on_shift"]
    return DatabaseFigures(**found, unreachable=tuple(one["login"] for one in unreachable))
