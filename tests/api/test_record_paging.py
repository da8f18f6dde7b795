"""The entries of one record are read in pages to the end, however many notes are added."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.db.pool import Pool
from tests.support.api import Api

INCIDENTS = "/api/v1/incidents"


async def pages(api: Api, path: str, name: str, limit: int) -> list[Any]:
    found: list[Any] = []
    after = ""
    for _ in range(20):
        status, page = await api.call("GET", f"{path}?limit={limit}{after}")
        assert status == 200, page
        assert len(page[name]) <= limit
        found += page[name]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"
    raise AssertionError("the pages do not end")


async def padded(pool: Pool, number: str, entries: int, actor: str = "ann") -> None:
    """Insert the given number of notes into a record's timeline, bypassing the limits."""
    async with pool.acquire() as conn:
        await conn.execute(
            "INSERT INTO timeline (incident_id, seq, at, actor, event, facts, hash) "
            "SELECT i.id, i.version + n, i.updated_at, $3,"
            " 'note', format('{\"note\": \"note %s\"}', n)::json, '\\x00' "
            "FROM incident i, generate_series(1, $2::int) AS n"
            " WHERE i.number = $1",
            number,
            entries,
            actor,
        )
        await conn.execute(
            "UPDATE incident SET version = version + $2 WHERE number = $1", number, entries
        )


@pytest.mark.parametrize("limit", [1, 4, 5, 6, 1_000])
async def test_timeline_is_paged_to_its_end(api: Api, pool: Pool, limit: int) -> None:
    number = (await api.incident())["number"]
    await padded(pool, number, 4)
    entries = await pages(api, f"{INCIDENTS}/{number}/timeline", "entries", limit)
    assert [one["seq"] for one in entries] == [1, 2, 3, 4, 5]


async def test_entry_after_ten_thousand_notes_is_listed(api: Api, pool: Pool) -> None:
    number = (await api.incident())["number"]
    await padded(pool, number, 10_200)
    assert (await api.call("POST", f"{INCIDENTS}/{number}/note", {"note": "found it"}))[0] == 200
    entries = await pages(api, f"{INCIDENTS}/{number}/timeline", "entries", 1_000)
    assert (len(entries), entries[-1]["facts"]["note"]) == (10_202, "found it")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after=-1", "after=x", "before=1"])
async def test_invalid_page_query_returns_400(api: Api, query: str) -> None:
    number = (await api.incident())["number"]
    assert (await api.call("GET", f"{INCIDENTS}/{number}/timeline?{query}"))[0] == 400


ALERTS = """
INSERT INTO alert (key_hash, integration_id, namespace, dedup_key, status, title, first_seen,
    last_seen, incident_id)
SELECT sha256(n::text::bytea), g.id, 'generic', n::text, 'firing', 'a', i.recorded_at,
  i.recorded_at, i.id
FROM incident i, integration g, generate_series(1, 5) AS n WHERE i.number = $1
"""


async def test_linked_incidents_alerts_and_notifications_are_paged_to_end(
    api: Api, pool: Pool
) -> None:
    master, *followers = [(await api.incident(title=f"number {at}"))["number"] for at in range(6)]
    for number in followers:
        assert (await api.call("POST", f"{INCIDENTS}/{number}/link", {"master": master}))[0] == 200
    async with pool.acquire() as conn:
        await conn.execute("INSERT INTO integration (slug, name) VALUES ('ours', 'Ours')")
        await conn.execute(ALERTS, master)
    for limit in (1, 2, 5, 7):
        related = await pages(api, f"{INCIDENTS}/{master}/related", "related", limit)
        assert [one["number"] for one in related] == followers
        alerts = await pages(api, f"{INCIDENTS}/{master}/alerts", "alerts", limit)
        assert sorted(one["dedup_key"] for one in alerts) == ["1", "2", "3", "4", "5"]
        whole = (await api.call("GET", f"{INCIDENTS}/{master}/notifications"))[1]["notifications"]
        assert (
            await pages(api, f"{INCIDENTS}/{master}/notifications", "notifications", limit) == whole
        )
    _, of_follower = await api.call("GET", f"{INCIDENTS}/{followers[0]}/related?limit=1")
    assert (of_follower["master"]["number"], of_follower["related"]) == (master, [])


async def link_of(api: Api, number: str) -> str:
    status, made = await api.call("POST", f"{INCIDENTS}/{number}/invite")
    assert status == 201, made
    return str(made["path"])


async def test_reporter_page_shows_newest_entries_and_says_there_are_more(
    api: Api, pool: Pool
) -> None:
    number = (await api.incident(contact="bob@example.com"))["number"]
    path = await link_of(api, number)
    assert (await api.call("GET", path))[1]["earlier"] is False
    await padded(pool, number, 600, "reporter")
    _, mine = await api.call("GET", path)
    assert mine["earlier"] is True
    assert (len(mine["timeline"]), mine["timeline"][-1]["facts"]["note"]) == (500, "note 600")
    page = await (await api.raw("GET", path.replace("/api/v1/mine", "/my"))).text()
    assert "earlier ones are not shown here" in page
    assert "note 600" in page


async def test_additions_by_link_are_limited_per_hour(api: Api, clock: Any) -> None:
    number = (await api.incident(contact="bob@example.com"))["number"]
    links = [await link_of(api, number), await link_of(api, number)]
    statuses = [
        (await api.call("POST", f"{links[at % 2]}/note", {"note": f"n{at}"}))[0] for at in range(31)
    ]
    assert statuses == [200] * 30 + [429]
    answer = await api.raw(
        "POST", links[0].replace("/api/v1/mine", "/my") + "/note", data={"note": "x"}
    )
    assert answer.status == 429
    refused = await api.raw("POST", links[0] + "/note", json={"note": "x"})
    assert (refused.status, "limits.link_per_hour is 30" in (await refused.json())["detail"]) == (
        429,
        True,
    )
    assert int(refused.headers["Retry-After"]) <= 120
    assert (await api.raw("POST", links[0] + "/attachments?name=a.txt", data=b"a")).status == 429
    assert (await api.call("POST", f"{INCIDENTS}/{number}/note", {"note": "the desk goes on"}))[
        0
    ] == 200
    clock.advance(timedelta(minutes=2))
    assert (await api.call("POST", f"{links[0]}/note", {"note": "later"}))[0] == 200


async def test_additions_by_link_are_limited_per_incident(api: Api, pool: Pool) -> None:
    number = (await api.incident(contact="bob@example.com"))["number"]
    path = await link_of(api, number)
    await padded(pool, number, 500, "reporter")
    status, told = await api.call("POST", f"{path}/note", {"note": "x"})
    assert (status, "limits.link_per_record is 500" in told["detail"]) == (429, True)
