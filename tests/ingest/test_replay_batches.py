"""A batch of replays stops in time, and settles each entry once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
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
from tests.ingest.quarantined import QUARANTINE, STEPS, asked, kept, save
from tests.support.clock import FakeClock
from tests.support.served import RunningGateway


async def test_concurrent_replays_settle_each_entry_once(gateway: RunningGateway) -> None:
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


async def test_replay_batch_stops_at_limit_and_returns_cursor(gateway: RunningGateway) -> None:
    waiting = await kept(gateway, *({"status": "kaputt"} for _ in range(3)))
    status, first = await asked(gateway, f"{QUARANTINE}/replay", {"limit": 2})
    assert (status, first["refused"], first["next"], first["left"]) == (200, 2, waiting[1], 1)
    _, second = await asked(gateway, f"{QUARANTINE}/replay", {"limit": 2, "after": first["next"]})
    assert (second["refused"], second["next"], second["ended"][0]["id"]) == (1, None, waiting[2])
    _, told = await gateway.get(f"{QUARANTINE}/{waiting[0]}", "admin")
    assert told["entry"]["tried_problem"].endswith("title is missing or empty")


async def test_abandoned_claim_expires(gateway: RunningGateway) -> None:
    (entry,) = await kept(gateway, {"status": "kaputt"})
    claimed = "UPDATE quarantine SET claimed_until = statement_timestamp() + $1::text::interval"
    await gateway.pool.execute(claimed, "1 minute")
    assert (await asked(gateway, f"{QUARANTINE}/{entry}/drop", {"reason": "x"}))[0] == 409
    assert (await asked(gateway, f"{QUARANTINE}/replay", {}))[1]["busy"] == 1
    await gateway.pool.execute(claimed, "-1 second")
    assert (await asked(gateway, f"{QUARANTINE}/{entry}/drop", {"reason": "x"}))[0] == 200


KEPT = """
INSERT INTO quarantine (receipt_id, item, integration_id, source, received_at, headers, body,
    problem, pointer)
SELECT gen_random_uuid(), -1, $1, 'generic', now(), '{}', '{"title": "Disk"}', '', ''
FROM generate_series(1, 3) RETURNING id
"""


async def waiting_for(
    pool: Pool, clock: FakeClock, submit: Submit
) -> tuple[QuarantineReview, list[int]]:
    """Return a review of the quarantine that replays into `submit`, and three entries to replay."""
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
