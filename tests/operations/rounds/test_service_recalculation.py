"""A changed promise of a service is applied to its open records.

Every replica applies it when it learns of the change.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.catalogue import services
from gateway.catalogue.live import Catalogue
from gateway.db.pool import Pool, acquire
from gateway.incidents import commands, store
from gateway.incidents.record import Incident
from gateway.operations.actions.act import act
from gateway.operations.create import create
from gateway.operations.edit import edit
from gateway.operations.rounds.deadline_recalculation import DeadlineRecalculation
from gateway.operations.rounds.service_recalculation import ROLLING, ServiceRecalculation
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import load
from gateway.vocabulary import Criticality, Impact, Kind, RequestCategory, Resolution, Urgency
from tests.operations.rounds.test_deadline_recalculation import dues, entries
from tests.operations.test_promises import ANN, urgent
from tests.support.clock import NOON, FakeClock
from tests.support.visibility import EVERYTHING

PLAIN = (
    dict.fromkeys(services.CHECKS, "")
    | {"aliases": []}
    | {"criticality": Criticality.NORMAL, "targets": {}, "active": True, "name": "Shop"}
)
STRICT = {"targets": {"1": {"desk": "1m", "overall": "10m"}}}
Replica = Callable[[], UnitOfWork]


@pytest.fixture
def replica(pool: Pool, clock: FakeClock) -> Replica:
    async def reserve(count: int, stamp: Any) -> store.Reserved:
        async with pool.acquire() as conn:
            return await store.reserve(conn, count, stamp)

    def made() -> UnitOfWork:
        known = Catalogue(load(None, {}))
        return UnitOfWork(pool, clock, b"key", reserve, lambda _: None, known)

    return made


@pytest.fixture
async def uow(replica: Replica, pool: Pool) -> UnitOfWork:
    """Return the unit of work of a replica that knows a service without promises of its own."""
    async with pool.acquire() as conn, conn.transaction():
        await services.create(conn, "shop", PLAIN, NOON)
    uow = replica()
    await uow.catalogue.refresh(pool, NOON)
    assert await ServiceRecalculation(uow).run_once() == 0
    return uow


async def test_service_recalculation_runs_after_changes_and_repeats_failures(
    uow: UnitOfWork, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, seen = ServiceRecalculation(uow).job(), list[str]()

    async def passed(_: ServiceRecalculation) -> int:
        seen.append("pass")
        if len(seen) == 1:
            raise KeyError("a bug")
        return 0

    monkeypatch.setattr(ServiceRecalculation, "run_once", passed)
    with pytest.raises(KeyError):
        await job.run_once()
    for _ in range(2):
        await job.run_once()
    assert seen == ["pass", "pass"]
    async with acquire(pool) as conn, conn.transaction():
        await services.change(conn, "shop", STRICT, NOON)
    await uow.catalogue.refresh(pool, NOON)
    await job.run_once()
    assert seen == ["pass", "pass", "pass"]


async def promise(uow: UnitOfWork, **changes: Any) -> int:
    """Change the service, refresh the replica, and recalculate the deadlines of its records."""
    async with acquire(uow.pool) as conn, conn.transaction():
        await services.change(conn, "shop", changes, NOON)
    await uow.catalogue.refresh(uow.pool, NOON)
    return await ServiceRecalculation(uow).run_once()


async def stored(uow: UnitOfWork, incident: Incident) -> Incident:
    async with acquire(uow.pool) as conn:
        found = await store.by_number(conn, incident.number, EVERYTHING)
    assert found is not None
    return found


async def test_new_service_targets_move_open_incidents_and_are_recorded_once(
    uow: UnitOfWork, pool: Pool
) -> None:
    shop, mail = (
        await create(uow, urgent(service="shop"), ANN),
        await create(uow, urgent(service="mail"), ANN),
    )
    assert await promise(uow, **STRICT) == 1
    [told] = await entries(pool)
    assert (told["service"], told["policy"], [move["timer"] for move in told["moves"]]) == (
        "shop",
        "itil-minutes",
        ["sla"],
    )
    assert await dues(pool) == [(1, timedelta(seconds=30)), (1, timedelta(minutes=2.5))]
    assert [(await stored(uow, one)).next_due_at for one in (shop, mail)] == [
        NOON + timedelta(seconds=30),
        NOON + timedelta(minutes=2.5),
    ]
    assert await ServiceRecalculation(uow).run_once() == 0
    assert await promise(uow, name="The shop") == 0


async def test_changed_calendar_or_deactivated_service_moves_deadlines(
    uow: UnitOfWork, pool: Pool, clock: FakeClock
) -> None:
    clock.at = NOON - timedelta(
        hours=12
    )  # eight in the morning in Shanghai, an hour before the office opens
    record = await create(uow, urgent(service="shop"), ANN)
    assert await promise(uow, support_hours="cn-office") == 1
    assert (await stored(uow, record)).next_due_at == clock.at + timedelta(hours=1, minutes=2.5)
    assert await promise(uow, active=False) == 1
    assert (await stored(uow, record)).next_due_at == record.next_due_at
    assert len(await entries(pool)) == 2


async def test_incidents_with_previous_policy_follow_and_others_keep_theirs(
    uow: UnitOfWork, pool: Pool
) -> None:
    plain, chosen = (
        await create(uow, urgent(service="shop"), ANN),
        await create(uow, urgent(service="shop"), ANN),
    )
    asked = replace(
        urgent(service="shop"),
        kind=Kind.SERVICE_REQUEST,
        request_category=RequestCategory.INFORMATION,
    )
    request = await create(uow, asked, ANN)
    await pool.execute("UPDATE incident SET policy = 'severity-ladder' WHERE id = $1", chosen.id)
    await promise(uow, policy="business-hours")
    assert [(await stored(uow, one)).policy for one in (plain, chosen, request)] == [
        "business-hours",
        "severity-ladder",
        "requests",
    ]
    assert (await entries(pool))[0]["policy_before"] == "itil-minutes"
    await promise(uow, policy="")
    assert (await stored(uow, plain)).policy == "itil-minutes"


async def test_resolved_incident_closes_by_new_policy(uow: UnitOfWork, pool: Pool) -> None:
    record = await create(uow, urgent(service="shop"), ANN)
    await act(uow, record.number, commands.Resolve(resolution=Resolution.SOLVED), ANN)
    before = await dues(pool)
    assert await promise(uow, policy="business-hours") == 1
    assert [kind for kind, _ in await dues(pool)] == [kind for kind, _ in before] == [2]
    assert await dues(pool) != before


async def test_incidents_of_outdated_replica_are_recalculated_once_it_knows(
    uow: UnitOfWork, replica: Replica, pool: Pool, clock: FakeClock
) -> None:
    other = replica()
    await other.catalogue.refresh(pool, NOON)
    edited = await create(uow, replace(urgent(service="shop"), impact=Impact.INDIVIDUAL), ANN)
    await promise(uow, policy="business-hours", **STRICT)
    made = await create(other, replace(urgent(service="shop"), title="wrong prices"), ANN)
    await edit(other, edited.number, {"impact": Impact.BUSINESS, "urgency": Urgency.URGENT}, ANN)
    assert made.policy == "itil-minutes"
    clock.advance(timedelta(seconds=5))
    await other.catalogue.refresh(pool, clock.at)
    assert await ServiceRecalculation(other).run_once() == 2
    for one in (edited, made):
        known = await stored(uow, one)
        assert (known.policy, known.next_due_at) == ("business-hours", desk_due(uow, known))
    clock.advance(ROLLING)
    await create(replica(), urgent(service="shop"), ANN)
    assert await ServiceRecalculation(uow).run_once() == 0


def desk_due(uow: UnitOfWork, record: Incident) -> Any:
    """Return the first threshold of a record by the catalogue of the first replica."""
    policy = uow.rules.policy(record)
    return policy.calendar.add(record.recorded_at, policy.opening[1] or timedelta())


async def test_interrupted_recalculation_resumes_without_repeated_entries(
    uow: UnitOfWork, pool: Pool, clock: FakeClock
) -> None:
    for _ in range(2):
        await create(uow, urgent(service="shop"), ANN)
    await promise(uow, **STRICT)
    [known] = await pool.fetch("SELECT * FROM service_promise")
    clock.advance(timedelta(seconds=1))
    assert await promise(uow, targets={"1": {"desk": "3m"}}) == 2
    await pool.execute(
        "UPDATE service_promise SET version = $1, applied_at = $2",
        known["version"],
        known["applied_at"],
    )
    assert await ServiceRecalculation(uow).run_once() == 0
    clock.advance(timedelta(seconds=1))
    assert await promise(uow, **STRICT) == 2
    assert len(await entries(pool)) == 6


async def test_start_applies_service_changes_made_while_nothing_ran(
    uow: UnitOfWork, replica: Replica, pool: Pool, clock: FakeClock
) -> None:
    await DeadlineRecalculation(uow).run_once()
    clock.advance(timedelta(hours=2))
    record = await create(uow, urgent(service="shop"), ANN)
    async with pool.acquire() as conn, conn.transaction():
        await services.change(conn, "shop", STRICT, NOON)
    started = replica()
    await started.catalogue.refresh(pool, NOON)
    assert await DeadlineRecalculation(started).run_once() == 0
    assert await ServiceRecalculation(started).run_once() == 1
    assert (await stored(uow, record)).next_due_at == clock.at + timedelta(seconds=30)
