"""A notification tries a person's contact methods in order, the next one as soon as one fails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.db.pool import Pool, acquire
from gateway.directory import people
from gateway.directory.contact_method import PersonContactMethod
from gateway.directory.contact_methods import replace_methods
from gateway.incidents.announcements.notices import queue_notices
from gateway.notify.endpoint_breakers import FAILURES
from gateway.notify.message import Delivered, Message, Result, Retry, Undeliverable
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from tests.support.clock import NOON, FakeClock
from tests.support.messages import ScriptedChannel, notice

FIELDS = {
    "name": "Ann",
    "zone": "UTC",
    "roles": [],
    "skills": [],
    "locale": "zh-CN",
    "active": True,
}
Answer = Callable[[Message], Result]


def always(result: Result) -> Answer:
    return lambda _: result


@pytest.fixture
async def ann(pool: Pool) -> None:
    """Ann, who reads Chinese and whose contact methods are a call, then a mail, then a webhook."""
    async with acquire(pool) as conn, conn.transaction():
        await people.create(
            conn,
            FIELDS | {"login": "ann", "email": "ann@example.com", "phone": "+8613800138000"},
            None,
        )
        methods = (
            PersonContactMethod("voice"),
            PersonContactMethod("mail"),
            PersonContactMethod("webhook", "https://ann.example.com"),
        )
        await replace_methods(conn, "ann", methods, by_administrator=True)


def runner(
    pool: Pool, clock: FakeClock, **answers: Result
) -> tuple[NotificationRunner, dict[str, ScriptedChannel]]:
    channels = {name: ScriptedChannel(always(result)) for name, result in answers.items()}
    return NotificationRunner(
        pool=pool, channels=channels, metrics=Metrics(CollectorRegistry()), clock=clock
    ), channels


async def owe(pool: Pool, *incidents: int, login: str = "ann", **facts: Any) -> None:
    rows = [
        (n, replace(notice(target=f"person:{login}"), facts={"number": f"INC-{n}", **facts}))
        for n in incidents
    ]
    async with pool.acquire() as conn:
        await queue_notices(conn, rows, NOON)


ROWS = "SELECT state, attempts, reached, last_error FROM outbox ORDER BY incident_id"


async def rows(pool: Pool) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await pool.fetch(ROWS)]


@pytest.mark.usefixtures("ann")
async def test_only_first_working_contact_method_is_used_and_recorded(
    pool: Pool, clock: FakeClock
) -> None:
    one, channels = runner(pool, clock, voice=Delivered(), smtp=Delivered())
    await owe(pool, 1)
    await one.run_once(NOON)
    assert await rows(pool) == [("sent", 1, "voice:ann", "")]
    assert (len(channels["voice"].sent), channels["smtp"].sent) == (1, [])


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "failure", [Undeliverable("refused"), Retry("busy"), Retry("no answer", down=True)]
)
async def test_failed_contact_method_is_followed_by_next_at_once(
    pool: Pool, clock: FakeClock, failure: Result
) -> None:
    one, channels = runner(pool, clock, voice=failure, smtp=Delivered())
    await owe(pool, 1)
    assert await one.run_once(NOON) == 1
    assert one.wake.is_set()
    assert (await rows(pool))[0][:3] == ("pending", 0, "")
    assert await one.run_once(NOON) == 1
    assert (await rows(pool))[0][:3] == ("sent", 1, "smtp:ann@example.com")
    (mail,) = channels["smtp"].sent
    assert (mail.recipient, "新登记" in mail.subject) == ("ann@example.com", True)


@pytest.mark.usefixtures("ann")
async def test_failed_contact_methods_are_all_retried_from_first(
    pool: Pool, clock: FakeClock
) -> None:
    one, channels = runner(
        pool,
        clock,
        voice=Retry("busy"),
        smtp=Undeliverable("no such mailbox"),
        webhook=Undeliverable("gone"),
    )
    await owe(pool, 1)
    assert [await one.run_once(NOON) for _ in range(4)] == [1, 1, 1, 0]
    assert await rows(pool) == [("pending", 1, "", "gone")]
    channels["voice"].answer = always(Delivered())
    assert await one.run_once(NOON + timedelta(minutes=1)) == 1
    assert (await rows(pool))[0][:3] == ("sent", 2, "voice:ann")


@pytest.mark.usefixtures("ann")
async def test_message_is_dead_when_all_contact_methods_refuse(
    pool: Pool, clock: FakeClock
) -> None:
    one, _ = runner(
        pool, clock, voice=Undeliverable("no telephone"), smtp=Undeliverable("no such mailbox")
    )
    await owe(pool, 1)
    assert [await one.run_once(NOON) for _ in range(4)] == [1, 1, 1, 0]
    assert await rows(pool) == [("dead", 1, "", "there is no channel 'webhook'")]


@pytest.mark.usefixtures("ann")
async def test_endpoint_with_open_circuit_is_skipped_in_same_attempt(
    pool: Pool, clock: FakeClock
) -> None:
    one, channels = runner(pool, clock, voice=Delivered(), smtp=Delivered(), webhook=Delivered())
    for _ in range(FAILURES):
        one.breakers.report("ann", clock.monotonic(), failed=True)
    await owe(pool, 1)
    await one.run_once(NOON)
    assert (await rows(pool))[0][2] == "smtp:ann@example.com"
    assert channels["voice"].sent == []


@pytest.mark.usefixtures("ann")
async def test_message_waits_without_attempt_when_all_circuits_are_open(
    pool: Pool, clock: FakeClock
) -> None:
    one, _ = runner(pool, clock, voice=Delivered(), smtp=Delivered(), webhook=Delivered())
    for endpoint in ("ann", "ann@example.com", "https://ann.example.com"):
        for _ in range(FAILURES):
            one.breakers.report(endpoint, clock.monotonic(), failed=True)
    await owe(pool, 1)
    await one.run_once(NOON)
    assert (await rows(pool))[0][:2] == ("pending", 0)


@pytest.mark.usefixtures("ann")
async def test_round_ending_at_open_circuits_counts_as_attempt(
    pool: Pool, clock: FakeClock
) -> None:
    one, _ = runner(pool, clock, voice=Undeliverable("no"), smtp=Delivered(), webhook=Delivered())
    for endpoint in ("ann@example.com", "https://ann.example.com"):
        for _ in range(FAILURES):
            one.breakers.report(endpoint, clock.monotonic(), failed=True)
    await owe(pool, 1)
    assert [await one.run_once(NOON) for _ in range(3)] == [1, 1, 0]
    assert (await rows(pool))[0][:2] == ("pending", 1)


async def test_person_without_chosen_methods_gets_mail(pool: Pool, clock: FakeClock) -> None:
    async with acquire(pool) as conn:
        await people.create(
            conn, FIELDS | {"login": "bob", "email": "bob@example.com", "phone": ""}, None
        )
    one, channels = runner(pool, clock, smtp=Delivered())
    await owe(pool, 1, login="bob", locale="en")
    await one.run_once(NOON)
    assert (channels["smtp"].sent[0].recipient, "opened" in channels["smtp"].sent[0].subject) == (
        "bob@example.com",
        True,
    )


@pytest.mark.parametrize(
    ("login", "active", "why"),
    [("bob", True, "contact method"), ("bob", False, "login"), ("eve", True, "login")],
)
async def test_message_to_unreachable_person_is_dead(
    pool: Pool,
    clock: FakeClock,
    login: str,
    active: bool,
    why: str,
) -> None:
    async with acquire(pool) as conn:
        await people.create(
            conn, FIELDS | {"login": "bob", "email": "", "phone": "", "active": active}, None
        )
    one, _ = runner(pool, clock, smtp=Delivered())
    await owe(pool, 1, login=login)
    await one.run_once(NOON)
    ((state, _, _, error),) = await rows(pool)
    assert (state, why in error) == ("dead", True)
