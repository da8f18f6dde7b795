"""Proposed links are shown at both incidents, and people accept or refuse them over the API."""

import json

import pytest

from gateway.correlation import proposals
from gateway.correlation.proposals import LinkProposal
from gateway.db.pool import acquire
from gateway.directory.roles import Role
from tests.support.api import Api
from tests.support.clock import NOON
from tests.support.visibility import EVERYTHING

INCIDENTS = "/api/v1/incidents"

IDS = (
    "SELECT id FROM incident WHERE number = ANY($1::text[]) "
    "ORDER BY array_position($1::text[], number)"
)


async def propose(api: Api, number: str, master: str) -> None:
    async with acquire(api.uow.pool) as conn:
        one, other = [row["id"] for row in await conn.fetch(IDS, [number, master])]
        proposal = LinkProposal(
            incident_id=one,
            master_id=other,
            reason="same item",
            score=0.75,
            points={"item db1": 0.5},
        )
        await proposals.store_proposals(conn, [proposal], NOON)


async def proposed(api: Api, number: str, scope: str = "admin") -> list[tuple[str, str, str]]:
    _, related = await api.call("GET", f"{INCIDENTS}/{number}/related", scope=scope)
    return [
        (one["number"], one["master"], one["incident"]["number"]) for one in related["proposed"]
    ]


async def two(api: Api) -> tuple[str, str]:
    number, master = [
        (await api.incident(title=title))["number"]
        for title in ("pay-1 is down", "core-db is down")
    ]
    await propose(api, number, master)
    return number, master


async def test_proposed_link_is_shown_with_reason_on_both_incidents(api: Api) -> None:
    number, master = await two(api)
    assert await proposed(api, number) == [(number, master, master)]
    assert await proposed(api, master) == [(number, master, number)]
    _, related = await api.call("GET", f"{INCIDENTS}/{number}/related")
    shown = {name: related["proposed"][0][name] for name in ("reason", "score", "points")}
    assert shown == {"reason": "same item", "score": 0.75, "points": {"item db1": 0.5}}


@pytest.mark.parametrize("flagged", [0, 1])
async def test_proposed_link_is_hidden_if_one_incident_is_not_visible(
    api: Api, flagged: int
) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    pair = await two(api)
    await api.call("PATCH", f"{INCIDENTS}/{pair[flagged]}", {"security": True})
    assert await proposed(api, pair[1 - flagged], "ann") == []
    assert len(await proposed(api, pair[1 - flagged])) == 1


async def test_manual_link_takes_the_proposal(api: Api) -> None:
    number, master = await two(api)
    assert (await api.call("POST", f"{INCIDENTS}/{number}/link", {"master": master}))[0] == 200
    assert await proposed(api, master) == []
    async with acquire(api.uow.pool) as conn:
        assert await conn.fetchval("SELECT state FROM proposed_link") == "taken"


async def test_refused_link_is_hidden_and_not_proposed_again(api: Api) -> None:
    number, master = await two(api)
    body = {"master": master, "note": "another trouble"}
    assert (await api.call("POST", f"{INCIDENTS}/{number}/refuse_link", body))[0] == 200
    await propose(api, number, master)
    assert await proposed(api, number) == []
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    assert (timeline["entries"][-1]["event"], timeline["entries"][-1]["facts"]) == (
        "link_refused",
        body,
    )
    status, problem = await api.call("POST", f"{INCIDENTS}/{number}/refuse_link", body)
    assert (status, problem["detail"]) == (
        409,
        f"it is not proposed that {number} follows {master}",
    )


async def test_refused_link_is_stored_as_unlearned(api: Api) -> None:
    number, master = await two(api)
    await api.call("POST", f"{INCIDENTS}/{number}/refuse_link", {"master": master})
    async with acquire(api.uow.pool) as conn:
        actors = await conn.fetch(
            "SELECT DISTINCT u.actor FROM unlearned u JOIN incident m ON m.id = u.master_id"
        )
    assert [row["actor"] for row in actors] == ["admin"]


@pytest.mark.parametrize("ended", [0, 1])
async def test_proposal_is_hidden_after_either_incident_is_resolved(api: Api, ended: int) -> None:
    pair = await two(api)
    await api.call("POST", f"{INCIDENTS}/{pair[ended]}/resolve", {})
    assert await proposed(api, pair[0]) == await proposed(api, pair[1]) == []


async def test_taken_link_can_be_proposed_again(api: Api) -> None:
    number, master = await two(api)
    await api.call("POST", f"{INCIDENTS}/{number}/link", {"master": master})
    await api.call("POST", f"{INCIDENTS}/{number}/unlink", {})
    await propose(api, number, master)
    assert await proposed(api, number) == [(number, master, master)]


MORE = """
INSERT INTO incident
SELECT (jsonb_populate_record(i, jsonb_build_object('id', i.id + n * 1000, 'number',
        i.number || n))).*
FROM incident i, generate_series(1, 300) n
"""


async def test_proposed_links_query_stays_cheap_with_many_incidents(api: Api) -> None:
    number, _ = await two(api)
    async with acquire(api.uow.pool) as conn:
        await conn.execute(MORE)
        sought = await conn.fetchval("SELECT id FROM incident WHERE number = $1", number)
        assert len(await proposals.fetch_open_proposals(conn, sought, EVERYTHING)) == 1
        statement = await conn.prepare("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + proposals.OPEN)
        plan = json.loads(await statement.fetchval(sought, *EVERYTHING.parameters()))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100
