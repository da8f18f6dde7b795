"""Every armed generation of a timer has its effect once, whatever happens to Redis.

None fires early, and none after it was replaced.
"""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from gateway.db.pool import Pool, open_pool
from gateway.incidents.arming import arm_timers
from gateway.settings import Database
from gateway.sla.timers.index import TimerIndex, connect
from gateway.sla.timers.runner import TimerRunner
from gateway.sla.timers.timer_store import Armed
from gateway.vocabulary import TimerKind
from tests.support.clock import FakeClock
from tests.support.timers import NullObserver, TracingEffect, effects, insert_incidents

Key = tuple[int, TimerKind]
KEYS = st.tuples(
    st.sampled_from([1, 2, 3, 65, 66, 130]), st.sampled_from([TimerKind.SLA, TimerKind.AUTO_CLOSE])
)
SELECT_ARMED = "SELECT incident_id, kind, gen FROM timer WHERE armed"


class CountingPoison(NullObserver):
    """An observer that counts failed firings; here these are early or repeated effects."""

    poison = 0

    def poisoned(self, kind: TimerKind) -> None:
        self.poison += kind > 0


class TimersUnderFaults(RuleBasedStateMachine):
    """Two replicas with one PostgreSQL and one unreliable Valkey."""

    database_url = redis_url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.clock = FakeClock()
        self.observer = CountingPoison()
        self.given: set[tuple[int, int, int]] = set()
        self.replaced: set[tuple[int, int, int]] = set()
        self.stale: dict[Any, Any] = {}
        self.do(self.open())

    def do(self, work: Any) -> Any:
        return self.loop.run(work)

    async def open(self) -> None:
        self.pool: Pool = await open_pool(
            Database(url=self.database_url, pool_min=1, pool_max=4), allow_unsafe=True
        )
        await self.pool.execute("DELETE FROM timer")
        await self.pool.execute("DELETE FROM outbox")
        await self.pool.execute("UPDATE shard_lease SET owner = NULL, expires_at = NULL")
        await self.pool.execute("DELETE FROM replica")
        await insert_incidents(self.pool, self.clock.at, range(1, 131))
        self.redis = connect(self.redis_url)
        await self.redis.flushall()
        index = TimerIndex(self.redis, self.clock)
        self.runners = [
            TimerRunner(
                pool=self.pool,
                fire=TracingEffect(),
                clock=self.clock,
                index=index,
                replica=uuid4(),
                observer=self.observer,
            )
            for _ in range(2)
        ]
        for runner in self.runners:
            await runner.run_once()

    @rule(
        keys=st.lists(KEYS, min_size=4, max_size=12, unique=True),
        seconds=st.integers(0, 15),
        noted=st.booleans(),
    )
    def arm(self, keys: list[Key], seconds: int, noted: bool) -> None:
        due_at = self.clock.at + timedelta(seconds=seconds)
        timers = [Armed(incident, kind, due_at) for incident, kind in keys]
        self.do(self.write(timers))
        if noted:
            self.runners[0].note_armed(timers)

    @rule(keys=st.lists(KEYS, min_size=4, max_size=12, unique=True))
    def disarm(self, keys: list[Key]) -> None:
        self.do(self.write([Armed(incident, kind, None) for incident, kind in keys]))

    async def write(self, timers: list[Armed]) -> None:
        async with self.pool.acquire() as conn:
            before = {tuple(row) for row in await conn.fetch(SELECT_ARMED)}
            await arm_timers(conn, timers)
            after = {tuple(row) for row in await conn.fetch(SELECT_ARMED)}
        self.given |= after
        self.replaced |= before - after

    @rule(
        seconds=st.sampled_from([0.05, 0.3, 1.0, 3.0, 7.0, 12.0]),
        running=st.sampled_from([(0,), (1,), (0, 1), (1, 0)]),
    )
    def time_passes(self, seconds: float, running: tuple[int, ...]) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        self.do(self.step(running))

    async def step(self, running: tuple[int, ...]) -> None:
        for number in running:
            await self.runners[number].run_once()

    @rule()
    def redis_is_wiped(self) -> None:
        self.do(self.redis.flushall())

    @rule(
        shard=st.integers(0, 63),
        members=st.lists(st.integers(-5, 2**63 - 1).map(str) | st.just("rubbish"), min_size=1),
    )
    def redis_holds_rubbish(self, shard: int, members: list[str]) -> None:
        slot = int(self.clock.at.timestamp()) // 60
        self.do(self.redis.sadd(f"{{sla:{shard}}}:{slot}:0", *members))
        self.do(self.redis.zadd(f"{{sla:{shard}}}:slots", {f"{slot}:0": slot}))

    @rule()
    def redis_is_saved(self) -> None:
        self.stale = self.do(self.dump())

    @rule()
    def redis_comes_back_stale(self) -> None:
        self.do(self.restore())

    async def dump(self) -> dict[Any, Any]:
        return {key: await self.redis.dump(key) for key in await self.redis.keys()}

    async def restore(self) -> None:
        await self.redis.flushall()
        for key, value in self.stale.items():
            await self.redis.restore(key, 0, value)

    def teardown(self) -> None:
        self.do(self.settle())
        self.loop.close()

    async def settle(self) -> None:
        for _ in range(9):
            self.clock.advance(timedelta(seconds=5))
            await self.step((0, 1))
        seen = await effects(self.pool)
        await self.redis.aclose()
        self.pool.terminate()
        assert len(seen) == len(set(seen))
        assert set(seen) == self.given - self.replaced
        assert self.observer.poison == 0


@pytest.mark.exhaustive
def test_redis_faults_do_not_change_fired_timers(database_url: str, redis_url: str) -> None:
    machine = type(
        "Machine", (TimersUnderFaults,), {"database_url": database_url, "redis_url": redis_url}
    )
    few = settings(
        max_examples=15,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=few)
