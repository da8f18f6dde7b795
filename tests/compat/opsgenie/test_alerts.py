"""Tests of the alert requests of Opsgenie's clients and the responses to them."""

import asyncio
from itertools import product
from typing import Any
from uuid import UUID

import msgspec
from yarl import URL

from tests.compat.opsgenie.conftest import Genie, settings
from tests.support.served import served


async def test_created_alert_opens_incident_and_close_resolves_it(genie: Genie) -> None:
    told = await genie.create(
        priority="P1", details={"service": "crm"}, entity="db-1", tags=["prod"], description="97 %"
    )
    status = await genie.status(told["requestId"])
    assert (status["isSuccess"], status["action"], status["status"]) == (
        True,
        "Create",
        "Created alert",
    )
    assert (status["alias"], status["integrationId"]) == ("disk", "ours")
    [record] = await genie.records()
    wanted = {
        "title": "Disk full",
        "priority": 1,
        "service": "crm",
        "ci": "db-1",
        "source": "opsgenie",
        "description": "97 %",
    }
    assert {name: record[name] for name in wanted} == wanted
    again = await genie.create()
    assert (await genie.status(again["requestId"]))["status"] == "Deduplicated alert"
    assert (await genie.ask("POST", "close", {"user": "ann", "note": "done"}))[
        "status"
    ] == "Closed alert"
    assert [one["state"] for one in await genie.records()] == ["resolved"]
    assert (await genie.shown())["status"] == "closed"
    assert (await genie.timeline())[-1] == ("note", "ingest", {"note": "ann: done"})


async def test_alert_is_shown_by_alias_id_and_tiny_id(genie: Genie) -> None:
    told = await genie.create(
        priority="P2", details={"team": "dba"}, tags=["prod", "disk"], source="cron", entity="db-1"
    )
    alert_id = (await genie.status(told["requestId"]))["alertId"]
    shown = await genie.shown()
    assert UUID(alert_id) == UUID(shown["id"])
    for identifier, kind in ((alert_id, "id"), (shown["tinyId"], "tiny")):
        assert (await genie.call("GET", f"/v2/alerts/{identifier}", identifierType=kind))[1][
            "data"
        ] == shown
    for name in ("lastOccurredAt", "createdAt", "updatedAt", "tinyId", "id"):
        assert shown.pop(name)
    assert shown == {
        "alias": "disk",
        "message": "Disk full",
        "status": "open",
        "acknowledged": False,
        "isSeen": False,
        "snoozed": False,
        "tags": ["prod", "disk"],
        "count": 1,
        "source": "cron",
        "owner": "",
        "priority": "P2",
        "responders": [],
        "teams": [],
        "integration": {"id": "ours", "name": "ours", "type": "API"},
        "actions": [],
        "entity": "db-1",
        "description": "",
        "details": {"team": "dba"},
    }


async def test_alert_without_alias_is_distinct_and_found_by_id(genie: Genie) -> None:
    first, second = await genie.create(alias=""), await genie.create(alias="")
    ids = [(await genie.status(told["requestId"]))["alertId"] for told in (first, second)]
    assert len(set(ids)) == 2
    status, told = await genie.call("POST", f"/v2/alerts/{ids[0]}/close", {})
    assert status == 202
    assert (await genie.status(told["requestId"]))["status"] == "Closed alert"
    assert sorted(one["state"] for one in await genie.records()) == ["logged", "resolved"]


async def test_acknowledgement_moves_incident_to_in_progress(genie: Genie) -> None:
    await genie.create()
    assert (await genie.ask("POST", "acknowledge"))["status"] == "Acknowledged alert"
    assert [one["state"] for one in await genie.records()] == ["in_progress"]
    assert (await genie.shown())["acknowledged"] is True


async def test_withdrawn_acknowledgement_returns_incident_to_logged(genie: Genie) -> None:
    await genie.create()
    await genie.ask("POST", "acknowledge", {"user": "ann"})
    assert [one["handler"] for one in await genie.records()] == ["ann (opsgenie)"]
    status = await genie.ask("POST", "unacknowledge", {"user": "ann", "note": "not mine"})
    assert (status["isSuccess"], status["action"], status["status"]) == (
        True,
        "UnAcknowledge",
        "UnAcknowledged alert",
    )
    assert [(one["state"], one["handler"]) for one in await genie.records()] == [("logged", "")]
    assert (await genie.timeline())[-1] == ("note", "ingest", {"note": "ann: not mine"})


async def test_updated_priority_raises_but_never_lowers_incident(genie: Genie) -> None:
    await genie.create(priority="P3")
    seen = []
    for word in ("P1", "P4", "P1"):
        assert (await genie.ask("PUT", "priority", {"priority": word}))["isSuccess"] is True
        (record,) = await genie.records()
        seen.append(
            (
                record["priority"],
                record["severity"],
                record["occurrences"],
                (await genie.timeline())[-1][0],
            )
        )
    assert [one[:3] for one in seen] == [(1, "P1", 1), (1, "P4", 1), (1, "P1", 1)]
    assert [event for event, _, _ in await genie.timeline() if event in ("raised", "eased")] == [
        "raised",
        "eased",
    ]
    assert (await genie.shown())["priority"] == "P1"


async def test_opsgenie_notes_and_snoozes_become_notes(genie: Genie) -> None:
    await genie.create()
    for word, body, note in (
        ("notes", {"note": "looked", "user": "ann"}, "ann: looked"),
        ("snooze", {"endTime": "2026-11-21T08:00:00Z"}, "snoozed until 2026-11-21T08:00:00Z"),
    ):
        status = await genie.ask("POST", word, body)
        assert (status["isSuccess"], status["alias"], status["alertId"]) == (
            True,
            "disk",
            (await genie.shown())["id"],
        )
        assert (await genie.timeline())[-1] == ("note", "ingest", {"note": note})


async def test_tags_are_added_and_removed(genie: Genie) -> None:
    await genie.create(tags=["prod"])
    assert (await genie.ask("POST", "tags", {"tags": ["disk", "prod", "night"]}))[
        "status"
    ] == "Added tags"
    assert (await genie.shown())["tags"] == ["prod", "disk", "night"]
    assert (await genie.ask("DELETE", "tags", tags="prod,night"))["action"] == "RemoveTags"
    assert (await genie.shown())["tags"] == ["disk"]
    await asyncio.gather(
        *(genie.ask("POST", "tags", {"tags": [f"t{number}"]}) for number in range(4))
    )
    assert sorted((await genie.shown())["tags"]) == ["disk", "t0", "t1", "t2", "t3"]


async def test_alert_is_assigned_by_email_and_then_escalated(genie: Genie) -> None:
    await genie.create()
    person = {"login": "ann", "name": "Ann", "email": "Ann@Example.com", "roles": ["tier2"]}
    await genie.served.post("/api/v1/people", person, key="admin")
    assert (await genie.ask("POST", "assign", {"owner": {"username": "ann@example.com"}}))[
        "status"
    ] == "Assigned alert"
    assert (await genie.shown())["owner"] == "ann"
    assert (await genie.ask("POST", "escalate", {"escalation": {"name": "dba"}}))[
        "status"
    ] == "Escalated alert"
    assert [(one["state"], one["tier"]) for one in await genie.records()] == [("escalated", "3")]
    stranger = await genie.ask("POST", "assign", {"owner": {"username": "nobody@example.com"}})
    assert (stranger["isSuccess"], stranger["status"]) == (
        False,
        "User [nobody@example.com] does not exist",
    )


async def test_message_description_and_priority_are_updated(genie: Genie) -> None:
    await genie.create(priority="P3")
    for word, value in (("message", "Disk fuller"), ("description", "99 %"), ("priority", "P1")):
        assert (await genie.ask("PUT", word, {word: value}))["isSuccess"] is True
    shown = await genie.shown()
    assert (shown["message"], shown["description"]) == ("Disk fuller", "99 %")
    assert [one["priority"] for one in await genie.records()] == [1]


async def test_request_for_unknown_alert_is_reported_as_failed(genie: Genie) -> None:
    asked = [("POST", "close"), ("POST", "acknowledge"), ("POST", "notes"), ("DELETE", "")]
    for (method, word), kind in product(asked, ("alias", "id", "tiny")):
        body = {"note": "x"} if method == "POST" else None
        status = await genie.ask(method, word, body, alias="nothing", identifierType=kind)
        assert (status["isSuccess"], status["status"]) == (False, "Alert does not exist"), (
            word,
            kind,
        )


async def test_deleted_alert_resolves_incident(genie: Genie) -> None:
    await genie.create()
    assert (await genie.ask("DELETE", ""))["status"] == "Closed alert"
    assert [one["state"] for one in await genie.records()] == ["resolved"]


async def test_alerts_are_listed_counted_and_paged(genie: Genie) -> None:
    for number in range(3):
        await genie.create(f"disk {number}", tags=[f"t{number}"])
    await genie.ask("POST", "close", alias="disk 0")
    for query, aliases in (
        ("status:open", ["disk 2", "disk 1"]),
        ("status:closed", ["disk 0"]),
        ("tag:t1 AND status:open", ["disk 1"]),
        ("acknowledged:true", []),
        ('alias:"disk 2"', ["disk 2"]),
        ("message:FULL", ["disk 2", "disk 1", "disk 0"]),
    ):
        _, listed = await genie.call("GET", "/v2/alerts", query=query)
        assert [one["alias"] for one in listed["data"]] == aliases
        assert (await genie.call("GET", "/v2/alerts/count", query=query))[1]["data"] == {
            "count": len(aliases)
        }
    _, first = await genie.call("GET", "/v2/alerts", limit="2", order="asc")
    _, second = await genie.call("GET", str(URL(first["paging"]["next"]).relative()))
    assert [one["alias"] for one in (*first["data"], *second["data"])] == [
        "disk 0",
        "disk 1",
        "disk 2",
    ]
    assert "next" not in second["paging"]


WRONG: list[tuple[str, str, Any, int, str | None]] = [
    ("POST", "/v2/alerts", {"alias": "x"}, 422, "message"),
    ("POST", "/v2/alerts", {"message": " "}, 422, "message"),
    ("POST", "/v2/alerts/disk/notes", {}, 422, "note"),
    ("POST", "/v2/alerts/disk/assign", {}, 422, "owner"),
    ("PUT", "/v2/alerts/disk/priority", {"priority": "P9"}, 422, "priority"),
    ("GET", "/v2/alerts?query=owner:ann", None, 422, "query"),
    ("GET", "/v2/alerts/disk?identifierType=name", None, 422, "identifierType"),
    ("GET", "/v2/alerts/nothing", None, 404, None),
    ("GET", "/v2/alerts/requests/nothing", None, 404, None),
    ("GET", "/v2/alerts/requests/00000000-0000-4000-8000-000000000000", None, 404, None),
]


async def test_errors_have_opsgenie_format(genie: Genie) -> None:
    for method, path, body, status, place in WRONG:
        answered, told = await genie.call(method, path, body)
        assert (answered, bool(told["message"])) == (status, True), path
        assert (place in told["errors"]) if place else ("errors" not in told), path


async def test_other_integration_neither_sees_nor_changes_alert(genie: Genie) -> None:
    told = await genie.create()
    alert_id = (await genie.status(told["requestId"]))["alertId"]
    assert (await genie.call("GET", f"/v2/alerts/{alert_id}", key="other"))[0] == 404
    assert (await genie.call("GET", f"/v2/alerts/requests/{told['requestId']}", key="other"))[
        0
    ] == 404
    assert (await genie.call("GET", "/v2/alerts", key="other"))[1]["data"] == []
    assert (await genie.call("POST", f"/v2/alerts/{alert_id}/close", {}, key="other"))[0] == 202
    assert [one["state"] for one in await genie.records()] == ["logged"]


async def test_key_without_ingest_scope_is_refused(genie: Genie) -> None:
    doors = [
        ("POST", "/v2/alerts"),
        ("GET", "/v2/alerts"),
        ("POST", "/v2/alerts/x/close"),
        ("GET", "/v2/heartbeats"),
    ]
    for (method, path), (key, status) in product(doors, (("nonsense", 401), ("read", 403))):
        assert (
            await genie.call(method, path, {"message": "x"} if method == "POST" else None, key=key)
        )[0] == status, path


async def test_full_queue_returns_429(database_url: str) -> None:
    ordinary = settings(database_url)
    full = msgspec.structs.replace(
        ordinary, server=msgspec.structs.replace(ordinary.server, queue_items=1)
    )
    async with served(full) as running:
        genie = Genie(running)
        posts = (
            genie.call("POST", "/v2/alerts", {"message": "x", "alias": str(n)}) for n in range(30)
        )
        assert {status for status, _ in await asyncio.gather(*posts)} == {202, 429}


async def test_security_incident_is_not_exposed_through_alert(genie: Genie) -> None:
    await genie.create()
    [record] = await genie.records()
    headers = {"Authorization": f"Bearer {genie.served.keys['admin']}"}
    path = f"/api/v1/incidents/{record['number']}"
    answer = await genie.served.client.patch(
        path, json={"security": True, "title": "Intrusion"}, headers=headers
    )
    assert answer.status == 200
    shown = await genie.shown()
    assert (shown["message"], shown["tinyId"], shown["status"]) == ("Disk full", "", "open")
    assert (await genie.ask("POST", "notes", {"note": "x"}))["isSuccess"] is False
    assert (await genie.ask("POST", "close", {"note": "x"}))["status"] == "Closed alert"


async def test_details_are_added_and_removed_without_touching_tags(genie: Genie) -> None:
    await genie.create(tags=["a"])
    done = await genie.ask("POST", "details", {"details": {"rack": "7", "row": "2", "tags": "x"}})
    assert (done["status"], done["isSuccess"]) == ("Added details", True)
    assert (await genie.ask("DELETE", "details", keys="rack, tags"))["status"] == "Removed details"
    shown = await genie.shown()
    assert (shown["details"], shown["tags"]) == ({"row": "2"}, ["a"])
    for method, body, query in (
        ("POST", {"details": {"tags": "x"}}, {}),
        ("DELETE", None, {"keys": " "}),
    ):
        status, _ = await genie.call(
            method, "/v2/alerts/disk/details", body, identifierType="alias", **query
        )
        assert status == 422
