"""Assembly of a replica's work beside requests: periodic jobs, tasks, and the probes of both."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from gateway.api.health import Health
from gateway.app import tasks
from gateway.app.channels import Receivers
from gateway.app.core import Core
from gateway.app.observers import ChangeObserver
from gateway.app.supervision import TaskSupervisor
from gateway.app.upkeep import DatabaseMaintenance
from gateway.catalogue.live import EVERY as READ_EVERY
from gateway.channels.chat.setup import SLUGS as CHATS
from gateway.channels.email.imap.setup import mailbox_readers
from gateway.channels.phone.intake import SWEEP_EVERY as SWEEP_CALLS_EVERY
from gateway.compat.opsgenie.heartbeat_pings import EVERY as EXPIRE_HEARTBEATS_EVERY
from gateway.compat.opsgenie.heartbeat_pings import HeartbeatDeadlines
from gateway.db.pool import Pool
from gateway.monitors.pings import EVERY as EXPIRE_MONITORS_EVERY
from gateway.monitors.pings import MonitorDeadlines
from gateway.monitors.pulse import OverdueSearch, PulseWriter
from gateway.operations.attach import AttachmentService
from gateway.operations.calendars.coverage_watch import EVERY as WATCH_EVERY
from gateway.operations.calendars.coverage_watch import CoverageWatch
from gateway.operations.calendars.imports import CHECK_EVERY as CHECK_CALENDARS_EVERY
from gateway.operations.calendars.imports import CalendarRefresh
from gateway.operations.rounds.deadline_recalculation import DeadlineRecalculation
from gateway.operations.rounds.service_recalculation import ServiceRecalculation
from gateway.operations.unit_of_work import UnitOfWork
from gateway.quarantine.mappings import EVERY as MAP_EVERY
from gateway.quarantine.mappings import Mappings
from gateway.settings import Settings
from gateway.timing.periodic import PeriodicJob, PeriodicRunner


@dataclass(frozen=True, slots=True)
class Background:
    """The work beside requests, which `start` begins."""

    core: Core
    supervisor: TaskSupervisor
    periodics: PeriodicRunner

    def health(self, pool: Pool) -> Health:
        """Return the health probes.

        Reported as failing are dead tasks, stuck jobs, and timers that fail by a defect of their
        own.
        """
        core = self.core
        return Health(
            pool,
            lambda: core.timers.healthy,
            lambda: core.intake.alive,
            lambda: core.notifier.alive,
            self._failing,
        )

    def _failing(self) -> tuple[str, ...]:
        broken = ("timers",) if self.core.timers.broken else ()
        return tuple(dict.fromkeys((*self.supervisor.dead, *self.periodics.stuck(), *broken)))

    async def start(self, stack: AsyncExitStack, receivers: Receivers) -> None:
        """Run the jobs that others wait for once, then all work until the stack ends."""
        core, uow = self.core, self.core.uow
        await self.periodics.run_first("housekeeping", "catalogue", "mappings")
        beside = {
            "telling": core.notifier.run,
            "periodic": self.periodics.run,
            **mailbox_readers(uow.pool, receivers.mail_intake),
        }
        tasks.start_tasks(stack, self.supervisor, beside, core.timers, core.intake)


def build_background(
    core: Core,
    settings: Settings,
    files: AttachmentService,
    receivers: Receivers,
    pulses: PulseWriter,
    mappings: Mappings,
    calendars: CalendarRefresh,
) -> Background:
    """Build the work beside requests; nothing of it runs yet."""
    uow = core.uow
    upkeep = DatabaseMaintenance(
        uow.pool, settings, uow.clock, core.metrics, lambda: uow.rules, uow.key
    )
    monitors = OverdueSearch("monitors", MonitorDeadlines(), pulses)
    heartbeats = OverdueSearch("heartbeats", HeartbeatDeadlines(), pulses)
    jobs = (
        *upkeep.jobs(),
        *tasks.build_jobs(uow, core.intake, files, set(core.notifier.channels) & set(CHATS)),
        PeriodicJob("catalogue", READ_EVERY, partial(_read_catalogue, uow, core.counting)),
        PeriodicJob("monitors", EXPIRE_MONITORS_EVERY, monitors.run_once),
        PeriodicJob("heartbeats", EXPIRE_HEARTBEATS_EVERY, heartbeats.run_once),
        PeriodicJob("mappings", MAP_EVERY, partial(mappings.refresh, uow.pool)),
        PeriodicJob("calendars", CHECK_CALENDARS_EVERY, calendars.run_once),
        PeriodicJob(
            "coverage", WATCH_EVERY, CoverageWatch(uow, core.metrics.on_call.found).run_once
        ),
        PeriodicJob("calls", SWEEP_CALLS_EVERY, receivers.calls.sweep),
        DeadlineRecalculation(uow).job(),
        ServiceRecalculation(uow).job(),
    )
    supervisor = TaskSupervisor(uow.clock, core.metrics)
    return Background(core, supervisor, PeriodicRunner(jobs, uow.clock, core.metrics))


async def _read_catalogue(uow: UnitOfWork, counting: ChangeObserver) -> None:
    await uow.catalogue.refresh(uow.pool, uow.clock.stamp())
    counting.create_group_series()
