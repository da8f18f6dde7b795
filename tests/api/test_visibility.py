"""Records that a person may not see do not appear anywhere in the API.

Actions are recorded under the name of the person who took them.
"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.db.pool import Pool, acquire
from gateway.directory.roles import Role
from gateway.receipts.receipt_id import receipt_ids
from tests.api.visibility_steps import INCIDENTS, flagged, numbers
from tests.support.api import Api
from tests.support.clock import NOON


async def test_security_incident_is_in_no_list_without_security_role(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    await api.person("sec", Role.SECURITY)
    await api.person("eve", Role.SERVICE_DESK, Role.SECURITY)
    ordinary, hidden = (await api.incident())["number"], await flagged(api)
    for query in (
        "",
        "?q=phishing",
        f"?q={hidden}",
        "?sort=-updated_at",
        "?sort=priority",
        "?sort=recorded_at",
        "?state=logged",
    ):
        assert hidden not in await numbers(api, "ann", query) | await numbers(api, "read", query)
        assert hidden in await numbers(api, "sec", query)
        assert hidden in await numbers(api, "admin", query)
    assert await numbers(api, "sec") == {hidden}
    assert await numbers(api, "eve") == {ordinary, hidden}


async def test_change_feed_shows_security_incidents_only_to_security_roles(api: Api) -> None:
    ordinary, hidden = (await api.incident())["number"], await flagged(api)
    _, told = await api.call("GET", "/api/v1/changes", scope="read")
    assert {change["number"] for change in told["changes"]} == {ordinary}
    _, told = await api.call("GET", "/api/v1/changes", scope="admin")
    assert {change["number"] for change in told["changes"]} == {ordinary, hidden}
    await api.person("rep", Role.REPORTER)
    assert (await api.call("GET", "/api/v1/changes", scope="rep"))[0] == 403


FLAG = "UPDATE incident SET security = number = $1 WHERE number = ANY(ARRAY[$1, $2])"


async def below_a_hidden_master(api: Api) -> tuple[str, str]:
    """Link a record to a master, flag the master as older releases did, and return both numbers."""
    child, master = (await api.incident())["number"], (await api.incident())["number"]
    assert (await api.call("POST", f"{INCIDENTS}/{child}/link", {"master": master}))[0] == 200
    await api.uow.pool.execute(FLAG, master, child)
    return child, master


async def test_links_to_security_incidents_show_only_to_security_roles(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    child, master = await below_a_hidden_master(api)
    for path, of in (
        (INCIDENTS, "incident"),
        (f"{INCIDENTS}/{child}/timeline", "timeline"),
        ("/api/v1/changes", "feed"),
    ):
        _, seen = await api.call("GET", path, scope="ann")
        assert master not in str(seen), of
        _, seen = await api.call("GET", path)
        assert master in str(seen), of
    _, related = await api.call("GET", f"{INCIDENTS}/{child}/related", scope="ann")
    assert related == {"master": None, "related": [], "proposed": [], "next": None}
    _, view = await api.call("GET", f"{INCIDENTS}/{child}", scope="ann")
    assert view["master"] is None
    await api.uow.pool.execute(FLAG, child, master)
    _, view = await api.call("GET", f"{INCIDENTS}/{master}", scope="ann")
    assert view["related_count"] == 0
    _, related = await api.call("GET", f"{INCIDENTS}/{master}/related", scope="ann")
    assert related == {"master": None, "related": [], "proposed": [], "next": None}


async def test_link_to_invisible_incident_returns_404(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    child, master = (await api.incident())["number"], await flagged(api)
    status, problem = await api.call(
        "POST", f"{INCIDENTS}/{child}/link", {"master": master}, scope="ann"
    )
    assert (status, problem["detail"]) == (404, f"no incident has the number {master}")


async def test_bulk_action_answers_for_each_incident_as_a_single_action(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    one, hidden = (await api.incident())["number"], await flagged(api)
    many = [one, hidden, "INC-20260302-000099"]
    body = {"numbers": many, "action": "hold", "body": {"reason": "awaiting_user"}}
    _, done = await api.call("POST", f"{INCIDENTS}/bulk", body, scope="ann")
    assert [result["problem"] for result in done["results"]] == [
        "/problems/forbidden",
        "/problems/not_found",
        "/problems/not_found",
    ]
    assert done["results"][1]["detail"].replace(hidden, "N") == "no incident has the number N"


async def test_resolving_master_skips_incidents_the_actor_may_not_resolve(api: Api) -> None:
    await api.person("ann", Role.INCIDENT_MANAGER)
    await api.person("dan", Role.SERVICE_DESK)
    master, child, secret = (
        (await api.incident())["number"],
        (await api.incident())["number"],
        await flagged(api),
    )
    for one in (child, secret):
        assert (await api.call("POST", f"{INCIDENTS}/{one}/link", {"master": master}, scope="ann"))[
            0
        ] == 200
    await api.hire("dba", tier="tier3")
    await api.call("POST", f"{INCIDENTS}/{child}/assign", {"group": "dba"}, scope="ann")
    assert (
        await api.call(
            "POST",
            f"{INCIDENTS}/{master}/resolve",
            {"related": True, "solution": "a reboot"},
            scope="dan",
        )
    )[0] == 200
    states = [
        (await api.call("GET", f"{INCIDENTS}/{one}"))[1]["state"] for one in (master, child, secret)
    ]
    assert states == ["resolved", "assigned", "logged"]


RECEIVED = (
    "INSERT INTO receipt (id, received_at, integration_id, source, items, body_bytes) "
    "VALUES ($1, $2, 1, 'generic', 1, 2)"
)

OUTCOME = """
INSERT INTO alert_event (receipt_id, item, received_at, dedup_key, status, outcome, reason,
    incident_id)
VALUES ($1, 0, $2, 'k', 'firing', 'opened', '', (SELECT id FROM incident WHERE number = $3))
"""


async def test_receipt_hides_number_of_security_incident(api: Api, pool: Pool) -> None:
    hidden = await flagged(api)
    [receipt] = receipt_ids(NOON, 1)
    async with acquire(pool) as conn:
        await conn.execute(RECEIVED, receipt, NOON)
        await conn.execute(OUTCOME, receipt, NOON, hidden)
    for key, shown in (("read", None), ("admin", hidden)):
        status, told = await api.call("GET", f"/api/v1/receipts/{receipt}", scope=key)
        assert (status, told["results"][0]["incident"]) == (200, shown)


async def test_incident_flagged_during_lock_wait_returns_404(api: Api, pool: Pool) -> None:
    await api.person("ann", Role.TIER2)
    number = (await api.incident())["number"]
    await api.hire("dba")
    await api.call("POST", f"{INCIDENTS}/{number}/assign", {"group": "dba"})
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("UPDATE incident SET security = true WHERE number = $1", number)
        waiting = asyncio.create_task(
            api.call("POST", f"{INCIDENTS}/{number}/acknowledge", {}, scope="ann")
        )
        noting = asyncio.create_task(
            api.call("POST", f"{INCIDENTS}/{number}/note", {"note": "x"}, scope="ann")
        )
        while (
            await pool.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            )
            < 2
        ):
            await asyncio.wait({waiting}, timeout=0.01)
    assert [(await waiting)[0], (await noting)[0]] == [404, 404]
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    assert [entry["event"] for entry in timeline["entries"]] == [
        "opened",
        "assigned",
        "management_told",
    ]


async def test_repeated_request_returns_404_after_incident_is_flagged(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    sent = {"Idempotency-Key": "k"}
    status, made = await api.call("POST", INCIDENTS, {"title": "x"}, scope="ann", headers=sent)
    assert status == 201
    assert (await api.call("POST", INCIDENTS, {"title": "x"}, scope="ann", headers=sent))[1][
        "number"
    ] == made["number"]
    await api.call("PATCH", f"{INCIDENTS}/{made['number']}", {"security": True})
    assert (await api.call("POST", INCIDENTS, {"title": "x"}, scope="ann", headers=sent))[0] == 404


async def test_actions_with_own_key_are_recorded_under_login(api: Api) -> None:
    await api.person("ann", Role.TIER2)
    number = (await api.incident())["number"]
    await api.hire("dba")
    await api.call("POST", f"{INCIDENTS}/{number}/assign", {"group": "dba"}, scope="write")
    _, acted = await api.call("POST", f"{INCIDENTS}/{number}/accept", {}, scope="ann")
    assert (acted["incident"]["handler"], acted["incident"]["owner"]) == ("ann", "service_desk")
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    assert [entry["actor"] for entry in timeline["entries"]] == ["admin", "write", "write", "ann"]


async def test_only_incident_manager_records_late_entry_with_reason(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    await api.person("boss", Role.INCIDENT_MANAGER)
    late = {"title": "x", "occurred_at": (NOON - timedelta(days=2)).isoformat()}
    why = late | {"late_reason": "the phones were down too"}
    tried = [
        (await api.call("POST", INCIDENTS, body, scope=key))[0]
        for key in ("ann", "boss")
        for body in (late, why)
    ]
    assert tried == [422, 403, 422, 201]
    ancient = why | {"occurred_at": "0001-01-01T00:00:00+10:00"}
    assert (await api.call("POST", INCIDENTS, ancient, scope="boss"))[0] == 422
    (number,) = await numbers(api, "boss")
    _, timeline = await api.call("GET", f"{INCIDENTS}/{number}/timeline")
    assert timeline["entries"][0]["facts"]["late_reason"] == "the phones were down too"


ASSIGNED: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/assign", {"person": "tom", "note": "look"}),
    ("POST", "/assign", {"group": "net", "note": "look"}),
    ("POST", "/acknowledge", {"person": "tom"}),
    ("PATCH", "", {"assignee": "tom"}),
    ("PATCH", "", {"assignee_group": "front"}),
]


@pytest.mark.parametrize(("method", "path", "body"), ASSIGNED)
async def test_security_incident_cannot_be_assigned_to_unprivileged_people(
    api: Api, method: str, path: str, body: dict[str, Any]
) -> None:
    await api.person("tom", Role.TIER2)
    await api.person("sue", Role.TIER2, Role.SECURITY)
    for slug, tier in (("net", "tier2"), ("front", "desk")):
        made = await api.call(
            "POST", "/api/v1/groups", {"slug": slug, "name": slug, "tier": tier, "members": ["tom"]}
        )
        assert made[0] == 201
    hidden = await flagged(api)
    status, problem = await api.call(method, f"{INCIDENTS}/{hidden}{path}", body)
    assert (status, problem["errors"][0]["detail"].endswith("may not see security incidents")) == (
        422,
        True,
    )
    privy = {name: "sue" if text == "tom" else text for name, text in body.items()}
    for slug in ("net", "front"):
        await api.call("PATCH", f"/api/v1/groups/{slug}", {"members": ["tom", "sue"]})
    assert (await api.call(method, f"{INCIDENTS}/{hidden}{path}", privy))[0] == 200


async def test_follow_on_hides_number_of_security_incident(api: Api) -> None:
    await api.person("ann", Role.SERVICE_DESK)
    old = (await api.incident())["number"]
    await api.call("POST", f"{INCIDENTS}/{old}/resolve", {"solution": "x"})
    await api.call("POST", f"{INCIDENTS}/{old}/close", {})
    _, new = await api.call("POST", f"{INCIDENTS}/{old}/follow_on", {"note": "again"})
    for hidden, shown in ((old, new["number"]), (new["number"], old)):
        await api.uow.pool.execute(FLAG, hidden, shown)
        for path in (f"{INCIDENTS}/{shown}/timeline", "/api/v1/changes", f"{INCIDENTS}/{shown}"):
            assert hidden not in str((await api.call("GET", path, scope="ann"))[1]), path
            assert hidden in str((await api.call("GET", path))[1]) or path.endswith(shown)
