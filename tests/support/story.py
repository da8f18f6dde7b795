"""The whole gateway on a clock that the test moves: HTTP in, SMTP out."""

import asyncio
import email
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiosmtpd.smtp import SMTP

from gateway.access import keys
from gateway.access.login import grantable_scopes
from gateway.app import Gateway, run_replica
from gateway.dedup.promotion import Promotion
from gateway.directory.roles import Role
from gateway.notify.outbox import VISIBILITY
from gateway.operations.rounds.orphans import detach_orphans
from gateway.operations.shifts.hand_over import make_lists
from gateway.settings import load
from gateway.sla.timers.timer_store import TimerId
from gateway.vocabulary import TimerKind
from tests.support.clock import NOON, FakeClock
from tests.support.forker import FORKER
from tests.support.served import make_keys
from tests.support.staff import hire

CONFIGURATION = """
[notify.recipients]
incident_manager = ["smtp:manager@example.com"]
leader = ["smtp:leader@example.com"]
operations_manager = ["smtp:operations@example.com"]
director = ["smtp:director@example.com"]
duty = ["person:dina"]
{recipients}
[notify.smtp]
host = "127.0.0.1"
port = {port}
starttls = false
sender = "gateway@example.com"
[notify]
locale = "{locale}"
"""

HANDLER = 'handler = ["smtp:handler@example.com"]'

DUE = (
    "SELECT incident_id, kind, due_at FROM timer WHERE armed AND due_at <= $1 "
    "ORDER BY due_at, incident_id LIMIT 100"
)

STORED = """
SELECT round(extract(epoch FROM t.at - $2) / 60, 2)::float8 AS minute, t.event, t.actor,
  t.facts::text AS facts
FROM timeline t JOIN incident i ON i.id = t.incident_id WHERE i.number = $1 ORDER BY t.seq
"""


WAITING = """
SELECT EXISTS (SELECT FROM outbox WHERE state = 'pending'
  AND (next_attempt_at <= $1 OR (attempts > 0 AND next_attempt_at = $1 + $2::interval)))
"""
"""The query that returns true while a message is due, or claimed and not settled."""

WAITS = 500
"""The times that a story looks whether a message that is due has been sent."""


@dataclass(frozen=True)
class ArrivedMail:
    """A received mail."""

    to: str
    subject: str
    text: str


class Mailbox:
    """A mail server that keeps arrived mails in order.

    While it is stopped, connections to its port are refused. What `before_taking` has for an
    address is called once, before the next mail to it is taken.
    """

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[EmailMessage] = asyncio.Queue()
        self.refusing: set[str] = set()
        self.before_taking: dict[str, Callable[[], Awaitable[object]]] = {}
        self.port = 0
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on the port of before, at first on a free one."""
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", self.port
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self,
        server: Any,  # noqa: ARG002
        session: Any,  # noqa: ARG002
        envelope: Any,
        address: str,
        options: Any,  # noqa: ARG002 - aiosmtpd's
    ) -> str:
        if address in self.refusing:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        if before := self.before_taking.pop(envelope.rcpt_tos[0], None):
            await before()
        message = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.arrived.put_nowait(message)
        return "250 OK"


@dataclass
class Story:
    """A running gateway; minutes count from a Monday noon."""

    gateway: Gateway
    client: TestClient[web.Request, web.Application]
    keys: dict[str, str]
    clock: FakeClock
    mailbox: Mailbox = field(default_factory=Mailbox)

    async def alert(
        self, title: str = "disk full", status: str = "firing", **more: Any
    ) -> dict[str, Any]:
        """Send one alert of this moment and return its result."""
        body = {
            "title": title,
            "status": status,
            "dedup_key": title,
            "severity": "critical",
            **more,
        }
        answer = await self.client.post(
            "/ingest/generic",
            json=body | {"occurred_at": self.clock.at.isoformat()},
            headers=self.as_key("ingest"),
        )
        assert answer.status == 202, await answer.text()
        return dict((await answer.json())["results"][0])

    async def call(self, method: str, path: str, body: Any = None, key: str = "admin") -> Any:
        """Call the API, require success, and return the answer."""
        answer = await self.client.request(
            method, f"/api/v1/{path}", json=body, headers=self.as_key(key)
        )
        assert answer.status < 300, await answer.text()
        return await answer.json()

    async def status(self, method: str, path: str, key: str, body: Any = None) -> int:
        """Return the status of one call."""
        return (
            await self.client.request(
                method, f"/api/v1/{path}", json=body, headers=self.as_key(key)
            )
        ).status

    async def again(self, path: str, body: Any, once: str) -> int:
        """Return the status of a change with this Idempotency-Key."""
        headers = self.as_key("admin") | {"Idempotency-Key": once}
        return (await self.client.post(f"/api/v1/{path}", json=body, headers=headers)).status

    async def report(self, title: str = "mail is slow", key: str = "admin", **more: Any) -> str:
        """Create a record by hand, of priority 3 by default, and return its number."""
        return str(
            (await self.call("POST", "incidents", {"title": title, "impact": "group"} | more, key))[
                "number"
            ]
        )

    async def put(self, path: str, body: Any) -> None:
        """Call PUT, and require 204."""
        answer = await self.client.put(f"/api/v1/{path}", json=body, headers=self.as_key("admin"))
        assert answer.status == 204, await answer.text()

    async def refused(self, method: str, path: str, body: Any) -> Any:
        """Return the problem of a refused call."""
        answer = await self.client.request(
            method, f"/api/v1/{path}", json=body, headers=self.as_key("admin")
        )
        assert answer.status >= 400
        return await answer.json(content_type=None)

    async def join(self, login: str, *roles: str, **more: Any) -> None:
        """Create a person, whose key is named by their login."""
        await self.call(
            "POST", "people", {"login": login, "name": login.title(), "roles": roles} | more
        )
        async with self.gateway.pool.acquire() as conn:
            person_id = await conn.fetchval("SELECT id FROM person WHERE login = $1", login)
            granted = grantable_scopes(frozenset(Role(role) for role in roles))
            self.keys[login] = (
                await keys.create(conn, login, granted, self.clock.stamp(), person_id=person_id)
            )[0]

    async def hire(self, group: str, *logins: str, tier: str = "tier2") -> None:
        """Create a group of a tier and the people in it, without keys."""
        await hire(self.gateway.pool, group, *logins, tier=tier)

    async def hand_over(self) -> Any:
        """Create the hand-over lists that are due and return those to be accepted."""
        await make_lists(self.gateway.uow)
        return (await self.call("GET", "handovers"))["handovers"]

    async def act(self, number: str, action: str, key: str = "admin", **body: Any) -> Any:
        """Perform an action on a record and return the record."""
        return (await self.call("POST", f"incidents/{number}/{action}", body, key))["incident"]

    async def record(self, number: str) -> Any:
        return await self.call("GET", f"incidents/{number}")

    async def until(self, minute: float) -> None:
        """Let time pass: every timer that falls due on the way fires at its moment."""
        goal = NOON + timedelta(minutes=minute)
        while due := await self.gateway.pool.fetch(DUE, goal):
            await self._sent()
            self.clock.at = max(self.clock.at, due[0]["due_at"])
            now = [
                TimerId(row["incident_id"], TimerKind(row["kind"]))
                for row in due
                if row["due_at"] <= self.clock.at
            ]
            await self.gateway.timers._firing.batch(now, {})
        await self._sent()
        self.clock.at = goal

    async def sends(self) -> bool:
        """Return whether a message is due or on its way; call the notifier where it waits."""
        gateway = self.gateway
        waiting = bool(await gateway.pool.fetchval(WAITING, self.clock.at, VISIBILITY))
        if waiting and not gateway.notifier._running:
            gateway.notifier.wake.set()
        return waiting or gateway.notifier._running > 0

    async def _sent(self) -> None:
        """Wait until what is due is sent, so that no claim expires as the clock jumps."""
        for _ in range(WAITS):
            if not await self.sends():
                return

    async def promote(self) -> None:
        """Run the promotion of ended maintenance windows and silences, a periodic job."""
        await Promotion(self.gateway.pool, self.clock, self.gateway.intake.submit).run_once()

    async def release(self) -> int:
        """Run the periodic job that releases orphaned related records."""
        return await detach_orphans(self.gateway.uow)

    async def told(self, number: str) -> list[tuple[float, str]]:
        """Return the timeline as (minute, event)."""
        return [
            (row["minute"], row["event"])
            for row in await self.gateway.pool.fetch(STORED, number, NOON)
        ]

    async def mails(self, count: int) -> list[tuple[str, str]]:
        """Return the next mails, sorted, as (recipient, subject)."""
        found = [await asyncio.wait_for(self.mailbox.arrived.get(), 10) for _ in range(count)]
        return sorted((mail["to"], mail["subject"]) for mail in found)

    async def letters(self, count: int) -> list["ArrivedMail"]:
        """Return the next mails in full, sorted by recipient."""
        found = [await asyncio.wait_for(self.mailbox.arrived.get(), 10) for _ in range(count)]
        return sorted(
            (
                ArrivedMail(mail["to"], mail["subject"], mail.get_content().replace("\r\n", "\n"))
                for mail in found
            ),
            key=lambda one: one.to,
        )

    async def notifications(self, number: str) -> list[dict[str, Any]]:
        """Return every notification about a record with its state."""
        return list((await self.call("GET", f"incidents/{number}/notifications"))["notifications"])

    async def settled(self, number: str, count: int) -> None:
        """Wait until `count` notifications about a record are settled."""
        async with asyncio.timeout(10):
            while (
                len([one for one in await self.notifications(number) if one["state"] != "pending"])
                < count
            ):
                continue

    async def facts(self, number: str, event: str) -> list[dict[str, Any]]:
        """Return the facts of every such event in the timeline."""
        rows = await self.gateway.pool.fetch(STORED, number, NOON)
        return [json.loads(row["facts"]) for row in rows if row["event"] == event]

    def as_key(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[key]}"}


@asynccontextmanager
async def run_story(
    database_url: str,
    redis_url: str,
    folder: Path,
    clock: FakeClock,
    configuration: str = "",
    locale: str = "en",
    recipients: str = "",
) -> AsyncIterator[Story]:
    """Run a gateway whose story begins at noon, with mail addresses for every role.

    `configuration` is laid over them, `recipients` adds to them. Handlers who are not in the
    directory have an address too, unless `recipients` sets one.
    """
    recipients = recipients if "handler =" in recipients else f"{HANDLER}\n{recipients}"
    mailbox = Mailbox()
    await mailbox.start()
    file = folder / "gateway.toml"
    file.write_text(
        CONFIGURATION.format(port=mailbox.port, locale=locale, recipients=recipients)
        + configuration
    )
    environ = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "GATEWAY_METRICS__OPEN": "true",
    }
    environ["GATEWAY_SERVER__DEADLINE"] = "30s"  # no slow machine makes a request late
    if "[notify.pacing]" not in configuration:  # stories look at each message by itself
        environ["GATEWAY_NOTIFY__PACING__BUNDLE_WITHIN"] = "0s"
    settings = load(file, environ)
    try:
        async with run_replica(settings, clock, allow_unsafe=True, forker=FORKER) as gateway:
            server = TestServer(gateway.app)
            await server.start_server(auto_decompress=False)
            async with TestClient(server) as client:
                yield Story(gateway, client, await make_keys(database_url), clock, mailbox)
    finally:
        mailbox.stop()
