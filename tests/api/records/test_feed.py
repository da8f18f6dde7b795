import asyncio
from datetime import timedelta

from gateway.db.pool import Pool
from tests.support.api import Api
from tests.support.clock import FakeClock


async def test_change_feed_returns_each_change_once_and_resumes_at_cursor(api: Api) -> None:
    number = (await api.incident())["number"]
    await api.call("PATCH", f"/api/v1/incidents/{number}", {"title": "new title"})
    _, first = await api.call("GET", "/api/v1/changes?limit=1")
    assert (first["more"], first["changes"][0]["event"]) == (True, "opened")
    _, second = await api.call("GET", f"/api/v1/changes?after={first['next']}")
    assert second["changes"][-1]["incident"]["title"] == "new title"
    assert {"field": "title", "old": "Mail is down", "new": "new title"} in second["changes"][-1][
        "changes"
    ]
    _, last = await api.call("GET", f"/api/v1/changes?after={second['next']}")
    assert (last["changes"], last["next"], last["more"]) == ([], second["next"], False)


async def test_change_feed_hides_changes_newer_than_open_transaction(api: Api, pool: Pool) -> None:
    async with pool.acquire() as conn:
        running = conn.transaction()
        await running.start()
        await conn.execute("SELECT pg_current_xact_id()")
        number = (await api.incident())["number"]
        assert (await api.call("GET", "/api/v1/changes"))[1]["changes"] == []
        await running.rollback()
    _, feed = await api.call("GET", "/api/v1/changes")
    assert {change["number"] for change in feed["changes"]} == {number}


async def test_change_feed_orders_transaction_ids_numerically(api: Api, pool: Pool) -> None:
    await api.incident()
    async with pool.acquire() as conn:
        await conn.execute("DELETE FROM timeline WHERE seq > 1")
        await conn.execute("UPDATE timeline SET xid = '9'")
        await conn.execute(
            "INSERT INTO timeline SELECT incident_id, 2, at, actor, event, facts, hash, "
            "'10'::xid8 FROM timeline"
        )
    _, feed = await api.call("GET", "/api/v1/changes?limit=1")
    _, after = await api.call("GET", f"/api/v1/changes?after={feed['next']}")
    assert [change["version"] for change in feed["changes"] + after["changes"]] == [1, 2]


async def test_change_feed_poller_misses_nothing_with_concurrent_writers(api: Api) -> None:
    numbers = [(await api.incident())["number"] for _ in range(4)]
    notes = [
        api.call("POST", f"/api/v1/incidents/{n}/note", {"note": str(k)})
        for n in numbers
        for k in range(10)
    ]
    writers = asyncio.gather(*notes)
    seen: list[tuple[str, int]] = []
    cursor = ""
    while True:
        over = writers.done()
        _, feed = await api.call("GET", f"/api/v1/changes?limit=7&after={cursor}")
        seen += [(change["number"], change["version"]) for change in feed["changes"]]
        cursor = feed["next"]
        if over and not feed["changes"]:
            break
    await writers
    assert len(seen) == len(set(seen))
    for number in numbers:
        _, incident = await api.call("GET", f"/api/v1/incidents/{number}")
        assert sorted(v for n, v in seen if n == number) == list(range(1, incident["version"] + 1))


async def test_waiting_feed_request_returns_empty_after_timeout(api: Api, clock: FakeClock) -> None:
    waiting = asyncio.ensure_future(api.call("GET", "/api/v1/changes?wait=1"))
    for _ in range(200):
        if clock._sleepers:
            clock.advance(timedelta(seconds=1))
        if waiting.done():
            break
        await asyncio.wait([waiting], timeout=0.02)
    assert (await waiting)[1]["changes"] == []
