"""The runner sends each notification once and holds no transaction while sending.

Messages to failing endpoints are deferred.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.db.pool import Pool
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.record import Notice
from gateway.notify import outbox
from gateway.notify.delivery import SEND_TIMEOUT_S, SLOT_WITHIN_S
from gateway.notify.endpoint_breakers import FAILURES
from gateway.notify.endpoint_slots import AT_ONCE, EndpointSlots
from gateway.notify.message import Delivered, Message, Result, Retry, Undeliverable
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from tests.support.clock import NOON, FakeClock
from tests.support.messages import ScriptedChannel, notice


def runner(
    pool: Pool, clock: FakeClock, channel: ScriptedChannel, **rest: Any
) -> NotificationRunner:
    return NotificationRunner(
        pool=pool,
        channels={"webhook": channel},
        metrics=Metrics(CollectorRegistry(), channels=["webhook"]),
        clock=clock,
        opens=lambda owed, channel: f"https://gateway.example.com/{channel}/{owed.incident_id}",
        **rest,
    )


async def owe(pool: Pool, *rows: tuple[int, Notice]) -> None:
    async with pool.acquire() as conn:
        await queue_notices(conn, list(rows), NOON)


def count(one: NotificationRunner, channel: str, outcome: str) -> float | None:
    return one.metrics.registry.get_sample_value(
        "gateway_notify_sends_total", {"channel": channel, "outcome": outcome}
    )


async def state(pool: Pool) -> list[tuple[Any, ...]]:
    return [
        tuple(row)
        for row in await pool.fetch(
            "SELECT state, attempts, last_error FROM outbox ORDER BY incident_id"
        )
    ]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time


def test_slowest_attempt_ends_before_its_claim_expires() -> None:
    assert outbox.VISIBILITY.total_seconds() > 2 * (SLOT_WITHIN_S + SEND_TIMEOUT_S)


async def test_every_notice_is_sent_once_with_rendered_text(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, *((n, notice()) for n in range(100)))
    channel = ScriptedChannel()
    one = runner(pool, clock, channel)
    assert [await one.run_once(NOON) for _ in range(3)] == [64, 36, 0]
    assert len({m.id for m in channel.sent}) == len(channel.sent) == 100
    assert channel.most_at_once <= AT_ONCE
    assert channel.sent[0].subject == "[INC-20260302-0001] P1 opened: disk full"
    assert count(one, "webhook", "sent") == 100
    assert {row[0] for row in await state(pool)} == {"sent"}


async def test_retry_is_sent_later_and_dead_is_not(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice()), (2, notice(target="webhook:https://b.example.com")))
    channel = ScriptedChannel(
        lambda m: Undeliverable("gone") if m.incident_id == 2 else Retry("answered 500")
    )
    one = runner(pool, clock, channel)
    await one.run_once(NOON)
    assert await state(pool) == [("pending", 1, "answered 500"), ("dead", 1, "gone")]
    assert await one.run_once(NOON) == 0
    channel.answer = lambda _: Delivered()
    assert await one.run_once(NOON + timedelta(minutes=1)) == 1
    assert len({m.id for m in channel.sent if m.incident_id == 1}) == 1
    assert len(channel.sent) == 3
    assert [row[0] for row in await state(pool)] == ["sent", "dead"]
    assert [count(one, "webhook", outcome) for outcome in ("sent", "retry", "dead")] == [1, 1, 1]


async def test_notice_to_unknown_channel_is_dead_with_reason(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice(target="pigeon:coop")))
    one = runner(pool, clock, ScriptedChannel())
    await one.run_once(NOON)
    assert await state(pool) == [("dead", 1, "there is no channel 'pigeon'")]
    assert count(one, "other", "dead") == 1


@pytest.mark.parametrize(
    "facts",
    ["[]", "7", "null", '"text"', '{"listed": 3}', '{"number": {}, "records": "x", "listed": [1]}'],
)
async def test_unreadable_row_is_dead_and_others_are_sent(
    pool: Pool, clock: FakeClock, facts: str
) -> None:
    await owe(pool, (1, notice()), (2, notice()))
    await pool.execute("UPDATE outbox SET facts = $1::text::json WHERE incident_id = 1", facts)
    channel = ScriptedChannel()
    await runner(pool, clock, channel).run_once(NOON)
    unreadable, sent = await state(pool)
    assert (unreadable[:2], "it cannot be read" in unreadable[2]) == (("dead", 1), True)
    assert (sent, [one.incident_id for one in channel.sent]) == (("sent", 1, ""), [2])


async def test_most_urgent_notices_are_sent_first(pool: Pool, clock: FakeClock) -> None:
    rows = [
        (n, replace(notice(), facts={"number": f"INC-{n}", "priority": n % 4 + 1}))
        for n in range(200)
    ]
    await owe(pool, *rows, (999, replace(notice(), facts={})))
    channel = ScriptedChannel()
    one = runner(pool, clock, channel)
    await one.run_once(NOON)
    assert {message.urgency for message in channel.sent} == {1, 2}
    assert sum(message.urgency == 1 for message in channel.sent) == 50


async def test_failing_round_does_not_stop_runner(
    pool: Pool, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, rounds = runner(pool, clock, ScriptedChannel()), [0]

    async def broken(*_: object) -> list[Any]:
        rounds[0] += 1
        raise KeyError("a bug")

    monkeypatch.setattr(outbox, "claim", broken)
    assert not one.alive
    task = asyncio.create_task(one.run())
    await until(lambda: rounds[0])
    assert one.alive
    one.wake.set()
    await until(lambda: rounds[0] > 1)
    task.cancel()
    await asyncio.wait({task})
    assert not one.alive


async def test_failing_channel_delays_only_its_own_message(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice()), (2, notice()))

    def answer(message: Message) -> Result:
        if message.incident_id == 1:
            raise KeyError("bug")
        return Delivered()

    await runner(pool, clock, ScriptedChannel(answer)).run_once(NOON)
    assert await state(pool) == [("pending", 1, "internal: KeyError"), ("sent", 1, "")]


async def test_send_that_times_out_is_retried(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice()))
    await runner(pool, clock, ScriptedChannel(held=asyncio.Event()), send_timeout_s=0.01).run_once(
        NOON
    )
    assert (await state(pool))[0][:2] == ("pending", 1)


async def test_failing_endpoint_is_deferred_without_attempts(pool: Pool, clock: FakeClock) -> None:
    channel = ScriptedChannel(lambda _: Retry("connection refused", down=True))
    one = runner(pool, clock, channel)
    for n in range(FAILURES):
        await owe(pool, (n, notice()))
        await one.run_once(NOON)
    await owe(pool, (50, notice()), (60, notice(target="webhook:https://other.example.com")))
    await one.run_once(NOON)
    assert len(channel.sent) == FAILURES + 1
    assert (await state(pool))[FAILURES][:2] == ("pending", 0)
    assert count(one, "webhook", "deferred") == 1
    assert one.metrics.registry.get_sample_value("gateway_notify_circuits_open") == 1


async def test_no_transaction_is_open_while_sending(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice()))
    channel = ScriptedChannel(held=(held := asyncio.Event()))
    sending = asyncio.ensure_future(runner(pool, clock, channel).run_once(NOON))
    await until(lambda: channel.running == 1)
    assert (
        await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE state LIKE 'idle in transaction%' AND datname = current_database()"
        )
        == 0
    )
    held.set()
    assert await sending == 1


async def test_message_of_crashed_sender_is_sent_again_with_same_id(
    pool: Pool, clock: FakeClock
) -> None:
    await owe(pool, (1, notice()))
    async with pool.acquire() as conn:
        (lost,) = await outbox.claim(conn, NOON, 1)
    channel = ScriptedChannel()
    await runner(pool, clock, channel).run_once(NOON + outbox.VISIBILITY)
    assert [m.id for m in channel.sent] == [lost.id]


async def test_runner_wakes_on_event_and_on_poll(pool: Pool, clock: FakeClock) -> None:
    channel = ScriptedChannel()
    one = runner(pool, clock, channel)
    task = asyncio.ensure_future(one.run())
    await until(lambda: clock._sleepers)
    await owe(pool, (1, notice()))
    one.wake.set()
    await until(lambda: len(channel.sent) == 1)
    await owe(pool, (2, notice()))
    await until(lambda: any(not sleeper[2].done() for sleeper in clock._sleepers))
    clock.advance(timedelta(seconds=2))
    await until(lambda: len(channel.sent) == 2)
    task.cancel()
    assert isinstance(
        (await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError
    )


async def test_settlement_is_written_after_database_recovers(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice()))
    channel = ScriptedChannel(held=(held := asyncio.Event()))
    one = runner(pool, clock, channel)
    sending = asyncio.ensure_future(one.run_once(NOON))
    await until(lambda: channel.running == 1)
    taken = [await pool.acquire() for _ in range(pool.get_max_size())]
    held.set()
    await until(lambda: clock._sleepers)
    for conn in taken:
        await pool.release(conn)
    clock.advance(timedelta(seconds=2))
    assert await sending == 1
    assert await state(pool) == [("sent", 1, "")]


async def test_restart_of_the_database_sends_nothing_twice(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice()))
    channel = ScriptedChannel(held=(held := asyncio.Event()))
    one = runner(pool, clock, channel)
    sending = asyncio.ensure_future(one.run_once(NOON))
    await until(lambda: channel.running == 1)
    taken = [await pool.acquire() for _ in range(pool.get_max_size())]
    held.set()
    for _ in range(5):
        await until(lambda: any(not sleeper[2].done() for sleeper in clock._sleepers))
        clock.advance(timedelta(seconds=2))
    for conn in taken:
        await pool.release(conn)
    await until(lambda: sending.done() or bool(clock._sleepers))
    clock.advance(timedelta(seconds=2))
    assert await sending == 1
    assert await state(pool) == [("sent", 1, "")]
    assert await runner(pool, clock, channel).run_once(NOON + timedelta(minutes=2)) == 0
    assert len(channel.sent) == 1


async def test_recipient_without_channel_is_dead_with_reason(pool: Pool, clock: FakeClock) -> None:
    await owe(pool, (1, notice(target="oncall")), (2, notice(target="sms:+15550100")))
    assert await runner(pool, clock, ScriptedChannel()).run_once(NOON) == 2
    assert await state(pool) == [
        ("dead", 1, "'oncall' names no channel"),
        (
            "dead",
            1,
            (
                "the channel 'sms' is off: set notify.aliyun.access_key_id or "
                "notify.tencent.secret_id or notify.twilio.account or notify.vonage.application_id"
            ),
        ),
    ]


async def test_urgent_message_does_not_wait_behind_a_slow_vendor(
    pool: Pool, clock: FakeClock
) -> None:
    slow, held = ScriptedChannel(), asyncio.Event()
    slow.held = held
    await owe(pool, *((n, notice(target=f"slow:{n}")) for n in range(40)))
    one = runner(pool, clock, quick := ScriptedChannel())
    one.channels = {"webhook": quick, "slow": SlowVendor(slow)}
    task = asyncio.create_task(one.run())
    await until(lambda: slow.running == AT_ONCE)
    await owe(pool, (99, notice()))
    one.wake.set()
    await until(lambda: quick.sent)
    assert (slow.running, slow.sent) == (AT_ONCE, [])
    held.set()
    task.cancel()
    await asyncio.wait({task})


class SlowVendor:
    """A channel whose messages all go to one endpoint."""

    def __init__(self, inner: ScriptedChannel) -> None:
        self.send = inner.send

    def endpoint(self, recipient: str) -> str:  # noqa: ARG002 - one vendor
        return "slow"


async def test_message_that_finds_no_slot_is_put_back_without_an_attempt(
    pool: Pool, clock: FakeClock
) -> None:
    await owe(pool, *((n, notice()) for n in range(AT_ONCE + 1)))
    channel = ScriptedChannel(held=(held := asyncio.Event()))
    one = runner(pool, clock, channel, slots=EndpointSlots(0.01))
    sending = asyncio.ensure_future(one.run_once(NOON))
    await until(lambda: one._running == AT_ONCE)
    held.set()
    await sending
    waiting = [row for row in await state(pool) if row[0] == "pending"]
    assert [(row[1], "busy" in row[2]) for row in waiting] == [(0, True)]
