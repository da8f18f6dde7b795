"""The endpoints of Opsgenie's Heartbeat API (docs.opsgenie.com/docs/heartbeats).

A heartbeat that is not pinged in time fires an alert, and the next ping resolves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from gateway.compat.opsgenie.heartbeat_pings import (
    INTERVAL,
    LOCKED,
    build_default_title,
    record_ping,
)
from gateway.compat.opsgenie.responses import OpsgenieResponse, wrap_handler
from gateway.db.pool import acquire, transaction
from gateway.errors import Conflict, Forbidden, NotFound, Unprocessable
from gateway.ingest.http import AlertEndpoint
from gateway.ingest.reading import limits
from gateway.monitors.pulse import PulseWriter
from gateway.tokens.key_texts import redact_body_keys
from gateway.untrusted.request_bodies import read_body

ROOT = "/v2/heartbeats"
MOST_BYTES = 262_144
PONG = "PONG - Heartbeat received"

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f]+$")]
Text = Annotated[str, Meta(max_length=10_000)]
Every = Annotated[int, Meta(ge=1, le=100_000)]
Unit = Literal["minutes", "hours", "days"]
OpsgeniePriority = Literal["P1", "P2", "P3", "P4", "P5"]
Tags = Annotated[list[Annotated[str, Meta(max_length=100)]], Meta(max_length=50)]


class Team(msgspec.Struct):
    """The team that owns a heartbeat; it is only stored and shown."""

    id: str = ""
    name: str = ""


class NewHeartbeat(msgspec.Struct, rename="camel"):
    """A heartbeat to be added."""

    name: Name
    interval: Every = 10
    interval_unit: Unit = "minutes"
    enabled: bool = True
    description: Text = ""
    owner_team: Team | None = None
    alert_message: Text = ""
    alert_priority: OpsgeniePriority = "P3"
    alert_tags: Tags = []


class HeartbeatChanges(msgspec.Struct, rename="camel"):
    """The fields of a heartbeat to change."""

    interval: Every | UnsetType = UNSET
    interval_unit: Unit | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    owner_team: Team | UnsetType | None = UNSET
    alert_message: Text | UnsetType = UNSET
    alert_priority: OpsgeniePriority | UnsetType = UNSET
    alert_tags: Tags | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """The endpoints below /v2/heartbeats; an integration may have `most` heartbeats."""

    endpoint: AlertEndpoint
    writer: PulseWriter
    most: int

    def routes(self) -> list[web.RouteDef]:
        """Return every route; a ping may use any method that clients are known to use for it."""
        one = ROOT + "/{name}"
        table = [
            ("GET", ROOT, self.list),
            ("POST", ROOT, self.add),
            ("GET", one, self.show),
            ("PATCH", one, self.change),
            ("PUT", one, self.change),
            ("DELETE", one, self.delete),
            ("POST", one + "/enable", self.enable),
            ("POST", one + "/disable", self.disable),
            *((method, one + "/ping", self.ping) for method in ("GET", "POST", "PUT", "PATCH")),
        ]
        return [
            web.route(method, path, wrap_handler(self.writer.clock, handle))
            for method, path, handle in table
        ]

    async def list(self, request: web.Request) -> OpsgenieResponse:
        """Return all heartbeats of the integration."""
        integration = await self._integration(request)
        async with acquire(self.writer.pool) as conn:
            rows = await conn.fetch(LIST, integration)
        return OpsgenieResponse({"data": {"heartbeats": [_shown(dict(row)) for row in rows]}})

    async def add(self, request: web.Request) -> OpsgenieResponse:
        """Add a heartbeat, which starts running at once if it is enabled."""
        integration = await self._integration(request)
        new = limits.decode(redact_body_keys(await read_body(request, MOST_BYTES)), NewHeartbeat)
        team = new.owner_team or Team()
        async with acquire(self.writer.pool) as conn:
            if await conn.fetchval(COUNT, integration, self.most) >= self.most:
                raise Unprocessable(
                    f"limits.heartbeats is {self.most} for one integration: delete some"
                )
            row = await conn.fetchrow(
                ADD,
                self.writer.clock.stamp(),
                integration,
                new.name,
                new.description,
                new.interval,
                new.interval_unit,
                new.enabled,
                team.name or team.id,
                new.alert_message,
                new.alert_priority,
                new.alert_tags,
                _length(new.interval, new.interval_unit),
            )
        if row is None:
            raise Conflict(f"Heartbeat with name [{new.name}] already exists.")
        return OpsgenieResponse({"code": 201, "data": _brief(dict(row))}, 201)

    async def show(self, request: web.Request) -> OpsgenieResponse:
        """Return one heartbeat."""
        return OpsgenieResponse({"data": _shown(await self._row(request, ONE))})

    async def change(self, request: web.Request) -> OpsgenieResponse:
        """Change the given fields of a heartbeat; a new interval counts from the last ping."""
        integration = await self._integration(request)
        asked = limits.decode(
            redact_body_keys(await read_body(request, MOST_BYTES)), HeartbeatChanges
        )
        return await self._changed(integration, request.match_info["name"], asked)

    async def enable(self, request: web.Request) -> OpsgenieResponse:
        """Enable a heartbeat, which runs from this moment."""
        return await self._changed(
            await self._integration(request),
            request.match_info["name"],
            HeartbeatChanges(enabled=True),
        )

    async def disable(self, request: web.Request) -> OpsgenieResponse:
        """Disable a heartbeat, which no longer expires.

        An alert that already fires is left to people.
        """
        return await self._changed(
            await self._integration(request),
            request.match_info["name"],
            HeartbeatChanges(enabled=False),
        )

    async def delete(self, request: web.Request) -> OpsgenieResponse:
        """Delete a heartbeat."""
        await self._row(request, DELETE)
        return OpsgenieResponse({"code": 200, "result": "Deleted"})

    async def ping(self, request: web.Request) -> OpsgenieResponse:
        """Record a ping.

        As with Opsgenie, the response is the same when no heartbeat has that name.
        """
        integration = await self._integration(request)
        await record_ping(self.writer, integration, request.match_info["name"])
        return OpsgenieResponse({"result": PONG}, 202)

    async def _changed(
        self, integration: int, name: str, asked: HeartbeatChanges
    ) -> OpsgenieResponse:
        async with transaction(self.writer.pool) as conn:
            before = await conn.fetchrow(LOCKED, integration, name)
            if before is None:
                raise NotFound(_missing(name))
            now = _merged(dict(before), asked)
            row = await conn.fetchrow(
                CHANGE,
                self.writer.clock.stamp(),
                integration,
                name,
                now["description"],
                now["every"],
                now["unit"],
                now["enabled"],
                now["owner_team"],
                now["alert_message"],
                now["alert_priority"],
                now["alert_tags"],
                _length(now["every"], now["unit"]),
            )
        return OpsgenieResponse({"data": _brief(dict(row or now))})

    async def _row(self, request: web.Request, statement: str) -> Mapping[str, Any]:
        integration, name = await self._integration(request), request.match_info["name"]
        async with acquire(self.writer.pool) as conn:
            row = await conn.fetchrow(statement, integration, name)
        if row is None:
            raise NotFound(_missing(name))
        return dict(row)

    async def _integration(self, request: web.Request) -> int:
        caller = await self.endpoint.authenticate(request, "ingest", None)
        if caller.integration_id is None:
            raise Forbidden("this key belongs to no integration")
        return caller.integration_id


COUNT = """
SELECT count(*)::int FROM (SELECT FROM heartbeat WHERE integration_id = $1 LIMIT $2) AS counted
"""
LIST = "SELECT * FROM heartbeat WHERE integration_id = $1 ORDER BY name LIMIT 10000"
ONE = "SELECT * FROM heartbeat WHERE integration_id = $1 AND name = $2"
DELETE = "DELETE FROM heartbeat WHERE integration_id = $1 AND name = $2 RETURNING *"
ADD = """
INSERT INTO heartbeat (integration_id, name, description, every, unit, enabled, owner_team,
                       alert_message, alert_priority, alert_tags, due_at)
VALUES ($2, $3, $4, $5, $6, $7::bool, $8, $9, $10, $11,
        CASE WHEN $7::bool THEN moment($1) + $12::interval END)
ON CONFLICT (integration_id, name) DO NOTHING RETURNING *
"""
CHANGE = (
    """
UPDATE heartbeat
SET description = $4, every = $5, unit = $6, enabled = $7::bool, owner_team = $8,
    alert_message = $9, alert_priority = $10, alert_tags = $11,
    due_at = CASE
      WHEN NOT $7::bool THEN NULL
      WHEN NOT enabled THEN moment($1) + $12::interval
      WHEN due_at IS NOT NULL
      THEN due_at - """
    + INTERVAL
    + """ + $12::interval
    END
WHERE integration_id = $2 AND name = $3 RETURNING *
"""
)


def _merged(before: Mapping[str, Any], asked: HeartbeatChanges) -> dict[str, Any]:
    team = asked.owner_team
    given = {
        "description": asked.description,
        "every": asked.interval,
        "unit": asked.interval_unit,
        "enabled": asked.enabled,
        "owner_team": UNSET if team is UNSET else "" if team is None else team.name or team.id,
        "alert_message": asked.alert_message,
        "alert_priority": asked.alert_priority,
        "alert_tags": asked.alert_tags,
    }
    return dict(before) | {name: value for name, value in given.items() if value is not UNSET}


def _length(every: int, unit: str) -> timedelta:
    return timedelta(**{unit: every})


def _brief(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "enabled": row["enabled"],
        "expired": row["expired_at"] is not None,
    }


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    pinged: datetime | None = row["pinged_at"]
    return _brief(row) | {
        "description": row["description"],
        "interval": row["every"],
        "intervalUnit": row["unit"],
        "lastPingTime": pinged.astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
        if pinged
        else None,
        "ownerTeam": {"name": row["owner_team"]} if row["owner_team"] else {},
        "alertTags": list(row["alert_tags"]),
        "alertPriority": row["alert_priority"],
        "alertMessage": row["alert_message"] or build_default_title(row["name"]),
    }


def _missing(name: str) -> str:
    return f"Heartbeat with name [{name[:200]}] does not exist."
