"""A sender that records the answer of each request, and the judgement of what it recorded."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

import aiohttp
import asyncpg

from tests.support.process import CLOCK, CUT, GIVE_UP, NOBODY


@dataclass
class Sent:
    """An event with the result of each attempt to send it: a status, NOBODY or CUT."""

    id: str
    key: str
    status: str
    answers: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return any(200 <= answer < 300 for answer in self.answers)


class Sender:
    """A sender that records each event; it repeats those unanswered or refused with 503.

    All attempts have the same delivery ID. Pauses between them grow from a tenth of a second to
    `patience`, as those of real senders.
    """

    def __init__(
        self, urls: Sequence[str], key: str, name: str = "evt", patience: float = 1.0
    ) -> None:
        self.ledger: list[Sent] = []
        self._name, self._patience = name, patience
        self._urls, self._head = urls, {"Authorization": f"Bearer {key}"}
        connector = aiohttp.TCPConnector(limit=800)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=8)
        )
        self._blow: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def event(
        self, dedup_key: str, status: str = "firing", *, tries: int = 10_000, deaf: bool = False
    ) -> Sent:
        """Send an event until it is acknowledged.

        It gives up after `tries` attempts or GIVE_UP seconds. If `deaf`, it is sent once more
        after the acknowledgement, as if that was lost.
        """
        sent = Sent(f"{self._name}-{len(self.ledger)}", dedup_key, status)
        self.ledger.append(sent)
        began = CLOCK.monotonic()
        while (
            not sent.acknowledged
            and len(sent.answers) < tries
            and CLOCK.monotonic() - began < GIVE_UP
        ):
            if sent.answers:
                await CLOCK.sleep(min(0.1 * 2 ** min(len(sent.answers) - 1, 10), self._patience))
            await self._attempt(
                sent, self._urls[(len(self.ledger) + len(sent.answers)) % len(self._urls)]
            )
        if deaf and sent.acknowledged:
            await self._attempt(sent, self._urls[len(self.ledger) % len(self._urls)])
        return sent

    async def _attempt(self, sent: Sent, url: str) -> None:
        began = CLOCK.monotonic()
        body = {
            "title": sent.key,
            "dedup_key": sent.key,
            "status": sent.status,
            "severity": "warning",
        }
        try:
            head = self._head | {"Idempotency-Key": sent.id}
            async with self._session.post(
                f"{url}/ingest/generic", json=body, headers=head
            ) as answer:
                await answer.read()
                sent.answers.append(answer.status)
            if sent.acknowledged and self._blow is not None:
                self._blow()
                self._blow = None
        except aiohttp.ClientConnectorError:
            sent.answers.append(NOBODY)
        except (OSError, aiohttp.ClientError, TimeoutError):
            sent.answers.append(CUT)
        sent.seconds.append(CLOCK.monotonic() - began)

    async def send_at_rate(
        self,
        rate: float,
        stop: asyncio.Event,
        keys: int = 200,
        *,
        patient: bool = True,
        at_once: int = 10_000,
    ) -> None:
        """Send events at a fixed rate until `stop`.

        One in twenty is deaf; unless `patient`, one in ten gives up after one try. While
        `at_once` wait for an acknowledgement no further ones are sent.
        """
        began, number, places = CLOCK.monotonic(), 0, asyncio.Semaphore(at_once)
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                await places.acquire()
                tries = 10_000 if patient or number % 10 else 1
                sending = group.create_task(
                    self.event(f"key-{number % keys}", tries=tries, deaf=number % 20 == 0)
                )
                sending.add_done_callback(lambda _: places.release())
                number += 1
                if (wait := began + number / rate - CLOCK.monotonic()) > 0:
                    await CLOCK.sleep(wait)

    async def call_at_acknowledgement(self, blow: Callable[[], None]) -> None:
        """Call `blow` at the moment of an acknowledgement, to find data acknowledged too early."""
        self._blow = blow
        while self._blow is not None:
            await CLOCK.sleep(0.01)

    def answers(self) -> dict[int, int]:
        """Return the number of attempts by answer."""
        found = [answer for sent in self.ledger for answer in sent.answers]
        return {status: found.count(status) for status in sorted(set(found))}


COUNTED = """
SELECT r.delivery_id, count(*) FILTER (WHERE e.outcome <> 'duplicate') AS counted,
  count(*) AS received
FROM receipt r JOIN alert_event e ON e.receipt_id = r.id GROUP BY r.delivery_id
"""

TOTALS = """
SELECT a.dedup_key, a.occurrences + coalesce((SELECT sum(i.occurrences) FROM incident i
    WHERE i.key_hash = a.key_hash), 0) AS n
FROM alert a
"""


@dataclass
class Verdict:
    """The comparison of sent events with the database.

    The lists hold IDs of events, and keys with a wrong count as (key, counted, true).
    """

    lost: list[str]
    doubled: list[str]
    phantom: list[str]
    miscounted: list[tuple[str, int, int]]
    repeats: int

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.phantom or self.miscounted)


async def judge(database_url: str, ledger: Sequence[Sent]) -> Verdict:
    """Compare: every acknowledged event is stored once, no event unsent, every count exact."""
    conn = await asyncpg.connect(database_url)
    try:
        counted = {row["delivery_id"]: row for row in await conn.fetch(COUNTED)}
        totals: dict[str, int] = {
            row["dedup_key"]: int(row["n"]) for row in await conn.fetch(TOTALS)
        }
    finally:
        await conn.close()
    true: dict[str, int] = {}
    for sent in ledger:
        there = sent.id in counted and sent.status == "firing"
        true[sent.key] = true.get(sent.key, 0) + there
    known = {sent.id for sent in ledger}
    return Verdict(
        lost=[
            s.id
            for s in ledger
            if s.acknowledged and (s.id not in counted or counted[s.id]["counted"] < 1)
        ],
        doubled=[name for name, row in counted.items() if row["counted"] > 1],
        phantom=[name for name in counted if name not in known],
        miscounted=[
            (key, totals.get(key, 0), n) for key, n in true.items() if totals.get(key, 0) != n
        ],
        repeats=sum(row["received"] - row["counted"] for row in counted.values()),
    )
