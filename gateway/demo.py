"""A day of an operations team in a few minutes: what `gw dev --demo` plays against the running gateway, over HTTP."""

import random
from dataclasses import dataclass
from typing import Any

import aiohttp

from gateway.clock import Clock

SERVICES = ("checkout", "search", "payments", "mail", "identity")

TROUBLES = (
    ("p99 latency is over 2 s", "warning"),
    ("error rate is over 5 %", "critical"),
    ("disk is 91 % full", "warning"),
    ("certificate expires in 6 days", "info"),
    ("replication lag is over 60 s", "error"),
)

HOSTS = 12
PAUSE = 1.2
"""Seconds between two things that happen."""

ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the play is given."""

    session: aiohttp.ClientSession
    url: str
    ingest_key: str
    admin_key: str

    async def alert(self, body: dict[str, Any]) -> str | None:
        """Send one alert; the number of the incident that answers for it."""
        answer = await self._post("/ingest/generic", self.ingest_key, body)
        return answer["results"][0]["incident"] if answer.get("results") else None

    async def act(self, number: str, action: str, **body: Any) -> None:
        """Do what an engineer would."""
        await self._post(f"/api/v1/incidents/{number}/{action}", self.admin_key, body)

    async def _post(self, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.session.post(self.url + path, json=body, headers={"Authorization": f"Bearer {key}"}) as answer:
            said: dict[str, Any] = await answer.json(content_type=None)
            return said


async def play(url: str, ingest_key: str, admin_key: str, clock: Clock) -> None:
    """Alerts that open, repeat, relate and clear; engineers who take them on, hold, escalate and resolve them."""
    chance = random.Random(7)  # noqa: S311 - the same play every time
    async with aiohttp.ClientSession() as session:
        stage = Stage(session, url, ingest_key, admin_key)
        firing: dict[str, tuple[dict[str, Any], str | None]] = {}
        for _ in range(ROUNDS):
            if firing and chance.random() < 0.35:
                await _go_on(stage, chance, firing)
            else:
                body = _trouble(chance)
                firing[body["dedup_key"]] = (body, await stage.alert(body))
            await clock.sleep(PAUSE * chance.random() * 2)


def _trouble(chance: random.Random) -> dict[str, Any]:
    service, host = chance.choice(SERVICES), f"node-{chance.randrange(HOSTS)}"
    title, severity = chance.choice(TROUBLES)
    return {
        "title": f"{service}: {title} on {host}",
        "severity": severity,
        "service": service,
        "ci": host,
        "dedup_key": f"{service}/{host}/{title}",
        "labels": {"team": "platform", "host": host},
    }


async def _go_on(stage: Stage, chance: random.Random, firing: dict[str, tuple[dict[str, Any], str | None]]) -> None:
    key = chance.choice(list(firing))
    body, number = firing[key]
    what = chance.random()
    if what < 0.3:
        await stage.alert(body)
    elif what < 0.6 or number is None:
        await stage.alert(body | {"status": "resolved"})
        del firing[key]
    elif what < 0.8:
        await stage.act(number, "acknowledge", note="looking into it")
    elif what < 0.9:
        await stage.act(number, "assign", group="platform", person="li.wei", tier=2)
    else:
        await stage.act(number, "resolve", resolution="solved", solution="restarted the worker")
        del firing[key]
