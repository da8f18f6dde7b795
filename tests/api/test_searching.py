"""Searches wait for each other; writes and plain reads never wait for searches."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
import pytest

from gateway.api import searching
from gateway.api.records.feed import ChangeFeed
from gateway.api.routes import list_routes
from gateway.api.searching import WAITING_PER_PLACE, SearchLimiter
from gateway.errors import Overloaded, Unavailable
from gateway.operations import silences
from gateway.quarantine import store
from gateway.settings import Database, load
from gateway.timing.durations import Duration
from gateway.views import listing
from tests.support.served import RunningGateway, served

SEARCH = "/api/v1/incidents?q=zzzz&sort=recorded_at"


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    database = Database(
        url=database_url, pool_min=1, pool_max=4, read_pool_max=2, read_within=Duration(seconds=0.5)
    )
    async with served(msgspec.structs.replace(load(None, {}), database=database)) as running:
        yield running


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the lists in one sort order take three seconds for each record."""
    statement = listing.OLDEST.replace("WHERE", "WHERE pg_sleep(3) IS NOT NULL AND", 1)
    monkeypatch.setitem(cast("dict[str, Any]", listing.PAGES), "recorded_at", (statement, None))


async def a_record(gateway: RunningGateway) -> str:
    made = await gateway.post(
        "/api/v1/incidents", {"title": "disk full", "impact": "group", "urgency": "high"}, "admin"
    )
    assert made.status == 201
    return str((await made.json())["number"])


@pytest.mark.usefixtures("slow")
async def test_slow_searches_do_not_block_writes(gateway: RunningGateway) -> None:
    number = await a_record(gateway)
    searches = [asyncio.ensure_future(gateway.get(SEARCH, "read")) for _ in range(40)]
    await asyncio.sleep(0.1)  # noqa: TID251 - until they have begun
    for _ in range(12):
        note = await gateway.post(f"/api/v1/incidents/{number}/note", {"note": "on it"}, "admin")
        assert note.status == 200, await note.text()
    assert not all(one.done() for one in searches)
    answers = await asyncio.gather(*searches)
    assert {status for status, _ in answers} == {503}
    told = {answer["detail"].partition(":")[0] for _, answer in answers}
    assert "the search takes longer than database.read_within" in told
    assert "too many searches at once" in told


SLOWLY = """
SELECT 1::bigint AS id FROM pg_sleep(3) WHERE concat($1::text, $2::text, $3::text, $4::text) <> ''
  AND $5::timestamptz IS NULL AND $6::bigint > 0 LIMIT $7::int
"""


async def test_slow_quarantine_searches_do_not_block_writes(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "NEWEST_IDS", SLOWLY)
    searches = [
        asyncio.ensure_future(gateway.get("/api/v1/quarantine?problem=x", "admin"))
        for _ in range(25)
    ]
    await asyncio.sleep(0.1)  # noqa: TID251 - until they have begun
    await a_record(gateway)
    assert not all(one.done() for one in searches)
    answers = await asyncio.gather(*searches)
    told = {(status, answer["detail"].partition(":")[0]) for status, answer in answers}
    assert told == {
        (503, "the search takes longer than database.read_within"),
        (503, "too many searches at once"),
    }


async def test_filtered_quarantine_queries_need_a_search_turn_and_plain_pages_do_not(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "WAITING_PER_PLACE", 0)
    for asked in ("?source=grafana", "?integration=nobody", "?problem=x", "/counts"):
        status, answer = await gateway.get(f"/api/v1/quarantine{asked}", "admin")
        assert (status, answer["detail"].partition(":")[0]) == (503, "too many searches at once"), (
            asked
        )
    assert (await gateway.get("/api/v1/quarantine", "admin"))[0] == 200
    replay = "/api/v1/quarantine/replay"
    assert (await gateway.post(replay, {"problem": "x"}, "admin")).status == 503
    assert (await gateway.post(replay, {}, "admin")).status == 200


async def test_silence_creation_does_not_block_writes(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await a_record(gateway)
    monkeypatch.setattr(
        silences, "PROBE", "SELECT count(*) FROM unnest($1::text[]) AS p (pattern), pg_sleep(0.4)"
    )
    matcher = {"name": "a", "value": "b.*", "isRegex": True}
    wanted = {"matchers": [matcher], "createdBy": "ann", "comment": ""}
    wanted |= {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2037-01-01T00:00:00Z"}
    making = [asyncio.ensure_future(gateway.post("/api/v2/silences", wanted)) for _ in range(40)]
    await asyncio.sleep(0.1)  # noqa: TID251 - until they have begun
    for _ in range(12):
        note = await gateway.post(f"/api/v1/incidents/{number}/note", {"note": "on it"}, "admin")
        assert note.status == 200, await note.text()
    assert not all(one.done() for one in making)
    assert {answer.status for answer in await asyncio.gather(*making)} == {200, 503}


@pytest.mark.usefixtures("slow")
async def test_slow_searches_leave_connections_for_other_reads(gateway: RunningGateway) -> None:
    await a_record(gateway)
    searches = [asyncio.ensure_future(gateway.get(SEARCH, "read")) for _ in range(5)]
    await asyncio.sleep(0.1)  # noqa: TID251 - until they have begun
    assert (await gateway.get("/api/v1/people", "read"))[0] == 200
    assert not all(one.done() for one in searches)
    await asyncio.gather(*searches)


async def test_searches_beyond_waiting_limit_are_refused() -> None:
    searches = SearchLimiter(1)

    async def one() -> None:
        async with searches.turn():
            await release.wait()

    release = asyncio.Event()
    running = [asyncio.ensure_future(one()) for _ in range(1 + WAITING_PER_PLACE)]
    await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
    with pytest.raises(Overloaded, match="too many searches"):
        await one()
    running[-1].cancel()
    await asyncio.wait(running[-1:])
    release.set()
    await asyncio.gather(*running[:-1])
    await one()


async def test_other_database_failure_keeps_its_message() -> None:
    with pytest.raises(Unavailable, match="gone"):
        async with SearchLimiter().turn():
            raise Unavailable("gone")


READS = sorted({route.path for route in list_routes(ChangeFeed()) if route.method == "GET"})
PLACES = {
    "number": "INC",
    "id": "1",
    "login": "ann",
    "slug": "crm",
    "name": "host-1",
    "system": "jira",
}


async def test_read_routes_work_without_a_writable_connection(gateway: RunningGateway) -> None:
    places = PLACES | {"number": await a_record(gateway)}
    headers = {"Authorization": f"Bearer {gateway.keys['admin']}"}
    for path in READS:
        filled = re.sub(
            r"\{(\w+)(?::(?:[^{}]|\{[^}]*\})*)?\}", lambda place: places.get(place[1], "x"), path
        )
        answer = await gateway.client.get(filled, headers=headers, allow_redirects=False)
        assert answer.status < 500, (path, await answer.text())
