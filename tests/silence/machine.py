"""A state machine that requires that no open incident is silent without a reason.

The machine applies actions of senders, people, time and failures to a `World`. After each step the
notifier delivers the pending messages. Then the view `silent_incident` must hold no `untold`
incident, and as `unreachable` exactly those of which every message was refused and that nobody
acknowledged.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from gateway.incidents import commands
from gateway.operations.actions.act import act
from gateway.operations.convert import convert
from gateway.operations.create import NewReport, create
from gateway.operations.edit import edit
from gateway.operations.link import link, unlink
from gateway.vocabulary import (
    AlertStatus,
    HoldReason,
    Impact,
    Kind,
    RequestCategory,
    ShelvingEvent,
    Urgency,
)
from tests.silence.world import CHANNELS, HAND, SHIPPED, STRICTER, Connections, World, a_world

KEYS = st.sampled_from(["disk", "load", "ping", "queue", "certificate"])
SEVERITIES = st.sampled_from(["critical", "error", "warning", "info"])
SERVICES = st.sampled_from(["shop", "billing"])
PLACES = st.integers(0, 11)
TOLD_EVERY = 1000
"""Steps between two lines of progress."""

ACTIONS: dict[str, commands.Command] = {
    "acknowledge": commands.Acknowledge(person="anna"),
    "assign person": commands.Assign(group="net", person="ben"),
    "assign group": commands.Assign(group="net"),
    "return": commands.Return(note="not ours"),
    "hold": commands.Hold(reason=HoldReason.AWAITING_USER),
    "resume": commands.Resume(),
    "escalate": commands.Escalate(to="vendor", vendor="HP", note="needs parts"),
    "escalate to tier 3": commands.Escalate(to="tier3", note="a fault in the program"),
    "resolve": commands.Resolve(solution="replaced"),
    "refuse": commands.Refuse(note="still broken"),
    "close": commands.Close(),
    "confirm": commands.Confirm(),
    "reject": commands.Reject(note="not ours"),
    "shelve": commands.Shelve(reason="waits for parts", until_event=ShelvingEvent.REPLY),
    "unshelve": commands.Unshelve(),
    "declare": commands.DeclareMajor(reason="many are hit"),
}

OPEN = """
SELECT i.id, i.number, i.priority, i.kind, i.security,
  i.handler || i.assignee || i.assignee_group AS given, i.state = 'on_hold' AS held,
  b.at AS begun_at, EXISTS (SELECT FROM timeline t WHERE t.incident_id = i.id AND t.seq >= b.seq
          AND t.event IN ('accepted', 'escalation_acknowledged')
          AND (t.seq >= coalesce(w.seq, 0) OR w.actor IN (i.handler, i.assignee))) AS accepted,
  i.suppressed OR i.shelved_until IS NOT NULL OR EXISTS (
    SELECT FROM incident m WHERE m.id = i.master_id AND m.priority <= i.priority AND m.state IN
      ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')) AS excused
FROM incident i CROSS JOIN LATERAL (
  SELECT max(t.seq) AS seq, max(t.at) AS at FROM timeline t
  WHERE t.incident_id = i.id AND t.event IN ('opened', 'reopened', 'unlinked')) b
LEFT JOIN LATERAL (
  SELECT r.seq, r.actor FROM timeline r
  WHERE r.incident_id = i.id AND (r.event = 'raised' AND (r.facts->>'old')::int > i.priority
    OR r.event = 'changed' AND EXISTS (SELECT FROM json_array_elements(r.facts->'changes') c
      WHERE c->>'field' = 'priority' AND (c->>'old')::int > i.priority))
  ORDER BY r.seq DESC LIMIT 1) w ON true
WHERE i.state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
"""
FIRING = """
SELECT i.number, i.priority, a.severity FROM alert a JOIN incident i ON i.id = a.incident_id
WHERE a.status = 'firing'
  AND i.state IN ('logged', 'assigned', 'in_progress', 'on_hold', 'escalated')
"""
GRADES = {"critical": 1, "error": 2, "warning": 3, "info": 4}
"""The priorities of the severities in the shipped settings."""

MESSAGES = "SELECT id, incident_id FROM outbox"
SILENT = "SELECT number, cause FROM silent_incident"
LATEST = "SELECT number FROM incident ORDER BY id DESC LIMIT 12"
SUBSCRIBERS = frozenset({"reporter", "subscriber"})


class Silence(RuleBasedStateMachine):
    """A state machine of one gateway, some senders, a few people, and failing channels."""

    loop: asyncio.Runner
    connections: Connections
    empty = ""
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.managed = 2
        self.graded: set[str] = set()
        self.world: World = self.loop.run(a_world(self.connections, self.empty))

    def do(self, work: Any) -> None:
        """Do one step and require that no incident is silent."""
        Silence.steps += 1
        if Silence.steps % TOLD_EVERY == 0:
            print(f"{Silence.steps} steps", flush=True)  # noqa: T201 - a long run shows its progress
        self.loop.run(self._step(work))

    async def _step(self, work: Any) -> None:
        await self.world.pass_time(1)
        await self.world.tried(work)
        await self.world.tell()
        silent = {row["number"]: row["cause"] for row in await self.world.pool.fetch(SILENT)}
        untold = sorted(number for number, cause in silent.items() if cause == "untold")
        assert not untold, f"nobody was told of {untold}"
        refused = await self._unreachable()
        missed, invented = sorted(refused - set(silent)), sorted(set(silent) - refused)
        assert not missed, f"every message of {missed} was refused, and the view does not say so"
        assert not invented, f"the view holds {invented} as unreachable, and the machine does not"
        mild = await self._milder_than_what_fires()
        assert not mild, f"what fires is more urgent than {mild}"

    async def _unreachable(self) -> set[str]:
        """Return the incidents of which every message was refused, according to the model."""
        about = {row["id"]: row["incident_id"] for row in await self.world.pool.fetch(MESSAGES)}
        return {
            row["number"]
            for row in await self.world.pool.fetch(OPEN)
            if not row["excused"] and not row["accepted"] and self._all_refused(row, about)
        }

    async def _milder_than_what_fires(self) -> list[str]:
        """Return the incidents milder than their firing alerts, unless people set the priority."""
        return [
            row["number"]
            for row in await self.world.pool.fetch(FIRING)
            if row["priority"] > GRADES[row["severity"]] and row["number"] not in self.graded
        ]

    def _all_refused(self, row: Any, about: dict[UUID, int]) -> bool:
        ruled = row["kind"] == Kind.INCIDENT and row["priority"] <= self.managed
        if not (ruled or row["security"] or (row["given"] and not row["held"])):
            return False
        tried = [
            one.delivered
            for one in self.world.attempts
            if about.get(one.message) == row["id"]
            and one.written >= row["begun_at"]
            and one.priority <= row["priority"]
            and one.role not in SUBSCRIBERS
        ]
        return bool(tried) and not any(tried)

    async def _number(self, place: int) -> str:
        rows = await self.world.pool.fetch(LATEST)
        return str(rows[place % len(rows)]["number"]) if rows else "INC-20260302-000000"

    @rule(key=KEYS, severity=SEVERITIES, service=SERVICES)
    def an_alert_fires(self, key: str, severity: str, service: str) -> None:
        self.do(self.world.alert(key, severity, service, AlertStatus.FIRING))

    @rule(key=KEYS, severity=SEVERITIES, service=SERVICES)
    def an_alert_clears(self, key: str, severity: str, service: str) -> None:
        self.do(self.world.alert(key, severity, service, AlertStatus.RESOLVED))

    @rule(key=KEYS, service=SERVICES, taken=st.booleans())
    def somebody_acknowledges_at_the_source(self, key: str, service: str, *, taken: bool) -> None:
        status = AlertStatus.ACKNOWLEDGED if taken else AlertStatus.UNACKNOWLEDGED
        self.do(self.world.alert(key, "", service, status))

    @rule(severities=st.lists(SEVERITIES, min_size=8, max_size=10), first=st.integers(0, 10**6))
    def a_storm_breaks_out(self, severities: list[str], first: int) -> None:
        async def burst() -> None:
            for n, severity in enumerate(severities):
                key = f"storm {first + n}"
                await self.world.alert(key, severity, "shop", AlertStatus.FIRING)

        self.do(burst())

    @rule(
        title=st.sampled_from(["invoice INV-4711 cannot be printed", "vpn gateway vpn7 drops"]),
        impact=st.sampled_from(Impact),
        urgency=st.sampled_from(Urgency),
        request=st.booleans(),
        service=SERVICES,
    )
    def somebody_reports(
        self, title: str, impact: Impact, urgency: Urgency, *, request: bool, service: str
    ) -> None:
        kind = Kind.SERVICE_REQUEST if request else Kind.INCIDENT
        category = RequestCategory.ACCESS if request else None
        report = NewReport(
            title=title,
            kind=kind,
            request_category=category,
            impact=impact,
            urgency=urgency,
            service=service,
            source="phone",
        )
        self.do(create(self.world.uow, report, HAND))

    @rule(place=PLACES, action=st.sampled_from(sorted(ACTIONS)))
    def somebody_acts(self, place: int, action: str) -> None:
        async def acts() -> None:
            number = await self._number(place)
            await act(self.world.uow, number, ACTIONS[action], HAND)

        self.do(acts())

    @rule(place=PLACES, priority=st.integers(1, 4))
    def somebody_sets_the_priority(self, place: int, priority: int) -> None:
        self._edit(place, {"priority": priority})

    @rule(place=PLACES, security=st.booleans())
    def somebody_flags(self, place: int, *, security: bool) -> None:
        self._edit(place, {"security": security})

    @rule(place=PLACES, service=SERVICES)
    def somebody_sets_the_service(self, place: int, service: str) -> None:
        self._edit(place, {"service": service})

    def _edit(self, place: int, changes: dict[str, Any]) -> None:
        async def edits() -> None:
            number = await self._number(place)
            if "priority" in changes:
                self.graded.add(number)
            await edit(self.world.uow, number, changes, HAND, note="seen")

        self.do(edits())

    @rule(place=PLACES, master=PLACES)
    def somebody_links(self, place: int, master: int) -> None:
        async def links() -> None:
            below, above = await self._number(place), await self._number(master)
            await link(self.world.uow, below, above, HAND)

        self.do(links())

    @rule(place=PLACES)
    def somebody_unlinks(self, place: int) -> None:
        async def unlinks() -> None:
            await unlink(self.world.uow, await self._number(place), HAND)

        self.do(unlinks())

    @rule(place=PLACES)
    def somebody_converts(self, place: int) -> None:
        async def converts() -> None:
            number = await self._number(place)
            await convert(self.world.uow, number, HAND, change=None, note="it is broken")

        self.do(converts())

    @rule(failing=st.sets(st.sampled_from(CHANNELS)))
    def channels_fail_or_recover(self, failing: set[str]) -> None:
        async def fail() -> None:
            self.world.failing.clear()
            self.world.failing.update(failing)

        self.do(fail())

    @rule(stricter=st.booleans())
    def the_rules_change(self, *, stricter: bool) -> None:
        async def restart() -> None:
            await self.world.configure(STRICTER if stricter else SHIPPED)
            self.managed = 3 if stricter else 2

        self.do(restart())

    @rule()
    def the_notifier_starts_anew(self) -> None:
        async def restart() -> None:
            self.world.restart_notifier()

        self.do(restart())

    @rule(minutes=st.sampled_from([0.5, 2.0, 6.0, 30.0]))
    def time_passes(self, minutes: float) -> None:
        self.do(self.world.pass_time(minutes * 60))


def run(database_url: str, empty: str, chosen: int, given: settings) -> int:
    """Run the machine with a seed and return the number of steps.

    Raises AssertionError for a silent incident.
    """
    with asyncio.Runner() as loop, tempfile.TemporaryDirectory() as folder:
        connections = loop.run(Connections.open(database_url, Path(folder)))
        Silence.loop, Silence.connections, Silence.empty = loop, connections, empty
        Silence.steps = 0
        try:
            machine = seed(chosen)(type("Seeded", (Silence,), {}))
            run_state_machine_as_test(machine, settings=given)
        finally:
            loop.run(connections.close())
        return Silence.steps


def short(examples: int, steps: int) -> settings:
    """Return Hypothesis settings of this size; failing runs are not shrunk."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
