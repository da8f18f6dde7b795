"""The HTTP client of the demo: calls a running gateway like its senders and its users."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
import structlog

from gateway.timing.clock import Clock

log = structlog.get_logger()

ALREADY_EXISTS, UNREADABLE = 409, 400
"""Statuses for an object of an earlier run, and for a body that cannot be understood."""


@dataclass(frozen=True, slots=True)
class DemoClient:
    """A client of the running gateway.

    `pace` is the average number of seconds between two events; 0 for at once.
    """

    session: aiohttp.ClientSession
    url: str
    ingest_key: str
    admin_key: str
    clock: Clock
    pace: float
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - how long pauses are is no secret
    failed: list[str] = field(default_factory=list)
    """Refused requests; there should be none."""

    async def send(
        self,
        path: str,
        body: bytes | Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> str | None:
        """Send a request of a sender and return the number of its first record, if any."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        answer = await self._call(method, path, self.ingest_key, data, headers or {})
        results = answer.get("results") or [{}]
        number: str | None = results[0].get("incident")
        return number

    async def send_unreadable(self, path: str, body: Mapping[str, Any]) -> None:
        """Send a body that the gateway cannot understand and puts into quarantine."""
        await self._call("POST", path, self.ingest_key, msgspec.json.encode(body), {}, UNREADABLE)

    async def act(self, number: str, action: str, **body: Any) -> None:
        """Perform an action on a record, as an engineer would."""
        await self.api("POST", f"incidents/{number}/{action}", **body)

    async def api(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Call the API as an administrator; an object that exists already is left alone."""
        return await self._call(
            method, f"/api/v1/{path}", self.admin_key, msgspec.json.encode(body), {}, ALREADY_EXISTS
        )

    async def pause(self, longer: float = 1) -> None:
        """Wait for a random time of about `pace` times `longer` seconds."""
        await self.clock.sleep(self.pace * longer * 2 * self.chance.random())

    async def _call(
        self,
        method: str,
        path: str,
        key: str,
        data: bytes,
        headers: Mapping[str, str],
        fine: int = 0,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        async with self.session.request(
            method, self.url + path, data=data, headers=headers
        ) as answer:
            text = await answer.read()
            if not answer.ok and answer.status != fine:
                self.failed.append(f"{method} {path}: {answer.status} {text[:300]!r}")
                log.warning(
                    "demo_refused",
                    method=method,
                    path=path,
                    status=answer.status,
                    answer=text.decode("utf-8", "replace"),
                )
            return (
                msgspec.json.decode(text, type=dict[str, Any])
                if answer.content_type.endswith("json") and text
                else {}
            )
