"""A reporter sees their own records, and nothing of others."""

import asyncio
import re

import pytest

from gateway.access.principal import Principal
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.errors import Forbidden
from gateway.operations.create import NewReport, create
from gateway.views.listing import OWN
from tests.api.visibility_steps import INCIDENTS, flagged, numbers
from tests.support.api import Api


async def test_leader_cannot_create_incident_even_without_the_api(api: Api) -> None:
    leader = Principal(name="lea", parts=frozenset({Role.LEADER}))
    with pytest.raises(Forbidden):
        await create(api.uow, NewReport(title="x"), leader)


async def test_reporter_of_security_incident_cannot_read_it_afterwards(api: Api) -> None:
    await api.person("rep", Role.REPORTER)
    status, made = await api.call(
        "POST", INCIDENTS, {"title": "odd mail", "security": True}, scope="rep"
    )
    assert (status, made["title"]) == (201, "odd mail")
    assert (await api.call("GET", f"{INCIDENTS}/{made['number']}", scope="rep"))[0] == 404


async def test_reporter_sees_only_own_incidents(api: Api) -> None:
    await api.person("rep", Role.REPORTER, email="Rep@example.com")
    own = (await api.call("POST", INCIDENTS, {"title": "mine"}, scope="rep"))[1]
    assert (own["contact"], own["owner"]) == ("Rep@example.com", "service_desk")
    by_desk = (await api.incident(contact="rep@EXAMPLE.com"))["number"]
    other = (await api.incident(contact="other@example.com"))["number"]
    assert await numbers(api, "rep") == {own["number"], by_desk}
    await api.call("POST", f"{INCIDENTS}/{by_desk}/link", {"master": other})
    assert (await api.call("GET", f"{INCIDENTS}/{by_desk}", scope="rep"))[1]["master"] is None
    assert (await api.call("GET", f"{INCIDENTS}/{other}", scope="rep"))[0] == 404


async def test_own_incidents_are_found_by_index(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off")
        statement = await conn.prepare("EXPLAIN " + OWN)
        plan = "\n".join(row[0] for row in await statement.fetch(["ann"], True, 10))  # noqa: FBT003 - privy
    assert {"incident_contact", "incident_owner", "incident_security"} <= set(
        re.findall(r"incident_\w+", plan)
    )
    assert "Seq Scan" not in plan


async def test_reporter_pages_through_own_incidents_in_every_sort_order(api: Api) -> None:
    await api.person("rep", Role.REPORTER)
    for n in range(7):
        await api.incident(contact="rep" if n % 2 else "other", title=str(n))
    for sort, wanted in (
        ("-recorded_at", "531"),
        ("recorded_at", "135"),
        ("priority", "135"),
        ("-updated_at", "531"),
    ):
        seen, cursor = "", ""
        while cursor is not None:
            _, page = await api.call(
                "GET",
                f"{INCIDENTS}?limit=2&sort={sort}" + (f"&cursor={cursor}" if cursor else ""),
                scope="rep",
            )
            seen += "".join(one["title"] for one in page["incidents"])
            cursor = page["next"]
        assert seen == wanted


async def test_locked_invisible_incident_returns_404_without_waiting(api: Api, pool: Pool) -> None:
    await api.person("ann", Role.TIER2)
    hidden = await flagged(api)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT FROM incident WHERE number = $1 FOR UPDATE", hidden)
        async with asyncio.timeout(1):
            assert (await api.call("POST", f"{INCIDENTS}/{hidden}/acknowledge", {}, scope="ann"))[
                0
            ] == 404


async def test_reporter_timeline_omits_notes_of_others(api: Api) -> None:
    await api.person("rep", Role.REPORTER)
    number = (await api.call("POST", INCIDENTS, {"title": "mine"}, scope="rep"))[1]["number"]
    path = f"{INCIDENTS}/{number}"
    await api.call("POST", f"{path}/note", {"note": "still broken"}, scope="rep")
    await api.call("POST", f"{path}/note", {"note": "user is confused"})
    await api.hire("dba")
    await api.call("POST", f"{path}/assign", {"group": "dba", "note": "politics"})
    await api.call("PATCH", path, {"ci": "db1"})
    await api.call("POST", f"{path}/resolve", {"solution": "restarted", "note": "again"})
    status, refused = await api.call("POST", f"{path}/refuse", {"note": "no"}, scope="rep")
    assert status == 200, refused
    _, timeline = await api.call("GET", f"{path}/timeline", scope="rep")
    entries = [
        (entry["event"], entry["facts"].get("note"), entry["facts"].get("solution"))
        for entry in timeline["entries"]
    ]
    assert entries == [
        ("opened", None, None),
        ("note", "still broken", None),
        ("assigned", None, None),
        ("resolved", None, "restarted"),
        ("reopened", "no", None),
    ]
    for secret in ("confused", "politics", "again", "dba"):
        assert secret not in str(timeline)
