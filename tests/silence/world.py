"""A gateway without a network, for the state machine.

The gateway has intake, people's actions, timers and the notifier, on a clock the test moves.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from prometheus_client import CollectorRegistry

from gateway.access.principal import MachineRole, Principal
from gateway.catalogue.live import Catalogue
from gateway.db.pool import SERVER_SETTINGS, Pool
from gateway.dedup.records import RecordChanged
from gateway.directory.roles import Role
from gateway.errors import GatewayError
from gateway.incidents import store
from gateway.notify.message import Delivered, Message, Result, Undeliverable
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from gateway.operations.firing import TimerEffects
from gateway.operations.rounds.deadline_recalculation import DeadlineRecalculation
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import Settings, load
from gateway.sla.timers.clock_guard import ClockGuard
from gateway.sla.timers.firing import TimerFiring
from gateway.sla.timers.timer_store import TimerId
from gateway.vocabulary import AlertStatus, TimerKind
from tests.support.clock import FakeClock
from tests.support.database import VACUUM_TABLES
from tests.support.intake import IntakeHarness as IntakeDesk
from tests.support.intake import committer, make_alert, make_submission
from tests.support.messages import ScriptedChannel
from tests.support.staff import hire
from tests.support.timers import NullObserver

HAND = Principal(name="hand", parts=frozenset({MachineRole.WRITER, Role.SECURITY}))
CHANNELS = ("webhook", "smtp")

SHIPPED = """
[dedup]
reopen_within = "2m"
[dedup.storm]
new_per_minute = 6
quiet_after = "1m"
[[dedup.relate]]
name = "same service"
by = ["service"]
within = "5m"
[notify.recipients]
incident_manager = ["webhook:https://manager.example/hook"]
leader = ["smtp:leader@example.com"]
director = ["smtp:director@example.com"]
"""

STRICTER = (
    SHIPPED
    + """
[sla.policies.itil-minutes.targets.3]
desk = "4m"
overall = "50m"
[[escalation.management]]
kinds = ["incident"]
priorities = [1, 2, 3]
on = ["opened"]
notify = ["incident_manager", "director"]
[[escalation.management]]
priorities = [1, 2, 3, 4]
on = ["breach"]
notify = ["incident_manager"]
"""
)
"""Settings that notify more people, and the manager of more priorities, than the shipped ones."""

DUE = """
SELECT incident_id, kind, due_at FROM timer WHERE armed AND due_at <= $1
ORDER BY due_at, incident_id LIMIT 100
"""
PENDING = "SELECT count(*) FROM outbox WHERE state = 'pending' AND next_attempt_at <= $1"


@dataclass(frozen=True)
class Attempt:
    """A message that was given to a channel, and whether the channel accepted it.

    The incident is known from the outbox only: messages that withhold a security incident do not
    name it.
    """

    message: UUID
    written: datetime
    priority: int
    role: str
    delivered: bool


class Untouched(asyncpg.Connection):
    """A connection whose session state never changes.

    A pool takes such a connection back without a request to the server.
    """

    def get_reset_query(self) -> str:
        """Return an empty reset query."""
        return ""


@dataclass(frozen=True)
class Connections:
    """The database and the shared objects of all worlds of a run.

    They are created once, as connections cache statements, and settings and metrics take longer
    than a step.
    """

    pool: Pool
    writer: "asyncpg.Connection[asyncpg.Record]"
    numbers: "asyncpg.Connection[asyncpg.Record]"
    folder: Path
    metrics: Metrics
    read: dict[str, Settings] = field(default_factory=dict)

    @classmethod
    async def open(cls, database_url: str, folder: Path) -> "Connections":
        """Open the connections of intake, of the reservation of numbers, and of everything else."""
        pool = await asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=4,
            connection_class=Untouched,
            server_settings=SERVER_SETTINGS,
        )
        writer, numbers = [await asyncpg.connect(database_url) for _ in range(2)]
        return cls(pool, writer, numbers, folder, Metrics(CollectorRegistry()))

    def settings(self, text: str) -> Settings:
        """Return the settings of a configuration file with this text."""
        if text not in self.read:
            (file := self.folder / "gateway.toml").write_text(text)
            self.read[text] = load(file, {})
        return self.read[text]

    async def close(self) -> None:
        """Close all connections."""
        await self.writer.close()
        await self.numbers.close()
        self.pool.terminate()


@dataclass
class World:
    """One gateway; `failing` holds the channels that refuse every message."""

    connections: Connections
    clock: FakeClock
    failing: set[str] = field(default_factory=set)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def pool(self) -> Pool:
        return self.connections.pool

    async def configure(self, text: str) -> None:
        """Start a replica with this configuration."""
        settings = self.connections.settings(text)
        catalogue = Catalogue(settings)
        await catalogue.refresh(self.pool, self.clock.stamp())
        numbers = self.connections.numbers

        async def reserve(count: int, stamp: datetime | None) -> store.Reserved:
            return await store.reserve(numbers, count, stamp)

        taken = committer(numbers, self.clock, settings, catalogue)
        self.intake = IntakeDesk(self.connections.writer, taken, self.clock)
        self.uow = UnitOfWork(self.pool, self.clock, b"key", reserve, lambda _: None, catalogue)
        effects = TimerEffects(lambda: catalogue.rules, b"key")
        self.firing = TimerFiring(self.pool, effects.fire, self.clock, ClockGuard(), NullObserver())
        self.restart_notifier()
        await DeadlineRecalculation(self.uow).run_once()

    def restart_notifier(self) -> None:
        """Replace the notifier by a new one without any state in memory."""
        channels = {name: ScriptedChannel(self._answer(name)) for name in CHANNELS}
        self.notifier = NotificationRunner(
            pool=self.pool, channels=channels, metrics=self.connections.metrics, clock=self.clock
        )

    def _answer(self, channel: str) -> Any:
        def answer(message: Message) -> Result:
            delivered = channel not in self.failing
            priority = int(message.facts.get("priority", 0))
            self.attempts.append(
                Attempt(message.id, message.created_at, priority, message.role, delivered)
            )
            return Delivered() if delivered else Undeliverable("refused")

        return answer

    async def alert(self, key: str, severity: str, service: str, status: AlertStatus) -> None:
        """Take one alert, retrying after concurrent changes of the record as intake does."""
        told = make_alert(key, status, self.clock.at, severity=severity, service=service)
        while True:
            try:
                await self.intake.take(make_submission(told))
            except RecordChanged:
                continue
            return

    async def tried(self, work: Awaitable[object]) -> None:
        """Await an action; ignore a refusal."""
        try:
            await work
        except GatewayError:
            return

    async def pass_time(self, seconds: float) -> None:
        """Advance the clock, firing timers at their due time."""
        goal = self.clock.at + timedelta(seconds=seconds)
        while due := await self.pool.fetch(DUE, goal):
            self.clock.at = max(self.clock.at, due[0]["due_at"])
            ids = [
                TimerId(row["incident_id"], TimerKind(row["kind"]))
                for row in due
                if row["due_at"] <= self.clock.at
            ]
            await self.firing.batch(ids, {})
        self.clock.at = goal

    async def tell(self) -> None:
        """Let the notifier deliver all messages that are due."""
        while await self.pool.fetchval(PENDING, self.clock.at):
            await self.notifier.run_once(self.clock.stamp())


async def a_world(connections: Connections, empty: str) -> World:
    """Return a world with four people in three groups, under the shipped rules.

    The database is emptied first.
    """
    pool = connections.pool
    await pool.execute(empty)
    await pool.execute(VACUUM_TABLES)
    await hire(pool, "net", "anna", "ben")
    await hire(pool, "desk", "dora", tier="desk")
    await hire(pool, "core", "theo", tier="tier3")
    await pool.execute("UPDATE person SET email = login || '@example.com'")
    world = World(connections, FakeClock())
    await world.configure(SHIPPED)
    return world
