"""The watch reads the database on a connection of its own, and knows a server that cannot write."""

from datetime import date, timedelta

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.db.pool import Pool
from gateway.oncall import schedules
from gateway.oncall.schedule import Layer
from gateway.watch.observing import NotWritable, fetch_figures, probe, read_figures
from tests.support.clock import NOON
from tests.support.staff import hire
from tests.watch.settings import watch_settings

SETTINGS = watch_settings()
TIMER = """
INSERT INTO timer (incident_id, kind, shard, armed, due_at) VALUES ($1, 1, 0, true, $2)
"""
MESSAGE = """
INSERT INTO outbox (id, channel, recipient, role, template, facts, created_at, next_attempt_at)
VALUES (gen_random_uuid(), 'smtp', 'a@example.com', 'boss', 'opened', '{}', $1, $1)
"""
METHOD = """
INSERT INTO contact_method (person_id, position, channel, address, verified_at)
SELECT id, 1, 'ntfy', 'topic', $2::timestamptz FROM person WHERE login = $1
"""
ON_SHIFT = """
INSERT INTO shift (group_id, starts_at, ends_at, people)
SELECT g.id, $1, $2, ARRAY(SELECT id FROM person WHERE login = ANY($3::text[]))
FROM staff_group g WHERE g.slug = 'net'
"""


async def test_well_database_has_no_figures_of_concern(database_url: str) -> None:
    figures = await fetch_figures(database_url, SETTINGS)
    assert (figures.overdue, figures.silent, figures.unreachable) == (0, 0, ())
    assert figures.outbox_late == timedelta()


async def test_overdue_timers_and_messages_that_wait_are_counted(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL session_replication_role = replica")
        for number, late in enumerate((59, 61, 3600)):
            await conn.execute(TIMER, number, NOON - timedelta(seconds=late))
        await conn.execute(MESSAGE, NOON - timedelta(minutes=20))
    async with pool.acquire() as conn:
        figures = await read_figures(conn, SETTINGS, NOON)
    assert (figures.at, figures.overdue) == (NOON, 2)
    assert figures.outbox_late == timedelta(minutes=20)


async def test_people_on_shift_without_a_way_to_reach_them_are_named(pool: Pool) -> None:
    await hire(pool, "net", "ann", "ben", "cid")
    await pool.execute("UPDATE person SET email = '' WHERE login IN ('ann', 'cid')")
    await pool.execute("UPDATE person SET email = 'b@example.com' WHERE login = 'ben'")
    hour = timedelta(hours=1)
    await pool.execute(ON_SHIFT, NOON - hour, NOON + hour, ["ann", "ben"])
    await pool.execute(ON_SHIFT, NOON + hour, NOON + 2 * hour, ["cid"])
    async with pool.acquire() as conn:
        assert (await read_figures(conn, SETTINGS, NOON)).unreachable == ("ann",)


async def test_person_on_call_without_verified_contact_method_is_named(pool: Pool) -> None:
    await hire(pool, "net", "ann", "ben")
    await pool.execute("UPDATE person SET email = ''")
    await pool.execute(METHOD, "ann", None)
    await pool.execute(METHOD, "ben", NOON)
    async with pool.acquire() as conn:
        for login in ("ann", "ben"):
            layer = Layer(name="all", starts_on=date(2026, 1, 5), turns=((login,),))
            fields = {"name": login, "zone": "UTC", "layers": (layer,), "owner": "", "active": True}
            await schedules.create(conn, login, fields, NOON)
        assert (await read_figures(conn, SETTINGS, NOON)).unreachable == ("ann",)


async def test_server_that_only_reads_is_not_writable(database_url: str) -> None:
    conn = await asyncpg.connect(
        database_url, server_settings={"default_transaction_read_only": "on"}
    )
    with pytest.raises(NotWritable, match="read only"):
        await read_figures(conn, SETTINGS, None)
    await conn.close()


async def test_server_that_is_away_is_not_writable_and_no_password_is_told() -> None:
    with pytest.raises(NotWritable) as away:
        await fetch_figures("postgresql://u:hidden@127.0.0.1:9/db", SETTINGS)
    assert "hidden" not in str(away.value)


@pytest.mark.parametrize(
    ("status", "body", "checks"),
    [
        (200, '{"status": "ready", "timers": true}', {"timers": True}),
        (503, '{"status": "not ready", "timers": false}', {"timers": False}),
        (502, "<html>", None),
        (200, "[]", None),
    ],
)
async def test_probe_returns_the_checks_that_were_answered(
    status: int, body: str, checks: dict[str, bool] | None
) -> None:
    async def readyz(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_get("/readyz", readyz)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        assert await probe(session, str(server.make_url("/readyz"))) == checks


async def test_probe_of_nobody_has_no_answer() -> None:
    async with aiohttp.ClientSession() as session:
        assert await probe(session, "http://127.0.0.1:9/readyz") is None
