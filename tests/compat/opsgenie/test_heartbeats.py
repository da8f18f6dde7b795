"""A missing heartbeat opens an alert, and the next ping ends it.

Neither a crash nor a second replica changes that.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from gateway.compat.opsgenie.heartbeat_pings import HeartbeatDeadlines, record_ping
from gateway.db.pool import Pool
from gateway.monitors.pulse import OverdueSearch, PulseWriter
from gateway.receipts.submission import Receipt, Submission
from tests.compat.opsgenie.conftest import Genie, settings
from tests.e2e.processes import until
from tests.support.clock import FakeClock
from tests.support.intake import IntakeHarness, intake_harness
from tests.support.served import served

PINGS = ("GET", "POST", "PUT", "PATCH")


async def test_heartbeat_is_created_shown_updated_and_deleted(genie: Genie) -> None:
    new = {
        "name": "backup",
        "interval": 2,
        "intervalUnit": "hours",
        "enabled": True,
        "ownerTeam": {"name": "dba"},
    }
    status, told = await genie.call(
        "POST", "/v2/heartbeats", new | {"alertTags": ["night"], "alertPriority": "P1"}
    )
    assert (status, told["code"], told["data"]) == (
        201,
        201,
        {"name": "backup", "enabled": True, "expired": False},
    )
    assert (await genie.call("POST", "/v2/heartbeats", new))[0] == 409
    assert (
        await genie.call(
            "PATCH", "/v2/heartbeats/backup", {"interval": 3, "description": "nightly"}
        )
    )[0] == 200
    assert (await genie.call("POST", "/v2/heartbeats/backup/disable"))[1]["data"][
        "enabled"
    ] is False
    status, told = await genie.call("GET", "/v2/heartbeats/backup")
    assert (status, told["data"]) == (
        200,
        {
            "name": "backup",
            "enabled": False,
            "expired": False,
            "description": "nightly",
            "interval": 3,
            "intervalUnit": "hours",
            "lastPingTime": None,
            "ownerTeam": {"name": "dba"},
            "alertTags": ["night"],
            "alertPriority": "P1",
            "alertMessage": "backup is expired",
        },
    )
    assert [
        one["name"] for one in (await genie.call("GET", "/v2/heartbeats"))[1]["data"]["heartbeats"]
    ] == ["backup"]
    assert (await genie.call("GET", "/v2/heartbeats/backup", key="other"))[0] == 404
    assert (await genie.call("DELETE", "/v2/heartbeats/backup"))[0] == 200
    for method, path in (("GET", ""), ("DELETE", ""), ("PATCH", ""), ("POST", "/enable")):
        assert (
            await genie.call(
                method, "/v2/heartbeats/backup" + path, {} if method == "PATCH" else None
            )
        )[0] == 404
    wrong = [
        {"interval": 5},
        {"name": "x", "interval": 0},
        {"name": "x", "intervalUnit": "weeks"},
        {"name": "a/b"},
    ]
    for body in wrong:
        assert (await genie.call("POST", "/v2/heartbeats", body))[0] == 422


async def test_ping_of_known_or_unknown_heartbeat_returns_202(genie: Genie) -> None:
    await genie.call("POST", "/v2/heartbeats", {"name": "backup"})
    for method in PINGS:
        for name in ("backup", "nothing"):
            status, told = await genie.call(method, f"/v2/heartbeats/{name}/ping")
            assert (status, told["result"]) == (202, "PONG - Heartbeat received")
    assert (await genie.call("GET", "/v2/heartbeats/backup"))[1]["data"]["lastPingTime"]


Submit = Callable[[Submission], Awaitable[Receipt]]


class Site:
    """A heartbeat `backup` of ten minutes, and an intake that the test commits itself."""

    def __init__(self, pool: Pool, clock: FakeClock, intake: IntakeHarness) -> None:
        self.pool, self.clock, self.intake = pool, clock, intake

    async def submit(self, submission: Submission) -> Receipt:
        return (await self.intake.take(submission))[0]

    async def look(self, submit: Submit | None = None) -> int:
        writer = PulseWriter(self.pool, self.clock, submit or self.submit)
        return await OverdueSearch("heartbeats", HeartbeatDeadlines(), writer).run_once()

    async def ping(self, submit: Submit | None = None) -> None:
        writer = PulseWriter(self.pool, self.clock, submit or self.submit)
        await record_ping(writer, 1, "backup")

    async def states(self) -> list[Any]:
        return [
            row["state"] for row in await self.intake.rows("SELECT state FROM incident ORDER BY id")
        ]


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

ADD = """
INSERT INTO heartbeat (integration_id, name, every, unit, enabled, due_at)
VALUES (1, 'backup', 10, 'minutes', true, $1)
"""


@pytest.fixture
async def site(pool: Pool, database_url: str, clock: FakeClock) -> Any:
    async with intake_harness(database_url, clock) as intake:
        await intake.conn.execute(
            "INSERT INTO integration (slug, name) VALUES ('ours', 'ours') ON CONFLICT DO NOTHING"
        )
        await intake.conn.execute(ADD, clock.at + timedelta(minutes=10))
        yield Site(pool, clock, intake)


async def test_missing_ping_fires_once_and_next_ping_resolves(site: Site) -> None:
    assert await site.look() == 0
    site.clock.advance(timedelta(minutes=10))
    assert (await site.look(), await site.look(), await site.states()) == (1, 0, ["logged"])
    await site.ping()
    assert await site.states() == ["resolved"]
    site.clock.advance(timedelta(minutes=9))
    assert await site.look() == 0
    await site.ping()
    site.clock.advance(timedelta(minutes=10))
    assert (await site.look(), await site.states()) == (1, ["resolved", "logged"])


async def test_disabled_heartbeat_never_expires(site: Site) -> None:
    await site.intake.conn.execute("UPDATE heartbeat SET enabled = false, due_at = NULL")
    await site.ping()
    site.clock.advance(timedelta(days=1))
    assert await site.look() == 0


async def test_heartbeat_due_time_restarts_on_enable_ping_or_new_interval(genie: Genie) -> None:
    async def left(path: str, body: Any = None, method: str = "POST") -> int:
        assert (await genie.call(method, "/v2/heartbeats" + path, body))[0] in {200, 201, 202}
        seconds = await genie.served.pool.fetchval(
            "SELECT extract(epoch FROM due_at - now()) FROM heartbeat"
        )
        return round(seconds or 0)

    assert 595 <= await left("", {"name": "backup", "interval": 10}) <= 600
    assert 3595 <= await left("/backup", {"interval": 1, "intervalUnit": "hours"}, "PATCH") <= 3600
    assert await left("/backup/disable") == 0
    assert 3595 <= await left("/backup/enable") <= 3600
    assert 175 <= await left("/backup", {"interval": 3, "intervalUnit": "minutes"}, "PUT") <= 180
    assert 175 <= await left("/backup/ping") <= 180


async def test_ping_during_expiry_resolves_alert(site: Site) -> None:
    site.clock.advance(timedelta(minutes=10))
    pings: list[asyncio.Task[None]] = []

    async def submit(submission: Submission) -> Receipt:
        pings.append(asyncio.create_task(site.ping()))
        await until("the ping waits for the row", lambda: site.intake.conn.fetchval(WAITING))
        return await site.submit(submission)

    assert await site.look(submit) == 1
    await asyncio.gather(*pings)
    assert await site.states() == ["resolved"]
    assert await site.look() == 0


async def test_heartbeat_that_cannot_be_processed_waits_and_lets_others_expire(site: Site) -> None:
    await site.intake.conn.execute(ADD.replace("backup", "other"), site.clock.at)
    site.clock.advance(timedelta(minutes=10))

    async def refuse_backup(submission: Submission) -> Receipt:
        if submission.alerts[0][1].dedup_key == "backup":
            raise ZeroDivisionError
        return await site.submit(submission)

    with pytest.raises(ExceptionGroup):
        await site.look(refuse_backup)
    assert (await site.look(), await site.states()) == (0, ["logged"])
    site.clock.advance(timedelta(minutes=1))
    assert (await site.look(), await site.states()) == (1, ["logged", "logged"])


async def test_crash_after_commit_opens_no_second_incident(site: Site) -> None:
    site.clock.advance(timedelta(minutes=10))

    async def die(submission: Submission) -> Receipt:
        await site.submit(submission)
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as failed:
        await site.look(die)
    assert [type(error) for error in failed.value.exceptions] == [ZeroDivisionError]
    site.clock.advance(timedelta(minutes=1))
    assert (await site.look(), await site.states()) == (1, ["logged"])
    with pytest.raises(ZeroDivisionError):
        await site.ping(die)
    await site.ping()
    assert await site.states() == ["resolved"]


async def test_gateway_expires_heartbeat_and_http_ping_resolves_alert(database_url: str) -> None:
    conn = await asyncpg.connect(database_url)
    try:
        await conn.execute("INSERT INTO integration (slug, name) VALUES ('early', 'early')")
        await conn.execute(ADD, datetime.now(UTC))  # noqa: TID251
    finally:
        await conn.close()
    async with served(settings(database_url)) as running:
        genie = Genie(running)
        expired = "SELECT expired_at FROM heartbeat"
        await until("the silence is on record", lambda: running.pool.fetchval(expired))
        await running.pool.execute("UPDATE api_key SET integration_id = 1")
        assert (await genie.call("GET", "/v2/heartbeats/backup"))[1]["data"]["expired"] is True
        assert (await genie.call("GET", "/v2/heartbeats/backup/ping"))[0] == 202
        assert [(one["title"], one["state"]) for one in await genie.records()] == [
            ("backup is expired", "resolved")
        ]
        assert (await genie.call("GET", "/v2/heartbeats/backup"))[1]["data"]["expired"] is False


async def test_heartbeats_per_integration_are_limited(database_url: str) -> None:
    plain = settings(database_url)
    limits = msgspec.structs.replace(plain.limits, heartbeats=2)
    async with served(msgspec.structs.replace(plain, limits=limits)) as gateway:
        statuses = [
            (await gateway.post("/v2/heartbeats", {"name": f"job-{at}"})).status for at in range(3)
        ]
        assert statuses == [201, 201, 422]
        told = await (await gateway.post("/v2/heartbeats", {"name": "job-9"})).json()
        assert "limits.heartbeats is 2" in told["errors"]["body"]
        assert (await gateway.post("/v2/heartbeats", {"name": "job-0"}, "other")).status == 201
