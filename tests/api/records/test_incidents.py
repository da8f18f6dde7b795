import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest

from gateway.db.pool import Pool
from gateway.views.listing import PAGES
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock
from tests.support.visibility import EVERYTHING


async def test_created_incident_has_number_priority_and_clocks(api: Api) -> None:
    made = await api.incident(impact="company", urgency="urgent", labels={"site": "上海"})
    assert made["number"] == "INC-20260302-000001"
    assert made["priority"] == 1
    assert made["state"] == "logged"
    assert made["labels"] == {"site": "上海"}
    assert {clock["name"]: clock["state"] for clock in made["sla"]["clocks"]}[
        "overall"
    ] == "running"
    status, read = await api.call("GET", f"/api/v1/incidents/{made['number']}", scope="read")
    assert (status, read) == (200, made)


async def test_occurrence_older_than_twelve_hours_is_refused(api: Api) -> None:
    late = (NOON - timedelta(hours=12, seconds=1)).isoformat()
    status, problem = await api.call(
        "POST", "/api/v1/incidents", {"title": "x", "occurred_at": late}
    )
    assert (status, problem["errors"][0]["pointer"]) == (422, "/occurred_at")


async def test_incident_lifecycle_from_assignment_to_rating(api: Api, clock: FakeClock) -> None:
    await api.hire("mail", "ann")
    number = (await api.incident())["number"]
    story = [
        ("assign", {"group": "mail", "tier": 2}, "assigned"),
        ("accept", {"person": "ann"}, "in_progress"),
        ("hold", {"reason": "awaiting_user"}, "on_hold"),
        ("resume", {}, "in_progress"),
        ("escalate", {"to": "vendor", "vendor": "ACME"}, "escalated"),
        ("resolve", {"resolution": "workaround", "solution": "restarted"}, "resolved"),
        ("refuse", {"note": "still down"}, "in_progress"),
        ("note", {"note": "looking again"}, "in_progress"),
        ("declare_major", {"reason": "everybody"}, "in_progress"),
        ("resolve", {}, "resolved"),
        ("close", {"satisfaction": 3}, "closed"),
        ("rate", {"satisfaction": 2}, "closed"),
    ]
    for version, (action, body, state) in enumerate(story, 2):
        clock.advance(timedelta(minutes=1))
        status, answer = await api.call("POST", f"/api/v1/incidents/{number}/{action}", body)
        assert (action, status, answer["incident"]["state"]) == (action, 200, state)
        assert answer["incident"]["version"] >= version
    _, timeline = await api.call("GET", f"/api/v1/incidents/{number}/timeline")
    assert [entry["seq"] for entry in timeline["entries"]] == list(
        range(1, len(timeline["entries"]) + 1)
    )
    status, problem = await api.call("POST", f"/api/v1/incidents/{number}/assign", {"group": "x"})
    assert (status, problem["type"]) == (409, "/problems/illegal_transition")
    assert "rate" in problem["facts"]["allowed"]


async def test_concurrent_acknowledgements_name_the_first_acknowledger(api: Api) -> None:
    number = (await api.incident())["number"]
    people = [f"person{n}" for n in range(8)]
    await api.hire("mail", *people)
    answers = await asyncio.gather(
        *(
            api.call("POST", f"/api/v1/incidents/{number}/acknowledge", {"person": person})
            for person in people
        )
    )
    first = [person for person, (status, _) in zip(people, answers, strict=True) if status == 200]
    assert sorted(status for status, _ in answers) == [200] + [409] * 7
    assert {a["facts"]["already_acked_by"] for status, a in answers if status == 409} == set(first)


READ_PARTS = (
    "timeline",
    "sla",
    "alerts",
    "related",
    "linked",
    "complaints",
    "attachments",
    "notifications",
    "updates",
    "similar",
)


async def test_changing_or_reading_a_record_takes_one_connection(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = (await api.incident())["number"]
    await api.hire("mail", "ann")
    taken: list[float] = []
    acquire = asyncpg.Pool.acquire

    def count(pool: Pool, *, timeout: float) -> object:
        taken.append(timeout)
        return acquire(pool, timeout=timeout)

    monkeypatch.setattr(asyncpg.Pool, "acquire", count)
    for method, path, body in (
        ("POST", "/acknowledge", {"person": "ann"}),
        ("POST", "/note", {"note": "restarting"}),
        ("PATCH", "", {"title": "still down"}),
        ("GET", "", None),
        *(("GET", f"/{part}", None) for part in READ_PARTS),
    ):
        taken.clear()
        status, _ = await api.call(method, f"/api/v1/incidents/{number}{path}", body)
        assert (path, status, len(taken)) == (path, 200, 1)


async def test_change_with_stale_etag_returns_412(api: Api) -> None:
    number = (await api.incident())["number"]
    path = f"/api/v1/incidents/{number}"
    answer = await api.raw("GET", path)
    etag = answer.headers["ETag"]
    assert (await api.raw("GET", path, headers={"If-None-Match": etag})).status == 304
    assert (await api.call("PATCH", path, {"title": "a"}, headers={"If-Match": etag}))[0] == 200
    status, problem = await api.call("PATCH", path, {"title": "b"}, headers={"If-Match": etag})
    assert (status, problem["type"]) == (412, "/problems/version_mismatch")


async def test_repeated_request_with_idempotency_key_creates_one_incident(api: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"title": "printer"}
    answers = await asyncio.gather(
        *(api.call("POST", "/api/v1/incidents", body, headers=headers) for _ in range(5))
    )
    assert {status for status, _ in answers} == {201}
    assert len({made["number"] for _, made in answers}) == 1
    status, problem = await api.call(
        "POST", "/api/v1/incidents", {"title": "other"}, headers=headers
    )
    assert (status, problem["type"]) == (422, "/problems/idempotency_mismatch")


async def test_repeated_link_request_does_not_undo_later_unlink(api: Api) -> None:
    master, child = (await api.incident())["number"], (await api.incident())["number"]
    again = {"Idempotency-Key": "link once"}
    for _ in range(2):
        assert (
            await api.call(
                "POST", f"/api/v1/incidents/{child}/link", {"master": master}, headers=again
            )
        )[0] == 200
    undo = {"Idempotency-Key": "unlink once"}
    answers = [
        await api.call("POST", f"/api/v1/incidents/{child}/unlink", {}, headers=undo)
        for _ in range(2)
    ]
    assert [status for status, _ in answers] == [200, 200]
    _, late = await api.call(
        "POST", f"/api/v1/incidents/{child}/link", {"master": master}, headers=again
    )
    assert late["incident"]["master"] is None


async def test_priority_change_is_recorded_and_moves_deadlines(api: Api) -> None:
    made = await api.incident(impact="individual", urgency="low")
    path = f"/api/v1/incidents/{made['number']}"
    _, changed = await api.call("PATCH", path, {"impact": "business"})
    assert (made["priority"], changed["priority"]) == (4, 2)
    assert changed["sla"]["next_due_at"] <= made["sla"]["next_due_at"]
    _, timeline = await api.call("GET", path + "/timeline")
    facts = timeline["entries"][1]["facts"]
    assert {"field": "priority", "old": 4, "new": 2} in facts["changes"]


async def test_resolving_master_resolves_linked_incidents(api: Api) -> None:
    master, child = (await api.incident())["number"], (await api.incident())["number"]
    status, linked = await api.call("POST", f"/api/v1/incidents/{child}/link", {"master": master})
    assert (status, linked["incident"]["master"]) == (200, master)
    assert (await api.call("POST", f"/api/v1/incidents/{master}/link", {"master": child}))[0] == 409
    _, related = await api.call("GET", f"/api/v1/incidents/{child}/related")
    assert related["master"]["number"] == master
    await api.call("POST", f"/api/v1/incidents/{master}/resolve", {"related": True})
    assert (await api.call("GET", f"/api/v1/incidents/{child}"))[1]["state"] == "resolved"
    assert (await api.call("POST", f"/api/v1/incidents/{child}/unlink", {}))[1]["incident"][
        "master"
    ] is None


async def test_bulk_action_reports_result_for_each_incident(api: Api) -> None:
    await api.hire("mail", "bo")
    number = (await api.incident())["number"]
    body = {
        "numbers": [number, "INC-20260302-999999"],
        "action": "acknowledge",
        "body": {"person": "bo"},
    }
    _, answer = await api.call("POST", "/api/v1/incidents/bulk", body)
    assert [result.get("problem") for result in answer["results"]] == [None, "/problems/not_found"]


async def test_pages_show_every_incident_once_in_every_sort_order(api: Api) -> None:
    made = {
        (await api.incident(title=f"t{n}", impact=i))["number"]
        for n, i in enumerate(["group", "company"] * 3)
    }
    for sort in PAGES:
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            query = f"?limit=4&sort={sort}" + (f"&cursor={cursor}" if cursor else "")
            status, page = await api.call("GET", "/api/v1/incidents" + query)
            assert status == 200, page
            seen += [incident["number"] for incident in page["incidents"]]
            cursor = page["next"]
        assert (len(seen), set(seen)) == (6, made)


async def test_filters_narrow_the_list(api: Api) -> None:
    await api.incident(title="printer", service="print", source="phone")
    await api.incident(title="mail", impact="company", urgency="urgent")
    for query, found in (
        ("q=PRINT", 1),
        ("state=closed", 0),
        ("priority=1,2", 1),
        ("service=print", 1),
        ("source=phone", 1),
        ("state=logged,assigned", 2),
        ("updated_since=2030-01-01T00:00:00Z", 0),
    ):
        _, page = await api.call("GET", "/api/v1/incidents?" + query)
        assert (query, len(page["incidents"])) == (query, found)


async def test_concurrent_creation_of_external_reference_has_one_winner(api: Api) -> None:
    number = (await api.incident())["number"]
    path = f"/api/v1/incidents/{number}/refs/itsm"
    sets = [api.raw("PUT", path, json={"id": n}, headers={"If-None-Match": "*"}) for n in range(4)]
    answers = await asyncio.gather(*sets)
    assert sorted(answer.status for answer in answers) == [200, 412, 412, 412]
    etag = (await api.raw("GET", path)).headers["ETag"]
    assert (await api.raw("PUT", path, json={"id": 9}, headers={"If-Match": etag})).status == 200
    assert (await api.raw("PUT", path, json={"id": 8}, headers={"If-Match": etag})).status == 412


async def test_sla_simulation_returns_clock_with_segments(api: Api) -> None:
    story = {
        "priority": 1,
        "events": [{"at": "2026-03-02T12:00:00Z", "event": "record"}],
        "at": "2026-03-02T12:10:00Z",
    }
    status, answer = await api.call("POST", "/api/v1/sla/simulate", story)
    overall = next(clock for clock in answer["clocks"] if clock["name"] == "overall")
    assert (status, overall["elapsed_s"], overall["remaining_s"]) == (200, 600.0, 1200.0)
    assert overall["segments"][0]["from"] == "2026-03-02T12:00:00Z"


async def test_simulated_vendor_time_continues_while_awaiting_vendor(api: Api) -> None:
    events = [
        {"at": "2026-03-02T12:00:00Z", "event": "record", "priority": 3},
        {"at": "2026-03-02T12:01:00Z", "event": "escalate", "tier": "vendor", "vendor": "HP"},
        {"at": "2026-03-02T12:02:00Z", "event": "hold", "reason": "awaiting_vendor"},
    ]
    story = {"events": events, "at": "2026-03-02T12:11:00Z"}
    _, answer = await api.call("POST", "/api/v1/sla/simulate", story)
    ((stay),) = answer["vendors"]
    assert (stay["vendor"], stay["to"], stay["elapsed_s"]) == ("HP", None, 600.0)
    overall = next(clock for clock in answer["clocks"] if clock["name"] == "overall")
    assert (overall["state"], overall["elapsed_s"]) == ("paused", 120.0)


async def test_overall_clock_is_next_after_desk_clock_is_breached(
    api: Api, clock: FakeClock
) -> None:
    number = (await api.incident())["number"]
    _, fresh = await api.call("GET", f"/api/v1/incidents/{number}/sla")
    clock.advance(timedelta(minutes=6))
    _, late = await api.call("GET", f"/api/v1/incidents/{number}/sla")
    assert (fresh["worst"], fresh["next"]) == ("desk", "desk")
    assert (late["worst"], late["next"]) == ("desk", "overall")
    uow = next(one for one in late["clocks"] if one["name"] == "desk")
    assert (uow["basis"], uow["due_at"]) == ("2026-03-02T12:00:00Z", uow["breached_at"])


async def test_manually_created_incident_has_one_occurrence(api: Api) -> None:
    made = await api.incident()
    assert made["occurrences"] == 1
    assert made["first_seen"] == made["last_seen"] == made["occurred_at"]


async def test_occurrences_include_attached_and_moved_alerts(api: Api, pool: Pool) -> None:
    number = (await api.incident())["number"]
    later = NOON + timedelta(minutes=3)
    await pool.execute("UPDATE incident SET occurrences = 4, last_seen = $1", NOON)
    await pool.execute(
        "INSERT INTO alert (key_hash, integration_id, namespace, dedup_key, incident_id, "
        "occurrences, first_seen, last_seen) "
        "SELECT decode(n::text || '0', 'hex'), 1, 'x', n::text, i.id, n, $1, $2 "
        "FROM incident i, generate_series(1, 3) n",
        NOON,
        later,
    )
    _, shown = await api.call("GET", f"/api/v1/incidents/{number}")
    assert shown["occurrences"] == 4 + 1 + 2 + 3
    assert datetime.fromisoformat(shown["last_seen"]) == later


async def test_list_queries_use_an_index_without_sorting(pool: Pool) -> None:
    async with pool.acquire() as conn, conn.transaction():
        for setting in (
            "enable_seqscan = off",
            "enable_sort = off",
            "enable_bitmapscan = off",
            "plan_cache_mode = force_generic_plan",
        ):
            await conn.execute("SET LOCAL " + setting)
        for sort, index in (("-recorded_at", "incident_pkey"), ("-updated_at", "incident_updated")):
            statement = await conn.prepare("EXPLAIN " + PAGES[sort][0])
            plan = "\n".join(
                row[0]
                for row in await statement.fetch(
                    *[None] * 7, *EVERYTHING.parameters(), None, None, 50, *[None] * 18
                )
            )
            assert index in plan
            assert "Sort" not in plan
