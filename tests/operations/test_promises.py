"""The SLA promises of a new record, and after a change of its service or priority."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.access.principal import Principal
from gateway.catalogue import services
from gateway.catalogue.live import Catalogue
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.incidents import store
from gateway.operations.create import NewReport, create
from gateway.operations.edit import edit
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import load
from gateway.views.incidents import sla_view
from gateway.vocabulary import Impact, Urgency
from tests.support.clock import NOON, FakeClock
from tests.support.visibility import EVERYTHING

CONFIGURED = """
[[sla.use]]
policy = "business-hours"
priorities = [4]
[sla.services.shop]
targets = { 1 = { desk = "2m" } }
[criticality.critical]
raise_by = 1
[sla.services.payroll]
policy = "business-hours"
"""


ANN = Principal(name="ann", parts=frozenset({Role.INCIDENT_MANAGER}))


@pytest.fixture
def uow(pool: Pool, clock: FakeClock, tmp_path: Path) -> UnitOfWork:
    async def reserve(count: int, stamp: Any) -> store.Reserved:
        async with pool.acquire() as conn:
            return await store.reserve(conn, count, stamp)

    (tmp_path / "gateway.toml").write_text(CONFIGURED)
    known = Catalogue(load(tmp_path / "gateway.toml", {}))
    return UnitOfWork(pool, clock, b"key", reserve, lambda _: None, known)


def urgent(**more: Any) -> NewReport:
    return NewReport(title="down", impact=Impact.BUSINESS, urgency=Urgency.URGENT, **more)


async def changes(pool: Pool, number: str) -> list[str]:
    rows = await pool.fetch(
        "SELECT json_array_elements(facts->'changes')->>'field' AS field FROM timeline "
        "JOIN incident i ON i.id = incident_id "
        "WHERE number = $1 AND event = 'changed'",
        number,
    )
    return [row["field"] for row in rows]


async def test_incident_uses_targets_and_policy_of_its_service(uow: UnitOfWork) -> None:
    plain, shop, payroll = [
        await create(uow, urgent(service=name), ANN) for name in ("mail", "shop", "payroll")
    ]
    assert [one.policy for one in (plain, shop, payroll)] == [
        "itil-minutes",
        "itil-minutes",
        "business-hours",
    ]
    assert plain.next_due_at == NOON + timedelta(minutes=2.5)
    assert shop.next_due_at == NOON + timedelta(minutes=1)
    assert payroll.next_due_at == datetime(2026, 3, 4, 5, 30, tzinfo=UTC) + timedelta(
        hours=1.5
    )  # 12 h of working time


async def test_changed_service_changes_policy_and_is_recorded(uow: UnitOfWork, pool: Pool) -> None:
    record = await create(uow, urgent(), ANN)
    moved = await edit(uow, record.number, {"service": "payroll"}, ANN)
    assert (moved.policy, moved.ledger) == ("business-hours", record.ledger)
    async with pool.acquire() as conn:
        stored = await store.by_number(conn, record.number, EVERYTHING)
    assert stored is not None
    assert (stored.policy, stored.next_due_at) == ("business-hours", moved.next_due_at)
    assert await changes(pool, record.number) == ["policy", "service"]


async def test_priority_named_by_other_rule_changes_policy(uow: UnitOfWork, pool: Pool) -> None:
    record = await create(uow, urgent(), ANN)
    assert (await edit(uow, record.number, {"priority": 3}, ANN)).policy == "itil-minutes"
    assert (await edit(uow, record.number, {"priority": 4}, ANN)).policy == "business-hours"
    assert await changes(pool, record.number) == ["priority", "policy", "priority"]


async def test_due_time_in_year_without_published_holidays_is_marked(
    uow: UnitOfWork, clock: FakeClock
) -> None:
    clock.at = datetime(2049, 12, 31, tzinfo=UTC)
    record = await create(uow, urgent(service="payroll"), ANN)
    assert sla_view(record, uow.rules, clock.at).holidays_unpublished == [2049, 2050]
    assert (
        sla_view(
            replace(record, service="", policy="itil-minutes"), uow.rules, clock.at
        ).holidays_unpublished
        == []
    )


async def test_criticality_applies_after_correction_of_impact_and_urgency(
    uow: UnitOfWork, pool: Pool, clock: FakeClock
) -> None:
    fields = (
        dict.fromkeys(services.CHECKS, "")
        | {"aliases": []}
        | {"name": "Bank", "criticality": "critical", "targets": {}, "active": True}
    )
    async with pool.acquire() as conn:
        await services.create(conn, "bank", fields, clock.stamp())
    await uow.catalogue.refresh(pool, clock.stamp())
    made = await create(uow, NewReport(title="slow", impact=Impact.GROUP, service="bank"), ANN)
    milder = await edit(uow, made.number, {"urgency": Urgency.LOW}, ANN)
    assert (made.priority, milder.priority) == (2, 3)
