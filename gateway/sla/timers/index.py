"""The index of timers in Redis (or Valkey), which feeds the wheel; the only Redis code.

It may be wiped, stale or corrupt at any moment.

Per shard N, all under the hash tag `{sla:N}`: sets of packed integers `{sla:N}:<slot>:<block>`
(slots.py), the list of occupied ones `{sla:N}:slots` (a sorted set of "slot:block" by slot), and
`{sla:N}:meta`, which names the server process the shard was built on. A block takes 512 members,
the most that Redis keeps as plain sorted integers; the next ones go to the next block. Reading
changes nothing; members are removed after their firing committed. Every script touches one hash
slot. Sets expire a day after their slot, so that sets orphaned by a wipe of the list do not stay
for ever.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from gateway.limits.circuit_breaker import CircuitBreaker
from gateway.sla.timers.slots import BLOCK, SLOT_MS, IndexEntry, unpack
from gateway.sla.timers.timer_store import TimerId
from gateway.timing.clock import Clock

TIMEOUT = 0.25
"""The timeout of one Redis call in seconds."""

FAILURES, PROBE_EVERY = 3, 2.0
"""The failures in a row after which Redis is left alone, and the seconds between two probes."""

KEEP = 86_400
"""The seconds for which a set outlives its slot."""

log = structlog.get_logger()

LOOK = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local built = redis.call('HGET', KEYS[2], 'run_id') == run
return {built and 1 or 0,
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])}
"""

BUILT = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return redis.call('HSET', KEYS[1], 'run_id', run, 'built_at', ARGV[1])
"""

ADD = """
local room = tonumber(ARGV[1]) - redis.call('SCARD', KEYS[2])
local n = math.min(room, #ARGV - 4)
if n > 0 then
  redis.call('SADD', KEYS[2], unpack(ARGV, 5, 4 + n))
  redis.call('EXPIRE', KEYS[2], ARGV[3])
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[4])
end
return math.max(n, 0)
"""

DISCARD = """
redis.call('SREM', KEYS[2], unpack(ARGV, 2))
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('ZREM', KEYS[1], ARGV[1]) end
"""


class IndexUnavailable(Exception):
    """Redis does not answer, or answers with an error; PostgreSQL feeds the wheel meanwhile."""


@dataclass(frozen=True, slots=True)
class ShardPeek:
    """The timers of one shard that are due soon, as (timer, due milliseconds).

    `built` False means that the index lost the shard, or never had it: it must be rebuilt.
    """

    built: bool
    timers: tuple[tuple[TimerId, int], ...]


def connect(url: str) -> Redis:
    """Return a client with bounded waits; it connects when first used."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=4,
        timeout=1,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


class TimerIndex:
    """The index of timers; every method raises only IndexUnavailable, if Redis fails."""

    def __init__(self, client: Redis, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._breaker = CircuitBreaker(FAILURES, PROBE_EVERY, PROBE_EVERY)
        self._outage = ""
        self._look = client.register_script(LOOK)
        self._built = client.register_script(BUILT)
        self._add = client.register_script(ADD)
        self._discard = client.register_script(DISCARD)

    @property
    def up(self) -> bool:
        """False while the breaker is open."""
        return self._breaker.closed

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def peek(self, shard: int, until_us: int, limit: int = 512) -> ShardPeek:
        """Return the timers due up to the slot of `until_us`, from the `limit` oldest sets at most.

        Invalid members are deleted.
        """
        async with self._guarded():
            last = until_us // 1000 // SLOT_MS
            try:
                built, listed = await self._look(
                    keys=[_slots(shard), _meta(shard)], args=[last, limit]
                )
            except ResponseError as error:
                if "WRONGTYPE" not in str(error):  # Redis 6.2 puts words of its own before it
                    raise
                await self._client.unlink(_slots(shard), _meta(shard))
                return ShardPeek(built=False, timers=())
            return ShardPeek(built=bool(built), timers=await self._read(shard, listed))

    async def _read(self, shard: int, listed: Sequence[bytes]) -> tuple[tuple[TimerId, int], ...]:
        pipe = self._client.pipeline(transaction=False)
        for name in listed:
            pipe.smembers(_set(shard, name))
        timers: list[tuple[TimerId, int]] = []
        rubbish = self._client.pipeline(transaction=False)
        for name, members in zip(
            listed, await pipe.execute(raise_on_error=False) if listed else (), strict=True
        ):
            slot = _slot_of(name)
            if slot is None or not members or isinstance(members, Exception):
                rubbish.zrem(_slots(shard), name)
                rubbish.unlink(_set(shard, name))
                continue
            read = {raw: unpack(shard, slot, _integer(raw)) for raw in members}
            timers += [timer for timer in read.values() if timer is not None]
            if bad := [raw for raw, timer in read.items() if timer is None]:
                rubbish.srem(_set(shard, name), *bad)
        if len(rubbish):
            await rubbish.execute(raise_on_error=False)
        return tuple(timers)

    async def add(self, entries: Iterable[IndexEntry]) -> None:
        """Add members, with one command per set and round."""
        waiting = _by_slot(entries)
        block = 0
        async with self._guarded():
            while waiting:
                groups = list(waiting.items())
                calls = [
                    self._add_call(shard, slot, block, members) for (shard, slot), members in groups
                ]
                added = await _together(calls)
                rest = {key: members[n:] for (key, members), n in zip(groups, added, strict=True)}
                waiting = {key: members for key, members in rest.items() if members}
                block += 1

    async def discard(self, entries: Iterable[IndexEntry]) -> None:
        """Remove members from the blocks that hold them; unknown ones are ignored."""
        groups = list(_by_slot(entries).items())
        async with self._guarded():
            pipe = self._client.pipeline(transaction=False)
            for (shard, slot), _ in groups:
                pipe.zrangebyscore(_slots(shard), slot, slot)
            listed = await pipe.execute() if groups else []
            calls: list[Awaitable[Any]] = []
            for ((shard, _), members), names in zip(groups, listed, strict=True):
                parts = [members[i : i + BLOCK] for i in range(0, len(members), BLOCK)]
                calls += [
                    self._discard(keys=[_slots(shard), _set(shard, name)], args=[name, *part])
                    for name in names
                    for part in parts
                ]
            await _together(calls)

    async def clear(self, shard: int) -> None:
        """Delete a shard, so that it can be built anew."""
        async with self._guarded():
            kind = await self._client.type(_slots(shard))
            listed: list[Any] = (
                await self._client.zrange(_slots(shard), 0, -1) if kind == b"zset" else []
            )
            for start in range(0, len(listed), BLOCK):
                await self._client.unlink(
                    *(_set(shard, name) for name in listed[start : start + BLOCK])
                )
            await self._client.unlink(_slots(shard), _meta(shard))

    async def built(self, shard: int, at_us: int) -> None:
        """Mark a shard as complete at `at_us`."""
        async with self._guarded():
            await self._built(keys=[_meta(shard)], args=[at_us])

    def _add_call(
        self, shard: int, slot: int, block: int, members: Sequence[int]
    ) -> Awaitable[Any]:
        name = f"{slot}:{block}".encode()
        ahead = (slot + 1) * SLOT_MS // 1000 - int(self._clock.now().timestamp())
        expires = max(ahead, 0) + KEEP
        return self._add(
            keys=[_slots(shard), _set(shard, name)],
            args=[BLOCK, slot, expires, name, *members[:BLOCK]],
        )

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        if self._breaker.wait(self._clock.monotonic()):
            raise IndexUnavailable("the breaker is open")
        try:
            yield
        except (RedisError, OSError, TimeoutError, ValueError) as error:
            self._breaker.report(self._clock.monotonic(), failed=True)
            self._note(str(error) or type(error).__name__)
            raise IndexUnavailable(str(error) or type(error).__name__) from error
        self._breaker.report(self._clock.monotonic(), failed=False)
        self._note("")

    def _note(self, reason: str) -> None:
        """Log the beginning and the end of an outage of Redis once each."""
        if reason == self._outage:
            return
        if reason:
            log.warning("index_unavailable", reason=reason)
        else:
            log.info("index_available", after=self._outage)
        self._outage = reason


async def _together(calls: Sequence[Awaitable[Any]], width: int = 64) -> list[Any]:
    """Await calls a few at a time.

    Each goes to its own hash slot, so they cannot share one cluster pipeline.
    """
    answers: list[Any] = []
    for start in range(0, len(calls), width):
        answers += await asyncio.gather(*calls[start : start + width], return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def _by_slot(entries: Iterable[IndexEntry]) -> dict[tuple[int, int], list[int]]:
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for shard, slot, member in entries:
        groups[shard, slot].append(member)
    return groups


def _slots(shard: int) -> bytes:
    return b"{sla:%d}:slots" % shard


def _meta(shard: int) -> bytes:
    return b"{sla:%d}:meta" % shard


def _set(shard: int, name: bytes) -> bytes:
    return b"{sla:%d}:" % shard + name


def _slot_of(name: bytes) -> int | None:
    slot, _, block = name.partition(b":")
    return int(slot) if slot.isdigit() and block.isdigit() else None


def _integer(raw: bytes) -> int:
    return int(raw) if raw.isdigit() else -1
