"""Quarantine entries are explained, mended by a mapping, read again, or dropped.

Each entry is settled once, and a mapping is tried before it is saved.
"""

from tests.ingest.quarantined import MAPPING, QUARANTINE, STEPS, asked, kept, save
from tests.support.served import RunningGateway


async def test_quarantine_entry_shows_differences_without_secrets(gateway: RunningGateway) -> None:
    sent = {"titel": "Disk full", "status": "kaputt", "labels": {"api_key": "s3cr3tvalue"}}
    headers = {
        "Authorization": f"Bearer {gateway.keys['ingest']}",
        "X-Team": "dba",
        "Referer": "https://x/?token=s3cr3tvalue",
        "X-Hub-Signature": "s3cr3tvalue",
    }
    assert (await gateway.client.post("/ingest/generic", json=sent, headers=headers)).status == 400
    _, listed = await gateway.get(QUARANTINE, "admin")
    status, told = await gateway.get(f"{QUARANTINE}/{listed['quarantine'][0]['id']}", "admin")
    assert status == 200
    assert {one["pointer"]: one["kind"] for one in told["differences"]} == {
        "/titel": "unknown_name",
        "/title": "missing",
    }
    assert told["differences"][0]["meant"] == "/title"
    assert told["nearest"]
    assert "title" in told["example"]
    assert told["would_become"]["flaws"][0]["pointer"] == "/title"
    assert told["entry"]["headers"]["x-team"] == "dba"
    assert "s3cr3tvalue" not in str(told)
    assert "s3cr3tvalue" not in str(listed)
    assert "authorization" not in told["entry"]["headers"]


async def test_non_json_entry_is_shown_as_text_with_secrets_masked(gateway: RunningGateway) -> None:
    headers = {"Authorization": f"Bearer {gateway.keys['ingest']}"}
    assert (
        await gateway.client.post("/ingest/generic", data=b"token=s3cr3tvalue {", headers=headers)
    ).status == 400
    _, listed = await gateway.get(QUARANTINE, "admin")
    _, told = await gateway.get(f"{QUARANTINE}/{listed['quarantine'][0]['id']}", "admin")
    assert told["entry"]["body"] == "token=*** {"
    assert [one["pointer"] for one in told["differences"]] == [""]


LONG = {"title": "Disk full", "dedup_key": "k" * 600}


async def test_quarantine_list_and_counts_are_filtered(gateway: RunningGateway) -> None:
    await kept(gateway, {"status": "kaputt"}, {"status": "kaputt"}, LONG)
    await kept(gateway, LONG, key="other")
    _, counted = await gateway.get(f"{QUARANTINE}/counts", "admin")
    assert [(one["integration"], one["count"]) for one in counted["counts"]] == [
        ("ours", 2),
        ("ours", 1),
        ("theirs", 1),
    ]
    for query, found in (
        ({"integration": "theirs"}, 1),
        ({"source": "generic"}, 4),
        ({"source": "grafana"}, 0),
        ({"problem": "MISSING"}, 2),
        ({"since": "2100-01-01T00:00:00Z"}, 0),
        ({"state": "dropped"}, 0),
    ):
        assert len((await gateway.get(QUARANTINE, "admin", **query))[1]["quarantine"]) == found, (
            query
        )
        status, counted = await gateway.get(f"{QUARANTINE}/counts", "admin", **query)
        assert (status, sum(one["count"] for one in counted["counts"])) == (200, found)


async def test_saved_mapping_applies_to_quarantined_and_new_requests(
    gateway: RunningGateway,
) -> None:
    waiting = await kept(
        gateway, {"name": "Disk", "status": "kaputt"}, {"name": "", "status": "other"}
    )
    body = {"integration": "ours", "source": "generic", "steps": STEPS}
    status, tried = await asked(gateway, f"{QUARANTINE}/try", body)
    assert (status, tried["understood"], tried["refused"], tried["next"]) == (200, 1, 1, None)
    (alert,) = tried["entries"][0]["would_become"]["alerts"]
    assert (tried["entries"][0]["id"], alert["title"], alert["outcome"]) == (
        waiting[0],
        "Disk",
        "opens_or_repeats",
    )
    assert (await asked(gateway, f"{QUARANTINE}/try", body | {"ids": [waiting[1]]}))[1][
        "refused"
    ] == 1
    _, part = await asked(gateway, f"{QUARANTINE}/try", body | {"limit": 1})
    assert (part["understood"], part["next"]) == (1, waiting[0])
    assert (
        await asked(gateway, f"{QUARANTINE}/try", body | {"integration": "theirs", "ids": waiting})
    )[0] == 404
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 0
    assert (await asked(gateway, f"{QUARANTINE}/{waiting[0]}/replay", {}))[0] == 400

    status, saved = await save(gateway, STEPS)
    assert (status, saved["version"], saved["made_by"]) == (200, 1, "admin")
    status, done = await asked(gateway, f"{QUARANTINE}/replay", {"source": "generic"})
    assert (status, done["replayed"], done["refused"], done["next"]) == (200, 1, 1, None)
    assert done["ended"][1]["reason"].startswith("/title: ")
    assert (
        await gateway.post("/ingest/generic", {"name": "Disk", "status": "kaputt"})
    ).status == 202
    assert (
        await gateway.post("/ingest/generic", {"name": "Disk", "status": "kaputt"}, "other")
    ).status == 400
    assert await gateway.pool.fetchval("SELECT array_agg(title) FROM incident") == ["Disk"]
    sent = await gateway.pool.fetchval("SELECT body FROM receipt WHERE flag = 'replay'")
    assert sent == b'{"name": "Disk", "status": "kaputt"}'
    assert (await asked(gateway, f"{QUARANTINE}/{waiting[0]}/drop", {"reason": "x"}))[0] == 409


async def test_mapping_is_versioned_and_stale_if_match_returns_412(gateway: RunningGateway) -> None:
    assert (await gateway.get(MAPPING, "admin"))[0] == 404
    assert (await save(gateway, STEPS))[1]["version"] == 1
    assert (await save(gateway, STEPS))[1]["version"] == 1
    assert (await save(gateway, STEPS[:1], If_Match='"1"'))[1]["version"] == 2
    assert (await save(gateway, STEPS, If_Match='"1"'))[0] == 412
    status, refused = await save(gateway, [{"do": "rename", "from": "/a", "to": "/a/b"}])
    assert (status, refused["errors"][0]["pointer"]) == (422, "/steps/0/to")
    assert (await save(gateway, []))[1]["version"] == 3
    _, versions = await gateway.get(MAPPING, "admin")
    assert [len(one["steps"]) for one in versions["mappings"]] == [0, 1, 2]
    assert (await gateway.get("/api/v1/mappings", "admin"))[1] == {"mappings": []}
    assert (await gateway.post("/ingest/generic", {"name": "Disk"})).status == 400
    for path in (
        "/api/v1/mappings/none/generic",
        "/api/v1/mappings/ours/none",
        "/api/v1/mappings/ours/email",
    ):
        body, sent = (
            {"steps": STEPS, "note": "x"},
            {"Authorization": f"Bearer {gateway.keys['admin']}"},
        )
        assert (await gateway.client.put(path, json=body, headers=sent)).status == 404


async def test_dropped_entry_keeps_first_reason_and_is_not_replayed(
    gateway: RunningGateway,
) -> None:
    (entry,) = await kept(gateway, {"status": "kaputt"})
    assert (await asked(gateway, f"{QUARANTINE}/{entry}/drop", {"reason": ""}))[0] == 400
    for reason in ("a test of theirs", "another one"):
        status, told = await asked(gateway, f"{QUARANTINE}/{entry}/drop", {"reason": reason})
        assert (status, told["state"], told["reason"], told["settled_by"]) == (
            200,
            "dropped",
            "a test of theirs",
            "admin",
        )
    assert (await asked(gateway, f"{QUARANTINE}/{entry}/replay", {}))[0] == 409
    assert (await asked(gateway, f"{QUARANTINE}/{entry + 1}/drop", {"reason": "x"}))[0] == 404


async def test_quarantine_changes_and_mappings_require_administrator(
    gateway: RunningGateway,
) -> None:
    for path in ("/replay", "/try", "/1/drop"):
        assert (await gateway.post(QUARANTINE + path, {}, "write")).status == 403
    sent = {"Authorization": f"Bearer {gateway.keys['write']}"}
    assert (await gateway.client.put(MAPPING, json={}, headers=sent)).status == 403
    assert (await gateway.client.get(MAPPING, headers=sent)).status == 403


async def test_email_entry_is_shown_without_comparison(gateway: RunningGateway) -> None:
    (entry,) = await kept(gateway, {"status": "kaputt"})
    await gateway.pool.execute("UPDATE quarantine SET source = 'email'")
    _, told = await gateway.get(f"{QUARANTINE}/{entry}", "admin")
    assert (told["differences"], told["nearest"], told["would_become"]) == ([], None, None)
    sender = {"integration": "ours", "source": "email", "steps": []}
    assert (await asked(gateway, f"{QUARANTINE}/try", sender))[0] == 404
