"""Leases in a real PostgreSQL, with the time as an argument."""

from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from gateway.db.pool import Pool
from gateway.incidents.arming import SHARDS
from gateway.sla.timers.leases import TRUST, Leases, shards_of
from tests.support.clock import FakeClock

REPLICAS = st.sets(st.uuids(), min_size=1, max_size=6)


@given(REPLICAS)
def test_every_shard_belongs_to_exactly_one_replica(replicas: set[UUID]) -> None:
    assert sorted(shard for replica in replicas for shard in shards_of(replica, replicas)) == list(
        range(SHARDS)
    )


@given(REPLICAS, st.uuids())
def test_new_replica_takes_shards_only_for_itself(replicas: set[UUID], newcomer: UUID) -> None:
    for replica in replicas - {newcomer}:
        assert set(shards_of(replica, {*replicas, newcomer})) <= set(shards_of(replica, replicas))


async def test_single_replica_owns_all_shards_and_second_gets_its_share(
    pool: Pool, clock: FakeClock
) -> None:
    one, two = Leases(pool, clock, uuid4()), Leases(pool, clock, uuid4())
    await one.renew()
    assert set(one.owned()) == set(range(SHARDS))
    await two.renew()
    assert two.owned() == {}
    await one.renew()
    await two.renew()
    assert sorted([*one.owned(), *two.owned()]) == list(range(SHARDS))
    assert set(one.owned().values()) == {1}
    assert set(two.owned().values()) == {2}


async def test_lease_is_not_trusted_after_five_seconds_without_renewal(
    pool: Pool, clock: FakeClock
) -> None:
    leases = Leases(pool, clock, uuid4())
    await leases.renew()
    clock.advance(timedelta(seconds=TRUST - 0.01))
    assert leases.owned()
    clock.advance(timedelta(seconds=0.02))
    assert leases.owned() == {}


async def test_expired_leases_of_dead_replica_are_taken_over_with_next_epoch(
    pool: Pool, clock: FakeClock
) -> None:
    dead, heir = Leases(pool, clock, uuid4()), Leases(pool, clock, uuid4())
    await dead.renew()
    clock.advance(timedelta(seconds=5.9))
    await heir.renew()
    assert heir.owned() == {}
    clock.advance(timedelta(seconds=0.2))
    await heir.renew()
    assert heir.owned() == dict.fromkeys(range(SHARDS), 2)
    await dead.renew()
    assert dead.owned() == {}


async def test_released_leases_are_free_at_once(pool: Pool, clock: FakeClock) -> None:
    leaver, heir = Leases(pool, clock, uuid4()), Leases(pool, clock, uuid4())
    await leaver.renew()
    await leaver.release()
    assert leaver.owned() == {}
    await heir.renew()
    assert len(heir.owned()) == SHARDS
