"""The alerts that the read endpoints of Alertmanager's API return: firing and suppressed ones."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from aiohttp import web

from gateway.compat.alertmanager.matchers import matcher_columns
from gateway.db.pool import Connection
from gateway.dedup.silences import SilenceJudge
from gateway.errors import Malformed
from gateway.incidents.label_matchers import MatchedAlert, Matcher
from gateway.timing.instants import clamp_instant

RECEIVER = "gateway"

LIST_TIMEOUT_S = 2.0
"""Maximum seconds of a list query; a regular expression that takes longer is cancelled."""


class GettableAlertStatus(msgspec.Struct, rename="camel", frozen=True):
    """The status of an alert.

    It is suppressed while a silence or planned work applies. Nothing is ever inhibited:
    incidents are correlated instead.
    """

    state: str = "active"
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()
    muted_by: tuple[str, ...] = ()


class AlertmanagerReceiver(msgspec.Struct, frozen=True):
    """The receiver of alerts, which is always this gateway."""

    name: str = RECEIVER


class GettableAlert(msgspec.Struct, rename="camel"):
    """An alert, a gettableAlert of the Alertmanager API."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: str
    ends_at: str
    updated_at: str
    fingerprint: str
    generator_URL: str = msgspec.field(name="generatorURL")  # noqa: N815 - as Alertmanager spells it
    receivers: tuple[AlertmanagerReceiver, ...] = (AlertmanagerReceiver(),)
    status: GettableAlertStatus = GettableAlertStatus()


FIRING_ALERTS = """
SELECT a.dedup_key, a.occurrence, a.labels::text AS labels, a.annotations::text AS annotations,
       a.generator_url,
       coalesce(a.fired_at, a.first_seen) AS starts_at,
       coalesce(a.ends_at, a.last_seen + interval '5 minutes') AS ends_at,
       a.last_seen, coalesce(m.number, i.number) AS leader
FROM incident i JOIN alert a ON a.incident_id = i.id
LEFT JOIN incident m ON m.id = i.master_id AND NOT m.security
WHERE NOT i.security AND is_open(i.state)
  AND a.status = 'firing' AND a.namespace = 'alertmanager'
  AND ($1::int IS NULL OR a.integration_id = $1::int)
  AND ($2::text IS NULL OR $3::text ~ $2::text)
  AND NOT EXISTS (
    SELECT FROM unnest($4::text[], $5::text[], $6::text[]) AS w (name, sign, value)
    CROSS JOIN LATERAL (SELECT coalesce(a.labels ->> w.name, '') AS text) AS has
    WHERE NOT CASE w.sign WHEN '=' THEN has.text = w.value WHEN '!=' THEN has.text <> w.value
                          WHEN '=~' THEN has.text ~ w.value ELSE has.text !~ w.value END)
ORDER BY a.dedup_key, a.key_hash LIMIT 10000
"""


COMPILE = "SELECT count(*) FILTER (WHERE '' ~ pattern) FROM unnest($1::text[]) AS p (pattern)"
"""Fails for an invalid regular expression, also when there is no alert to match."""


async def fetch_firing_alerts(
    conn: Connection, integration: int | None, asked: Sequence[Matcher], receiver: str | None
) -> list[tuple[str, GettableAlert]]:
    """Return each firing alert that satisfies every matcher, after its master incident's number.

    An incident without a master counts as its own. Raises Malformed.
    """
    rows = await _matching(conn, FIRING_ALERTS, (integration,), asked, receiver)
    return [(row["leader"], _alert(row)) for row in rows]


SUPPRESSED_ALERTS = """
SELECT a.dedup_key, a.occurrence, a.labels::text AS labels, a.annotations::text AS annotations,
       a.generator_url,
       coalesce(a.fired_at, a.first_seen) AS starts_at, a.suppressed_until AS ends_at, a.last_seen,
       a.integration_id, a.service, a.ci
FROM alert a
WHERE a.suppressed_until > $7::timestamptz AND a.status = 'firing' AND a.namespace = 'alertmanager'
  AND ($1::int IS NULL OR a.integration_id = $1::int) AND ($2::text IS NULL OR $3::text ~ $2::text)
  AND NOT EXISTS (
    SELECT FROM unnest($4::text[], $5::text[], $6::text[]) AS w (name, sign, value)
    CROSS JOIN LATERAL (SELECT coalesce(a.labels ->> w.name, '') AS text) AS has
    WHERE NOT CASE w.sign WHEN '=' THEN has.text = w.value WHEN '!=' THEN has.text <> w.value
                          WHEN '=~' THEN has.text ~ w.value ELSE has.text !~ w.value END)
ORDER BY a.dedup_key, a.key_hash LIMIT 10000
"""


async def fetch_suppressed_alerts(
    conn: Connection,
    judge: SilenceJudge,
    now: datetime,
    integration: int | None,
    asked: Sequence[Matcher],
    receiver: str | None,
) -> list[GettableAlert]:
    """Return each firing alert that is suppressed, by its silences or else by planned work.

    Raises Malformed.
    """
    rows = await _matching(conn, SUPPRESSED_ALERTS, (integration, now), asked, receiver)
    alerts = [_alert(row) for row in rows]
    looked_at = [
        (row["integration_id"], MatchedAlert(alert.labels, row["service"], row["ci"]))
        for row, alert in zip(rows, alerts, strict=True)
    ]
    silences = await judge.holding(conn, looked_at, now)
    return [_suppressed(alert, tuple(ids)) for alert, ids in zip(alerts, silences, strict=True)]


def _suppressed(alert: GettableAlert, silences: tuple[str, ...]) -> GettableAlert:
    alert.status = GettableAlertStatus(
        "suppressed", silences, (), () if silences else ("maintenance",)
    )
    return alert


async def _matching(
    conn: Connection,
    statement: str,
    first: tuple[Any, ...],
    asked: Sequence[Matcher],
    receiver: str | None,
) -> list[asyncpg.Record]:
    patterns = [one.pattern for one in asked if one.is_regex] + ([receiver] if receiver else [])
    columns = matcher_columns(asked)
    try:
        if patterns:
            await conn.fetchval(COMPILE, patterns, timeout=LIST_TIMEOUT_S)
        return await conn.fetch(
            statement, first[0], receiver, RECEIVER, *columns, *first[1:], timeout=LIST_TIMEOUT_S
        )
    except asyncpg.InvalidRegularExpressionError as error:
        raise Malformed(f"bad matcher format: {error}") from error
    except (TimeoutError, asyncpg.QueryCanceledError, asyncpg.InternalServerError) as error:
        if not patterns:
            raise
        raise Malformed(
            "the regular expressions take too long or too much room: ask for less at once"
        ) from error


def _alert(row: asyncpg.Record) -> GettableAlert:
    return GettableAlert(
        labels=msgspec.json.decode(row["labels"]),
        annotations=msgspec.json.decode(row["annotations"]),
        starts_at=format_time(_said(row["occurrence"]) or row["starts_at"]),
        ends_at=format_time(row["ends_at"]),
        updated_at=format_time(row["last_seen"]),
        fingerprint=row["dedup_key"],
        generator_URL=row["generator_url"],
    )


def _said(text: str) -> datetime | None:
    """Return the start time stated by the sender, which clients see; None if it is no time.

    The gateway itself calculates with a start time that it has checked.
    """
    try:
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return clamp_instant(at)


def format_time(moment: datetime) -> str:
    """Return the time as clients of Alertmanager read it, in milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_response(value: object, status: int = 200) -> web.Response:
    """Return a value as JSON, as Alertmanager does."""
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
