"""The background tasks and periodic jobs of a replica, started and ended in order."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from functools import partial

from gateway.app import memory
from gateway.app.supervision import TaskSupervisor, Work
from gateway.dedup.intake import AlertWriter
from gateway.dedup.promotion import EVERY as PROMOTE_EVERY
from gateway.dedup.promotion import Promotion
from gateway.files.store import SWEEP_EVERY
from gateway.operations.attach import AttachmentService
from gateway.operations.oncall import rosters
from gateway.operations.rounds import chat_changes, orphans, undelivered
from gateway.operations.shifts import hand_over
from gateway.operations.unit_of_work import UnitOfWork
from gateway.sla.timers.runner import TimerRunner as Timers
from gateway.timing.periodic import PeriodicJob


def start_tasks(
    stack: AsyncExitStack,
    supervisor: TaskSupervisor,
    beside: Mapping[str, Work],
    timers: Timers,
    intake: AlertWriter,
) -> None:
    """Run all tasks until the stack ends.

    At the end intake first answers the requests it has taken, then the timers release their
    leases.
    """
    for name, work in beside.items():
        supervisor.start(stack, name, work)
    stop = asyncio.Event()
    supervisor.start(stack, "timers", partial(timers.run, stop), stop.set)
    supervisor.start(stack, "intake", intake.run, intake.close)


def build_jobs(
    uow: UnitOfWork, intake: AlertWriter, attachments: AttachmentService, chats: Collection[str]
) -> tuple[PeriodicJob, ...]:
    """Return the periodic jobs of a replica.

    `chats` are the channels whose sent messages can be changed.
    """
    pool, clock = uow.pool, uow.clock
    cards = (
        PeriodicJob(
            "chat cards", chat_changes.EVERY, partial(chat_changes.queue_card_updates, uow, chats)
        ),
    )
    return (
        PeriodicJob("promotion", PROMOTE_EVERY, Promotion(pool, clock, intake.submit).run_once),
        PeriodicJob("rosters", rosters.EVERY, partial(rosters.follow_schedules, uow)),
        PeriodicJob("hand-over", hand_over.EVERY, partial(hand_over.make_lists, uow)),
        PeriodicJob("undelivered", undelivered.EVERY, partial(undelivered.note_undelivered, uow)),
        PeriodicJob("orphans", orphans.EVERY, partial(orphans.detach_orphans, uow)),
        *(cards if chats else ()),
        PeriodicJob("memory", memory.EVERY, memory.MemoryTrimmer().run_once),
        PeriodicJob("files", SWEEP_EVERY, lambda: attachments.stores.sweep(clock.now())),
    )
