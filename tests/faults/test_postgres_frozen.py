"""A frozen PostgreSQL that answers nothing.

Every request is still answered within 2.5 s, and none is counted twice.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from gateway.access.keys import BELIEVED_FOR, Scope
from gateway.embedded.launcher import EmbeddedServers
from tests.support.process import CLOCK, Replica, make_key, print_figures, replicas
from tests.support.sender import Sender, judge
from tests.support.servers import freeze_server

SLOWEST = 2.5
AT_ONCE = 100
RATE = 50
"""Events a second, so few that a freeze needs fewer connections than the sender has."""
PROBES = {"/readyz", "/-/ready", "/ingest/alertmanager/1/-/ready"}
REPORT = {"title": "the lift is stuck"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A request with its status and its duration in seconds."""

    what: str
    status: int
    seconds: float
    retry_after: str | None


async def ask(session: aiohttp.ClientSession, method: str, path: str, **given: Any) -> Answered:
    began = CLOCK.monotonic()
    async with session.request(method, path, allow_redirects=False, **given) as answer:
        await answer.read()
        again = answer.headers.get("Retry-After")
    return Answered(f"{method} {path}", answer.status, CLOCK.monotonic() - began, again)


async def asked(session: aiohttp.ClientSession, *wanted: tuple[str, str, Any]) -> list[Answered]:
    crowd = asyncio.Semaphore(AT_ONCE)

    async def one(method: str, path: str, body: Any) -> Answered:
        async with crowd:
            given = (
                {}
                if body is None
                else {"data": body}
                if isinstance(body, bytes)
                else {"json": body}
            )
            return await ask(session, method, path, **given)

    return await asyncio.gather(*(one(*each) for each in wanted))


def ways_in(number: str, key: str) -> list[tuple[str, str, Any]]:
    """Return one valid request of each kind.

    Their keys are cached already, so that each request reaches its own statements.
    """
    mail = (
        b"From: ann@corp.example\r\nTo: help@corp.example\r\nSubject: printer\r\nMessage-Id: "
        b"<1@corp.example>\r\n\r\nit smokes"
    )
    event = {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": "x",
        "payload": {"summary": "x", "source": "y", "severity": "error"},
    }
    record = f"/api/v1/incidents/{number}"
    return [
        ("POST", "/ingest/generic", {"title": "disk full"}),
        ("POST", "/api/v2/alerts", [{"labels": {"alertname": "x"}}]),
        ("POST", "/v2/enqueue", event),
        ("POST", f"/ingest/email/raw/{key}", mail),
        ("POST", "/ingest/app", {"description": "no network", "reporter": {"id": "ann"}}),
        ("GET", "/ingest/phone/threecx/lookup?number=123", None),
        ("POST", "/api/v1/incidents", REPORT),
        ("POST", f"{record}/acknowledge", {}),
        ("POST", f"{record}/note", {"note": "seen"}),
        ("PATCH", record, {"title": "another"}),
        ("GET", record, None),
        ("GET", f"{record}/timeline", None),
        ("GET", "/api/v1/incidents?q=lift", None),
        ("GET", "/api/v1/changes?wait=1", None),
        ("POST", "/api/v1/login", {"login": "ann", "password": "wrong but long enough"}),
        ("POST", "/api/v1/groups", {"slug": "mail", "name": "Mail", "tier": "tier2"}),
        ("POST", "/v2/alerts", {"message": "by opsgenie"}),
        ("GET", "/api/v2/silences", None),
        ("POST", f"{record}/attachments?name=a.txt", b"some bytes"),
    ]


async def every_operation(session: aiohttp.ClientSession) -> list[tuple[str, str, Any]]:
    """Return every described operation, with made-up names in the path.

    Their keys are not cached.
    """
    async with session.get("/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    return [
        (method.upper(), re.sub(r"\{[^}]*\}", "1", path), None if method == "get" else {})
        for path, operations in paths.items()
        for method in operations
        if method in {"get", "post", "put", "patch", "delete"}
    ]


async def probed(session: aiohttp.ClientSession) -> None:
    """Require a live probe and a failed readiness probe, both in time.

    Liveness does not depend on the database.
    """
    alive, ready = await asyncio.gather(
        ask(session, "GET", "/healthz"), ask(session, "GET", "/readyz")
    )
    assert (alive.status, ready.status) == (200, 503)
    assert alive.seconds < 0.5
    assert ready.seconds < 1.5


@pytest.mark.timeout(90)
async def test_frozen_postgresql_is_answered_503_within_limit(
    own_servers: EmbeddedServers, tmp_path: Path
) -> None:
    url = own_servers.database_url
    key = await make_key(url, Scope.ADMIN, Scope.INGEST)
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        replicas(1, url, own_servers.redis_url, tmp_path) as [gateway],
        aiohttp.ClientSession(
            gateway.url, headers={"Authorization": f"Bearer {key}"}, connector=connector
        ) as session,
    ):
        async with session.post("/api/v1/incidents", json=REPORT) as made:
            number = (await made.json())["number"]
        operations = await every_operation(session)
        await ask(session, "GET", f"/api/v1/incidents/{number}")
        with freeze_server(own_servers, "PostgreSQL"):
            known = await asked(session, *ways_in(number, key))
            await probed(session)
            await CLOCK.sleep(BELIEVED_FOR)
            unknown = await asked(session, *operations, *ways_in(number, key))
            await probed(session)
        thawed = CLOCK.monotonic()
        while (await ask(session, "GET", f"/api/v1/incidents/{number}")).status != 200:
            assert CLOCK.monotonic() - thawed < 10
        back = CLOCK.monotonic() - thawed
        after = await asked(session, *ways_in(number, key))
    answers = known + unknown
    slowest = max(answers, key=lambda one: one.seconds)
    print_figures(
        requests=len(answers),
        slowest=slowest,
        back_after=back,
        after=[(one.what, one.status) for one in after],
    )
    assert slowest.seconds <= SLOWEST, slowest
    assert {one.what for one in known if one.status != 503} == set(), known
    without = {one.what for one in answers if one.status == 503 and not one.retry_after}
    assert without <= {f"GET {probe}" for probe in PROBES}
    assert {one.status for one in unknown} <= {200, 400, 401, 403, 404, 503}
    assert sum(one.status == 503 for one in unknown) > len(unknown) / 2, (
        "too few needed the database to prove anything"
    )
    assert {one.what for one in after if one.status >= 500} == set()


@pytest.mark.timeout(60)
async def test_retried_requests_after_freeze_count_once(
    own_servers: EmbeddedServers, tmp_path: Path
) -> None:
    url, stop = own_servers.database_url, asyncio.Event()
    key = await make_key(url, Scope.ADMIN, Scope.INGEST)
    async with (
        replicas(1, url, own_servers.redis_url, tmp_path) as [gateway],
        Sender([gateway.url], key) as sender,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(sender.send_at_rate(RATE, stop))
        reports = [group.create_task(reported(gateway, key, number)) for number in range(40)]
        for _ in range(2):
            await CLOCK.sleep(0.5)
            with freeze_server(own_servers, "PostgreSQL"):
                await CLOCK.sleep(3)
        await asyncio.wait(reports)
        stop.set()
    verdict, answers = await judge(url, sender.ledger), sender.answers()
    conn = await asyncpg.connect(url)
    titles = await conn.fetch(
        "SELECT title, count(*) AS n FROM incident WHERE title LIKE 'report %' GROUP BY title"
    )
    await conn.close()
    slowest = max(second for sent in sender.ledger for second in sent.seconds)
    print_figures(answers=answers, slowest=slowest, refused=sum(task.result() for task in reports))
    assert verdict.clean, verdict
    assert set(answers) == {202, 503}
    assert sorted((row["title"], row["n"]) for row in titles) == sorted(
        (f"report {n}", 1) for n in range(40)
    )


async def reported(gateway: Replica, key: str, number: int) -> int:
    """Create one record, repeating the request until it succeeds.

    Return the number of refusals.
    """
    head = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid4())}
    await CLOCK.sleep(number / 10)
    refused = 0
    async with aiohttp.ClientSession(gateway.url, headers=head) as session:
        while (
            await ask(session, "POST", "/api/v1/incidents", json={"title": f"report {number}"})
        ).status != 201:
            refused += 1
            await CLOCK.sleep(0.2)
    return refused
