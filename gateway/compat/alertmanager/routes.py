"""The read endpoints of Alertmanager's API v2, for amtool, Grafana and karma.

See prometheus/alertmanager api/v2/openapi.yaml. An integration's key sees that integration's
alerts: those that fire on open records other than security incidents, and those that are
suppressed. What Prometheus posts goes through `gateway.compat.endpoints`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiMapping

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.compat.alertmanager.alerts import (
    RECEIVER,
    AlertmanagerReceiver,
    GettableAlert,
    fetch_firing_alerts,
    fetch_suppressed_alerts,
    format_time,
    json_response,
)
from gateway.compat.alertmanager.matchers import anchor_pattern, parse_matchers
from gateway.db.moment import fetch_now
from gateway.db.pool import Pool, acquire
from gateway.dedup.silences import SilenceJudge
from gateway.errors import Malformed
from gateway.timing.clock import Clock
from gateway.web.auth import Authenticator

PATH_PREFIXES = ("", "/ingest/alertmanager/{key}")
"""The prefixes of the paths; the key may be in it.

Prometheus has `path_prefix` for it, and amtool `--alertmanager.url`.
"""

ALERTMANAGER_RELEASE = "0.27.0"
"""The release of Alertmanager whose API this is; clients choose how to read responses by it."""

CONFIG = f"route:\n  receiver: {RECEIVER}\nreceivers:\n- name: {RECEIVER}\n"
YES, NO = (
    frozenset({"", "1", "t", "true", "yes", "on"}),
    frozenset({"0", "f", "false", "no", "off"}),
)
KINDS = ("active", "silenced", "inhibited", "unprocessed", "muted")


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
                return json_response(await read(request, caller.integration_id))
            except Malformed as error:
                return json_response(error.detail, 400)

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
            "uptime": format_time(self.started),
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
            now = await fetch_now(conn, self.clock.stamp())
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


def _flag(query: MultiMapping[str], name: str) -> bool:
    text = query.get(name, "true").lower()
    if text not in YES | NO:
        raise Malformed(f"{name} is true or false, not {text[:40]!r}")
    return text in YES


def _receiver(pattern: str) -> str | None:
    if len(pattern) > 256 or "\0" in pattern:
        raise Malformed("receiver has NUL or more than 256 characters")
    return anchor_pattern(pattern) if pattern else None
