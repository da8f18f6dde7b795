"""A changed configuration is applied to open records when a replica starts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asyncpg.exceptions import DivisionByZeroError

from gateway.catalogue.live import Catalogue
from gateway.db.pool import Pool
from gateway.incidents import commands, store
from gateway.incidents.arming import arm_timers
from gateway.operations import rules_in_force
from gateway.operations.actions.act import act
from gateway.operations.create import create
from gateway.operations.rounds.deadline_recalculation import DeadlineRecalculation
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import load
from gateway.vocabulary import Resolution
from tests.operations.test_promises import ANN, urgent
from tests.support.clock import NOON, FakeClock

STRICTER = (
    "[sla.policies.itil-minutes]\nauto_close_after = "
    "'1h'\n[sla.policies.itil-minutes.targets.1]\ndesk = '2m'\n"
)
Configured = Callable[[str], UnitOfWork]


@pytest.fixture
def configured(pool: Pool, clock: FakeClock, tmp_path: Path) -> Configured:
    async def reserve(count: int, stamp: Any) -> store.Reserved:
        async with pool.acquire() as conn:
            return await store.reserve(conn, count, stamp)

    def uow(text: str) -> UnitOfWork:
        (tmp_path / "gateway.toml").write_text(text)
        known = Catalogue(load(tmp_path / "gateway.toml", {}))
        return UnitOfWork(pool, clock, b"key", reserve, lambda _: None, known)

    return uow


async def entries(pool: Pool) -> list[Any]:
    rows = await pool.fetch(
        "SELECT incident_id, facts::text FROM timeline WHERE event = 'sla_redated' "
        "ORDER BY incident_id, seq"
    )
    return [msgspec.json.decode(row["facts"]) for row in rows]


async def dues(pool: Pool) -> list[tuple[int, timedelta]]:
    rows = await pool.fetch("SELECT kind, due_at FROM timer WHERE armed ORDER BY incident_id, kind")
    return [(row["kind"], row["due_at"] - NOON) for row in rows]


async def test_policy_change_recalculates_open_and_resolved_incidents_once(
    configured: Configured, pool: Pool
) -> None:
    before = configured("")
    assert await DeadlineRecalculation(before).run_once() == 0
    first, second = await create(before, urgent(), ANN), await create(before, urgent(), ANN)
    await act(before, second.number, commands.Resolve(resolution=Resolution.SOLVED), ANN)
    after = configured(STRICTER)
    assert await DeadlineRecalculation(after).run_once() == 2
    told = await entries(pool)
    assert [[move["timer"] for move in one["moves"]] for one in told] == [["sla"], ["auto_close"]]
    assert (
        told[0]["version"] == after.rules.versions(())["itil-minutes"] != told[0]["version_before"]
    )
    assert (await dues(pool))[0] == (1, timedelta(minutes=1))
    assert timedelta(hours=1) <= (await dues(pool))[1][1] < timedelta(hours=1, minutes=5)
    assert await DeadlineRecalculation(after).run_once() == 0
    stored = await pool.fetchval("SELECT next_due_at FROM incident WHERE id = $1", first.id)
    assert stored == NOON + timedelta(minutes=1)


async def test_incident_of_older_replica_is_recalculated_within_one_hour_only(
    configured: Configured, pool: Pool, clock: FakeClock
) -> None:
    old, new = configured(""), configured(STRICTER)
    await DeadlineRecalculation(old).run_once()
    await DeadlineRecalculation(new).run_once()
    await create(old, urgent(), ANN)
    assert await DeadlineRecalculation(new).run_once() == 1
    await create(old, urgent(), ANN)
    clock.advance(timedelta(hours=1, seconds=1))
    assert await DeadlineRecalculation(new).run_once() == 0
    assert len(await entries(pool)) == 1


async def test_interrupted_recalculation_resumes_without_repeated_entries(
    configured: Configured, pool: Pool
) -> None:
    old, new = configured(""), configured(STRICTER)
    await DeadlineRecalculation(old).run_once()
    for _ in range(3):
        await create(old, urgent(), ANN)
    await DeadlineRecalculation(new).run_once()
    await pool.execute("UPDATE sla_version SET version = 'older' WHERE policy = 'itil-minutes'")
    assert await DeadlineRecalculation(new).run_once() == 0
    assert len(await entries(pool)) == 3


def test_policy_version_changes_only_with_its_rules_and_calendar(configured: Configured) -> None:
    texts = [
        "",
        STRICTER,
        "[sla.services.shop]\ntargets = { 1 = { desk = '1m' } }\n",
        "[[escalation.management]]\npriorities = [1]\nnotify = ['boss']\nafter = '1h'\n",
    ]
    assert len({configured(text).rules.versions(())["itil-minutes"] for text in texts}) == 4
    assert configured("").rules.versions(()) == configured("[server]\nport = 1\n").rules.versions(
        ()
    )
    closed = configured("[sla.calendars.cn-office]\nclosed = ['2026-12-31']\n").rules.versions(
        ["gone"]
    )
    plain = configured("").rules.versions(["gone"])
    assert {name for name in plain if plain[name] != closed[name]} == {"business-hours", "requests"}
    assert plain["gone"] == plain["itil-minutes"]


async def test_repeating_rule_does_not_stop_recalculation(configured: Configured) -> None:
    repeating = (
        "[[escalation.management]]\npriorities = [1]\nnotify = "
        "['boss']\nafter = '1h'\nrepeat = '1m'\n"
    )
    await DeadlineRecalculation(configured(repeating)).run_once()
    await create(configured(repeating), urgent(), ANN)
    assert await DeadlineRecalculation(configured(repeating + STRICTER)).run_once() == 1


async def test_timer_of_unknown_kind_does_not_stop_recalculation(
    configured: Configured, pool: Pool
) -> None:
    await DeadlineRecalculation(configured("")).run_once()
    made = await create(configured(""), urgent(), ANN)
    async with pool.acquire() as conn:
        await arm_timers(conn, [(made.id, kind, NOON + timedelta(days=1)) for kind in (6, 15)])
    assert await DeadlineRecalculation(configured(STRICTER)).run_once() == 1


async def test_recalculation_works_without_opening_rules(
    configured: Configured, pool: Pool
) -> None:
    in_force = "SELECT count(*) FROM told_when_opened"
    await DeadlineRecalculation(configured("")).run_once()
    assert await pool.fetchval(in_force) > 0
    late = "[[escalation.management]]\npriorities = [1]\nnotify = ['boss']\non = ['breach']\n"
    await DeadlineRecalculation(configured(late)).run_once()
    assert await pool.fetchval(in_force) == 0


async def test_recalculation_stores_version_of_every_policy(
    configured: Configured, pool: Pool
) -> None:
    await DeadlineRecalculation(configured("")).run_once()
    assert await pool.fetchval("SELECT count(*) FROM sla_version") == 4


async def test_recalculation_at_start_runs_until_it_has_succeeded_once(
    configured: Configured, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    recalculation = DeadlineRecalculation(configured(""))
    with monkeypatch.context() as away:
        away.setattr(rules_in_force, "LOCK", "SELECT 1 / 0")
        with pytest.raises(DivisionByZeroError):
            await recalculation.job().run_once()
    known = "SELECT count(*) FROM sla_version"
    assert await pool.fetchval(known) == 0
    await recalculation.job().run_once()
    assert await pool.fetchval(known) == 4
    await pool.execute("DELETE FROM sla_version")
    await recalculation.job().run_once()
    assert await pool.fetchval(known) == 0
