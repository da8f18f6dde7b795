"""Background traffic of the demo: small alerts that open, repeat and clear, and their handling."""

import random
from dataclasses import dataclass, field

from gateway.demo.senders import FIRING, MONITORS, RESOLVED, SenderRequest, SimulatedFault
from gateway.demo.stage import DemoClient
from gateway.vocabulary import AlertStatus

SERVICES = ("checkout", "search", "payments", "identity")

FAULTS = (
    ("Latency", "p99 latency is over 2 s", "warning"),
    ("ErrorRate", "error rate is over 5 %", "error"),
    ("DiskFilling", "disk is 91 % full", "warning"),
    ("CertificateExpires", "certificate expires in 6 days", "info"),
    ("ReplicationLag", "replication lag is over 60 s", "warning"),
)

HOSTS = 12
ROUNDS = 160


@dataclass(slots=True)
class BackgroundTraffic:
    """The background traffic of the demo.

    `firing` maps a monitor and a trouble to the number of its record, if there is one.
    """

    stage: DemoClient
    firing: dict[tuple[int, SimulatedFault], str | None] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - the same each time

    async def play(self) -> None:
        """Play all rounds."""
        for _ in range(ROUNDS):
            if self.firing and self.chance.random() < 0.4:
                await self._go_on(*self.chance.choice(list(self.firing)))
            else:
                monitor, trouble = self._another()
                self.firing[monitor, trouble] = await self.stage.send(
                    *self._said(monitor, trouble, FIRING)
                )
            await self.stage.pause()

    def _another(self) -> tuple[int, SimulatedFault]:
        chance = self.chance
        service, host = chance.choice(SERVICES), f"node-{chance.randrange(HOSTS)}"
        name, title, severity = chance.choice(FAULTS)
        trouble = SimulatedFault(
            name, f"{service}: {title} on {host}", severity, service, host, self.stage.clock.now()
        )
        return chance.randrange(len(MONITORS)), trouble

    def _said(self, monitor: int, trouble: SimulatedFault, status: AlertStatus) -> SenderRequest:
        return MONITORS[monitor](trouble, status, self.stage.clock.now())

    async def _go_on(self, monitor: int, trouble: SimulatedFault) -> None:
        number, what = self.firing[monitor, trouble], self.chance.random()
        if what < 0.3:
            await self.stage.send(*self._said(monitor, trouble, FIRING))
        elif what < 0.7 or number is None:
            await self.stage.send(*self._said(monitor, trouble, RESOLVED))
            del self.firing[monitor, trouble]
        elif what < 0.8:
            await self.stage.act(number, "note", note="looking into it")
        elif what < 0.9:
            await self.stage.act(number, "acknowledge")
        else:
            await self.stage.act(number, "assign", group="platform", person="li.wei", tier=2)
