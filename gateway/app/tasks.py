"""What runs beside requests, started and ended in order."""

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import structlog

from gateway.dedup.intake import Intake
from gateway.dedup.promotion import EVERY as PROMOTE_EVERY
from gateway.dedup.promotion import Promotion
from gateway.files.store import SWEEP_EVERY
from gateway.operations import chat_changes, hand_over, orphans, undelivered
from gateway.operations.attach import Filing
from gateway.operations.desk import Desk
from gateway.opsgenie.pulse import EVERY as EXPIRE_EVERY
from gateway.opsgenie.pulse import Expiry
from gateway.sla.runner import Runner as Timers
from gateway.upkeep import Round

log = structlog.get_logger()


def start(stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    """Run it until the stack ends; that it died is logged."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)

    async def stop() -> None:
        task.cancel()
        await asyncio.wait({task})

    stack.push_async_callback(stop)


async def start_timers(stack: AsyncExitStack, timers: Timers) -> None:
    """Run the timers until the stack ends, which gives back their leases."""
    stop = asyncio.Event()
    task = asyncio.create_task(timers.run(stop), name="timers")
    task.add_done_callback(_report)

    async def end() -> None:
        stop.set()
        await asyncio.wait({task}, timeout=5)

    stack.push_async_callback(end)


async def start_intake(stack: AsyncExitStack, intake: Intake) -> None:
    """Run intake until the stack ends, which answers what it has taken."""
    task = asyncio.create_task(intake.run(), name="intake")
    task.add_done_callback(_report)

    async def end() -> None:
        intake.close()
        await asyncio.wait({task}, timeout=5)

    stack.push_async_callback(end)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("task_died", task=task.get_name(), exc_info=error)


def rounds(desk: Desk, intake: Intake, filing: Filing, chats: Collection[str]) -> tuple[Round, ...]:
    """What any replica does again and again, and the seconds between; `chats` are the channels whose messages can be changed."""
    pool, clock = desk.pool, desk.clock
    return (
        (PROMOTE_EVERY, Promotion(pool, clock, intake.submit).run_once),
        (EXPIRE_EVERY, Expiry(pool, clock, intake.submit).run_once),
        (hand_over.EVERY, partial(hand_over.make_lists, desk)),
        (undelivered.EVERY, partial(undelivered.note_undelivered, desk)),
        (orphans.EVERY, partial(orphans.release, desk)),
        *([(chat_changes.EVERY, partial(chat_changes.follow, desk, chats))] if chats else []),
        (SWEEP_EVERY, lambda: filing.stores.sweep(clock.now())),
    )
