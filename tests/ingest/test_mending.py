"""What is in quarantine is explained, mended by a mapping that was tried first, read again, or dropped: each once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from gateway.db.pool import Pool
from gateway.errors import Overloaded
from gateway.ingest import mending
from gateway.ingest.http import Submit
from gateway.ingest.mending import QuarantineReview
from gateway.ingest.reading.source import ParsedDelivery, WebhookDelivery
from gateway.ingest.replay import Replay
from gateway.ingest.sources import generic
from gateway.quarantine.mappings import MappingProposal, Mappings
from gateway.quarantine.operations import ReplayProgress
from gateway.quarantine.store import EntryFilter
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import SourceSettings, load
from tests.support.clock import FakeClock
from tests.support.served import Served, served

QUARANTINE, MAPPING = "/api/v1/quarantine", "/api/v1/mappings/ours/generic"
STEPS = [
    {"do": "rename", "from": "/name", "to": "/title"},
    {"do": "values", "at": "/status", "values": {"kaputt": "firing"}},
]


@pytest.fixture
async def gateway(database_url: str, redis_url: str) -> AsyncIterator[Served]:
    async with served(
        load(None, {"DATABASE_URL": database_url, "REDIS_URL": redis_url})
    ) as running:
        yield running


async def kept(
    gateway: Served, *bodies: Any, source: str = "generic", key: str = "ingest"
) -> list[int]:
    """The ids under which they are in quarantine, the first first."""
    for body in bodies:
        assert (await gateway.post(f"/ingest/{source}", body, key)).status == 400
    _, listed = await gateway.get(QUARANTINE, "admin", limit=len(bodies))
    return [entry["id"] for entry in reversed(listed["quarantine"])]


async def asked(gateway: Served, path: str, body: Any, key: str = "admin") -> tuple[int, Any]:
    answer = await gateway.post(path, body, key)
    return answer.status, await answer.json(content_type=None)


async def save(gateway: Served, steps: Any, **headers: str) -> tuple[int, Any]:
    sent = {"Authorization": f"Bearer {gateway.keys['admin']}"} | {
        n.replace("_", "-"): v for n, v in headers.items()
    }
    answer = await gateway.client.put(
        MAPPING, json={"steps": steps, "note": "they renamed it"}, headers=sent
    )
    return answer.status, await answer.json()


async def test_quarantine_entry_shows_differences_without_secrets(gateway: Served) -> None:
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


async def test_non_json_entry_is_shown_as_text_with_secrets_masked(gateway: Served) -> None:
    headers = {"Authorization": f"Bearer {gateway.keys['ingest']}"}
    assert (
        await gateway.client.post("/ingest/generic", data=b"token=s3cr3tvalue {", headers=headers)
    ).status == 400
    _, listed = await gateway.get(QUARANTINE, "admin")
    _, told = await gateway.get(f"{QUARANTINE}/{listed['quarantine'][0]['id']}", "admin")
    assert told["entry"]["body"] == "token=*** {"
    assert [one["pointer"] for one in told["differences"]] == [""]


LONG = {"title": "Disk full", "dedup_key": "k" * 600}


async def test_quarantine_list_and_counts_are_filtered(gateway: Served) -> None:
    await kept(gateway, {"status": "kaputt"}, {"status": "kaputt"}, LONG)
    await kept(gateway, LONG, key="other")
    _, counted = await gateway.get(f"{QUARANTINE}/counts", "admin")
    assert [(one["integration"], one["count"]) for one in counted["counts"]] == [
        ("ours", 2),
        ("ours", 1),
        ("theirs", 1),
    ]
    for query, found in (
        ({"integration": "theirs"}, 1), ({"source": "generic"}, 4), ({"source": "grafana"}, 0), ({"problem": "MISSING"}, 2),
        ({"since": "2100-01-01T00:00:00Z"}, 0), ({"state": "dropped"}, 0),
    ):  # fmt: skip
        assert len((await gateway.get(QUARANTINE, "admin", **query))[1]["quarantine"]) == found, (
            query
        )
        status, counted = await gateway.get(f"{QUARANTINE}/counts", "admin", **query)
        assert (status, sum(one["count"] for one in counted["counts"])) == (200, found)


async def test_saved_mapping_applies_to_quarantined_and_new_requests(gateway: Served) -> None:
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


async def test_mapping_is_versioned_and_stale_if_match_returns_412(gateway: Served) -> None:
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


async def test_concurrent_replays_settle_each_entry_once(gateway: Served) -> None:
    waiting = await kept(gateway, *({"name": f"Disk {n}", "status": "kaputt"} for n in range(6)))
    await save(gateway, STEPS)
    drop = f"{QUARANTINE}/{waiting[-1]}/drop"
    one, two, dropped = await asyncio.gather(
        asked(gateway, f"{QUARANTINE}/replay", {}),
        asked(gateway, f"{QUARANTINE}/replay", {}),
        asked(gateway, drop, {"reason": "x"}),
    )
    fates = await gateway.pool.fetch("SELECT id, state FROM quarantine ORDER BY id")
    assert dropped[0] == (200 if fates[-1]["state"] == "dropped" else 409)
    replayed = [row["id"] for row in fates if row["state"] == "replayed"]
    assert [row["id"] for row in fates if row["state"] == "pending"] == []
    assert one[1]["replayed"] + two[1]["replayed"] == len(replayed) >= 5
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == len(replayed)


async def test_replay_batch_stops_at_limit_and_returns_cursor(gateway: Served) -> None:
    waiting = await kept(gateway, *({"status": "kaputt"} for _ in range(3)))
    status, first = await asked(gateway, f"{QUARANTINE}/replay", {"limit": 2})
    assert (status, first["refused"], first["next"], first["left"]) == (200, 2, waiting[1], 1)
    _, second = await asked(gateway, f"{QUARANTINE}/replay", {"limit": 2, "after": first["next"]})
    assert (second["refused"], second["next"], second["ended"][0]["id"]) == (1, None, waiting[2])
    _, told = await gateway.get(f"{QUARANTINE}/{waiting[0]}", "admin")
    assert told["entry"]["tried_problem"].endswith("title is missing or empty")


async def test_dropped_entry_keeps_first_reason_and_is_not_replayed(gateway: Served) -> None:
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


async def test_quarantine_changes_and_mappings_require_administrator(gateway: Served) -> None:
    for path in ("/replay", "/try", "/1/drop"):
        assert (await gateway.post(QUARANTINE + path, {}, "write")).status == 403
    sent = {"Authorization": f"Bearer {gateway.keys['write']}"}
    assert (await gateway.client.put(MAPPING, json={}, headers=sent)).status == 403
    assert (await gateway.client.get(MAPPING, headers=sent)).status == 403


async def test_abandoned_claim_expires(gateway: Served) -> None:
    (entry,) = await kept(gateway, {"status": "kaputt"})
    claimed = "UPDATE quarantine SET claimed_until = statement_timestamp() + $1::text::interval"
    await gateway.pool.execute(claimed, "1 minute")
    assert (await asked(gateway, f"{QUARANTINE}/{entry}/drop", {"reason": "x"}))[0] == 409
    assert (await asked(gateway, f"{QUARANTINE}/replay", {}))[1]["busy"] == 1
    await gateway.pool.execute(claimed, "-1 second")
    assert (await asked(gateway, f"{QUARANTINE}/{entry}/drop", {"reason": "x"}))[0] == 200


KEPT = """
INSERT INTO quarantine (receipt_id, item, integration_id, source, received_at, headers, body, problem, pointer)
SELECT gen_random_uuid(), -1, $1, 'generic', now(), '{}', '{"title": "Disk"}', '', '' FROM generate_series(1, 3) RETURNING id
"""


async def waiting_for(
    pool: Pool, clock: FakeClock, submit: Submit
) -> tuple[QuarantineReview, list[int]]:
    """Three entries that can be read by now, and who would read them into `submit`."""
    ours = await pool.fetchval(
        "INSERT INTO integration (slug, name) VALUES ('ours', 'ours') RETURNING id"
    )
    found = [row["id"] for row in await pool.fetch(KEPT, ours)]
    return QuarantineReview(
        Replay(pool, {generic.SOURCE.slug: generic.SOURCE}, {}, submit, clock, Mappings())
    ), found


async def test_replay_batch_stops_on_overload_and_leaves_entries_pending(
    pool: Pool, clock: FakeClock
) -> None:
    async def full(_: Submission) -> Receipt:
        raise Overloaded("too much at once")

    mender, found = await waiting_for(pool, clock, full)
    assert await mender.replay_many(EntryFilter(), 0, 10, "ann") == ReplayProgress(
        (), 0, 3, "too much at once"
    )
    assert (
        await pool.fetchval(
            "SELECT count(*) FROM quarantine WHERE state = 'pending' AND claimed_until IS NULL"
        )
        == 3
    )
    assert found


async def test_slow_replay_batch_ends_early_with_cursor(pool: Pool, clock: FakeClock) -> None:
    async def slow(submission: Submission) -> Receipt:
        clock.advance(timedelta(seconds=11))
        assert submission.flag == "replay"
        return Receipt(uuid4(), ())

    mender, found = await waiting_for(pool, clock, slow)
    done = await mender.replay_many(EntryFilter(), 0, 10, "ann")
    assert ([one.outcome for one in done.ended], done.next, done.left) == (
        ["replayed"],
        found[0],
        2,
    )
    assert done.stopped.startswith("it took long")


async def test_slow_entry_ends_batch_and_is_skipped_as_busy(
    pool: Pool, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    async def second_never(submission: Submission) -> Receipt:
        taken.append(submission.delivery_id or "")
        if taken[-1] == f"quarantine:{found[1]}":
            await asyncio.Event().wait()
        return Receipt(uuid4(), ())

    assert load(None, {}).server.deadline.total_seconds() > mending.WITHIN
    monkeypatch.setattr(mending, "WITHIN", 0.5)
    mender, found = await waiting_for(pool, clock, second_never)
    first = await mender.replay_many(EntryFilter(), 0, 10, "ann")
    assert ([(one.id, one.outcome) for one in first.ended], first.next, first.left) == (
        [(found[0], "replayed")],
        found[0],
        2,
    )
    second = await mender.replay_many(EntryFilter(), found[0], 10, "ann")
    assert ([(one.id, one.outcome) for one in second.ended], second.next, second.left) == (
        [(found[1], "busy")],
        found[1],
        1,
    )
    assert (second.ended[0].reason, second.stopped) == (
        "it takes long: replay it by itself",
        mending.OUT_OF_TIME,
    )
    third = await mender.replay_many(EntryFilter(), found[1], 10, "ann")
    assert ([(one.id, one.outcome) for one in third.ended], third.next) == (
        [(found[2], "replayed")],
        None,
    )
    assert (
        await pool.fetchval(
            "SELECT state FROM quarantine WHERE id = $1 AND claimed_until IS NULL", found[1]
        )
        == "pending"
    )


async def test_slow_mapping_trial_ends_early(pool: Pool, clock: FakeClock) -> None:
    def parse(delivery: WebhookDelivery, settings: SourceSettings) -> ParsedDelivery:
        clock.advance(timedelta(seconds=11))
        return generic.parse(delivery, settings)

    async def nothing(_: Submission) -> Receipt:
        raise AssertionError("nothing is taken in")

    mender, found = await waiting_for(pool, clock, nothing)
    slow = replace(mender.replay, sources={"generic": replace(generic.SOURCE, parse=parse)})
    tried = await QuarantineReview(slow).try_mapping(
        MappingProposal("ours", "generic", (), "", "ann"), (), 0, 10
    )
    assert ([entry for entry, _ in tried.trials], tried.next) == (found[:1], found[0])


async def test_email_entry_is_shown_without_comparison(gateway: Served) -> None:
    (entry,) = await kept(gateway, {"status": "kaputt"})
    await gateway.pool.execute("UPDATE quarantine SET source = 'email'")
    _, told = await gateway.get(f"{QUARANTINE}/{entry}", "admin")
    assert (told["differences"], told["nearest"], told["would_become"]) == ([], None, None)
    sender = {"integration": "ours", "source": "email", "steps": []}
    assert (await asked(gateway, f"{QUARANTINE}/try", sender))[0] == 404
