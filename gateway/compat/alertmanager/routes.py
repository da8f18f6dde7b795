"""The read endpoints of Alertmanager's API v2, for amtool, Grafana and karma.

See prometheus/alertmanager api/v2/openapi.yaml. An integration's key sees that integration's
alerts: those that fire on open records other than security incidents, and those that are
suppressed. What Prometheus posts goes through `gateway.compat.endpoints`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiMapping

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.clock import Clock
from gateway.compat.alertmanager.matchers import anchor_pattern, matcher_columns, parse_matchers
from gateway.db.pool import Connection, Pool, acquire
from gateway.dedup.silences import SilenceJudge
from gateway.errors import Malformed
from gateway.incidents.label_matchers import MatchedAlert, Matcher
from gateway.instants import clamp_instant
from gateway.operations.unit_of_work import NOW
from gateway.web.auth import Authenticator

PATH_PREFIXES = ("", "/ingest/alertmanager/{key}")
"""The prefixes of the paths; the key may be in it.

Prometheus has `path_prefix` for it, and amtool `--alertmanager.url`.
"""

RECEIVER = "gateway"
ALERTMANAGER_RELEASE = "0.27.0"
"""The release of Alertmanager whose API this is; clients choose how to read responses by it."""

LIST_TIMEOUT_S = 2.0
"""Maximum seconds of a list query; a regular expression that takes longer is cancelled."""

CONFIG = f"route:\n  receiver: {RECEIVER}\nreceivers:\n- name: {RECEIVER}\n"
YES, NO = (
    frozenset({"", "1", "t", "true", "yes", "on"}),
    frozenset({"0", "f", "false", "no", "off"}),
)
KINDS = ("active", "silenced", "inhibited", "unprocessed", "muted")


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


class AlertGroup(msgspec.Struct):
    """The alerts of a master incident and its children, an alertGroup of the Alertmanager API."""

    labels: Mapping[str, str]
    receiver: AlertmanagerReceiver
    alerts: list[GettableAlert]


@dataclass(frozen=True, slots=True)
class AlertmanagerReads:
    """The read endpoints of an Alertmanager.

    `readyz` is the gateway's own handler, `version` its release.
    """

    pool: Pool
    keys: Authenticator
    readyz: Handler
    version: str
    started: datetime
    clock: Clock
    judge: SilenceJudge

    def routes(self) -> list[web.RouteDef]:
        """Return every route, with and without the key in front."""
        reads = {
            "/api/v2/status": self.status,
            "/api/v2/alerts": self.alerts,
            "/api/v2/alerts/groups": self.groups,
            "/api/v2/receivers": self.receivers,
        }
        open_to_all = {"/-/healthy": self.healthy, "/-/ready": self.ready}
        guarded = {path: self._guarded(read) for path, read in reads.items()}
        return [
            web.get(root + path, serve)
            for root in PATH_PREFIXES
            for path, serve in (guarded | open_to_all).items()
        ]

    def _guarded(self, read: Callable[[web.Request, int | None], Awaitable[object]]) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            caller = await self.keys.authenticate(
                request, "ingest", request.match_info.get("key"), or_scope="read"
            )
            if caller.person_id is not None:
                raise_if_refused(may(caller.who, Action.FOLLOW))
            try:
                return _json(await read(request, caller.integration_id))
            except Malformed as error:
                return _json(error.detail, 400)

        return serve

    async def status(self, _request: web.Request, _integration: int | None) -> object:
        """Return the alertmanagerStatus, of an Alertmanager without a cluster."""
        version = {
            "version": ALERTMANAGER_RELEASE,
            "branch": "incident-gateway",
            "revision": self.version,
        }
        return {
            "cluster": {"status": "disabled", "peers": ()},
            "config": {"original": CONFIG},
            "uptime": _time(self.started),
            "versionInfo": version | {"buildDate": "", "buildUser": "", "goVersion": ""},
        }

    async def receivers(self, _request: web.Request, _integration: int | None) -> object:
        """Return the one receiver, this gateway."""
        return (AlertmanagerReceiver(),)

    async def alerts(self, request: web.Request, integration: int | None) -> object:
        """Return the firing and the suppressed alerts, as gettableAlerts."""
        held = await self._held(request.query, integration)
        return [alert for _, alert in await self._firing(request.query, integration)] + held

    async def groups(self, request: web.Request, integration: int | None) -> object:
        """Return the firing alerts grouped by master incident, as alertGroups."""
        found: dict[str, AlertGroup] = {}
        for incident, alert in await self._firing(request.query, integration):
            found.setdefault(
                incident, AlertGroup({"incident": incident}, AlertmanagerReceiver(), [])
            ).alerts.append(alert)
        return [found[incident] for incident in sorted(found)]

    async def _firing(
        self, query: MultiMapping[str], integration: int | None
    ) -> list[tuple[str, GettableAlert]]:
        wanted = {kind: _flag(query, kind) for kind in KINDS}
        asked = parse_matchers(query.getall("filter", []))
        receiver = _receiver(query.get("receiver", ""))
        if not wanted["active"]:
            return []
        async with acquire(self.pool) as conn:
            return await fetch_firing_alerts(conn, integration, asked, receiver)

    async def _held(self, query: MultiMapping[str], integration: int | None) -> list[GettableAlert]:
        asked = parse_matchers(query.getall("filter", []))
        receiver = _receiver(query.get("receiver", ""))
        silenced, muted = _flag(query, "silenced"), _flag(query, "muted")
        if not silenced and not muted:
            return []
        async with acquire(self.pool) as conn:
            now = await conn.fetchval(NOW, self.clock.stamp())
            found = await fetch_suppressed_alerts(
                conn, self.judge, now, integration, asked, receiver
            )
        return [alert for alert in found if (silenced if alert.status.silenced_by else muted)]

    async def healthy(self, _request: web.Request) -> web.Response:
        """Answer 200 while the process is running."""
        return web.Response(text="OK")

    async def ready(self, request: web.Request) -> web.Response:
        """Answer as /readyz does, in fewer words."""
        status = (await self.readyz(request)).status
        return web.Response(text="OK" if status == 200 else "not ready", status=status)


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
        starts_at=_time(_said(row["occurrence"]) or row["starts_at"]),
        ends_at=_time(row["ends_at"]),
        updated_at=_time(row["last_seen"]),
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


def _flag(query: MultiMapping[str], name: str) -> bool:
    text = query.get(name, "true").lower()
    if text not in YES | NO:
        raise Malformed(f"{name} is true or false, not {text[:40]!r}")
    return text in YES


def _receiver(pattern: str) -> str | None:
    if len(pattern) > 256 or "\0" in pattern:
        raise Malformed("receiver has NUL or more than 256 characters")
    return anchor_pattern(pattern) if pattern else None


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value), status=status, content_type="application/json"
    )
