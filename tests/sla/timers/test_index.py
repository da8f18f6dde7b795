"""The index in a real Valkey: its content, its memory, and invalid members in it."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from gateway.incidents.arming import SHARDS
from gateway.sla.timers.index import IndexUnavailable, TimerIndex, connect
from gateway.sla.timers.slots import SLOT_MS, IndexEntry, from_wheel, pack, unpack, wheel_member
from gateway.sla.timers.timer_store import TimerId
from gateway.vocabulary import TimerKind
from tests.support.clock import FakeClock

START_MS = 1_772_452_800_000
TIMERS = st.builds(TimerId, st.integers(1, 2**43 - 1), st.sampled_from(TimerKind))


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    opened = connect(redis_url)
    yield opened
    await opened.aclose()


@pytest.fixture
def index(client: Redis, clock: FakeClock) -> TimerIndex:
    return TimerIndex(client, clock)


@given(TIMERS, st.integers(0, 2**41))
def test_packed_timer_unpacks_unchanged(timer: TimerId, due_ms: int) -> None:
    entry = pack(timer, due_ms)
    assert entry.member < 2**63
    assert unpack(*entry) == (timer, due_ms)
    assert from_wheel(wheel_member(timer, due_ms)) == (timer, due_ms)


@given(st.integers(0, SHARDS - 1), st.integers(0, 2**30), st.integers(-(2**70), 2**70))
def test_foreign_member_unpacks_to_none_or_its_own_slot(shard: int, slot: int, member: int) -> None:
    if (found := unpack(shard, slot, member)) is not None:
        assert pack(*found) == IndexEntry(shard, slot, member)


async def test_peek_returns_timers_up_to_horizon_and_changes_nothing(index: TimerIndex) -> None:
    near, far = (
        (TimerId(64, TimerKind.SLA), START_MS + 1_234),
        (TimerId(128, TimerKind.SLA), START_MS + 10 * SLOT_MS),
    )
    await index.add([pack(*near), pack(*far)])
    await index.built(0, 0)
    for _ in range(2):
        peeked = await index.peek(0, (START_MS + SLOT_MS) * 1000)
        assert (peeked.built, peeked.timers) == (True, (near,))
    assert set((await index.peek(0, (START_MS + 20 * SLOT_MS) * 1000)).timers) == {near, far}


async def test_discarded_timers_leave_no_keys(index: TimerIndex, client: Redis) -> None:
    entries = [pack(TimerId(n * 64, TimerKind.SLA), START_MS) for n in range(1, 1_500)]
    await index.add(entries)
    assert len((await index.peek(0, START_MS * 1000)).timers) == len(entries)
    await index.discard(entries)
    assert await client.dbsize() == 0


async def test_invalid_members_are_removed_and_valid_timers_are_read(
    index: TimerIndex, client: Redis
) -> None:
    good = (TimerId(64, TimerKind.SLA), START_MS)
    slot = START_MS // SLOT_MS
    await index.add([pack(*good)])
    await client.sadd(f"{{sla:0}}:{slot}:0", "rubbish", "-5", "7", str(2**62), str(10**30))
    await client.set(f"{{sla:0}}:{slot}:1", "not a set")
    await client.zadd("{sla:0}:slots", {f"{slot}:1": slot, "no slot": 1, f"{slot}:9": slot})
    for _ in range(2):
        assert (await index.peek(0, START_MS * 1000)).timers == (good,)
    assert await client.zrange("{sla:0}:slots", 0, -1) == [f"{slot}:0".encode()]
    assert await client.scard(f"{{sla:0}}:{slot}:0") == 1


async def test_slot_list_of_wrong_type_counts_as_lost(index: TimerIndex, client: Redis) -> None:
    await index.built(0, 0)
    await client.set("{sla:0}:slots", "not a list")
    assert not (await index.peek(0, START_MS * 1000)).built
    await index.add([pack(TimerId(64, TimerKind.SLA), START_MS)])


async def test_wiped_or_restarted_server_counts_as_lost(index: TimerIndex, client: Redis) -> None:
    assert not (await index.peek(0, 0)).built
    await index.built(0, 0)
    assert (await index.peek(0, 0)).built
    await client.hset("{sla:0}:meta", "run_id", uuid4().hex)
    assert not (await index.peek(0, 0)).built
    await index.built(0, 0)
    await client.flushall()
    assert not (await index.peek(0, 0)).built


async def test_forgotten_scripts_are_reloaded(index: TimerIndex, client: Redis) -> None:
    timer = (TimerId(64, TimerKind.SLA), START_MS)
    await index.add([pack(*timer)])
    await client.script_flush()
    await index.add([pack(TimerId(128, TimerKind.SLA), START_MS)])
    await client.script_flush()
    assert timer in (await index.peek(0, START_MS * 1000)).timers
    await client.script_flush()
    await index.discard([pack(*timer)])


async def test_three_failures_open_breaker_with_probe_every_two_seconds(clock: FakeClock) -> None:
    index = TimerIndex(connect("redis://127.0.0.1:1"), clock)
    for _ in range(3):
        assert index.up
        with pytest.raises(IndexUnavailable, match="onnect"):
            await index.peek(0, 0)
    assert not index.up
    for seconds, answer in ((0, "breaker"), (1.9, "breaker"), (0.1, "onnect"), (1.9, "breaker")):
        clock.advance(timedelta(seconds=seconds))
        with pytest.raises(IndexUnavailable, match=answer):
            await index.peek(0, 0)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "due", [lambda _: START_MS, lambda n: START_MS + n * 72], ids=["all at once", "over two hours"]
)
async def test_hundred_thousand_timers_use_at_most_32_bytes_each(
    index: TimerIndex, client: Redis, due: Callable[[int], int]
) -> None:
    before = (await client.info("memory"))["used_memory"]
    for first in range(1, 100_001, 5_000):
        await index.add(
            pack(TimerId(n, TimerKind.SLA), due(n)) for n in range(first, first + 5_000)
        )
    each = ((await client.info("memory"))["used_memory"] - before) / 100_000
    assert each <= 32


async def test_outage_and_recovery_are_logged_once_each(redis_url: str, clock: FakeClock) -> None:
    index = TimerIndex(connect("redis://127.0.0.1:1"), clock)
    with structlog.testing.capture_logs() as logs:
        for _ in range(10):
            with pytest.raises(IndexUnavailable):
                await index.clear(0)
            clock.advance(timedelta(seconds=3))
        await index.close()
        index._client = connect(redis_url)
        await index.clear(0)
        await index.clear(0)
    await index.close()
    assert [entry["event"] for entry in logs] == ["index_unavailable", "index_available"]
