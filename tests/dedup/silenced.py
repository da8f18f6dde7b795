"""An intake whose alerts are silenced."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.db.pool import Pool
from gateway.dedup.promotion import Promotion
from gateway.incidents.label_matchers import Matcher
from gateway.operations import silences
from gateway.operations.silences import SilenceRequest
from gateway.receipts.submission import Receipt, Submission
from gateway.settings import load
from gateway.vocabulary import Outcome
from tests.support.clock import FakeClock
from tests.support.intake import RESOLVED, IntakeHarness, make_alert

HOUR = timedelta(hours=1)

SHOP = Matcher("service", "=", "shop", "shop")


class Site:
    """An intake that the test commits by itself, and silences in the same database."""

    def __init__(self, pool: Pool, clock: FakeClock, intake: IntakeHarness) -> None:
        self.pool, self.clock, self.intake = pool, clock, intake
        self.limits = load(None, {}).limits

    async def silence(
        self,
        *matchers: Matcher,
        starts: timedelta = timedelta(),
        ends: timedelta = HOUR,
        integration: int | None = 1,
        **more: Any,
    ) -> UUID:
        wanted = SilenceRequest(
            matchers or (SHOP,),
            self.clock.at + starts,
            self.clock.at + ends,
            "ann",
            "deploy",
            **more,
        )
        async with self.pool.acquire() as conn:
            await silences.examine_silence(conn, self.clock.at, wanted, integration)
        return await silences.store_silence(
            self.pool, self.clock.at, wanted, integration, self.limits
        )

    async def expire(self, silence: UUID, integration: int | None = 1) -> None:
        await silences.expire_silence(self.pool, self.clock.at, silence, integration)

    async def fire(
        self, key: str = "web", integration: int = 1, **labels: str
    ) -> tuple[Outcome, str]:
        [result] = await self.intake.tell(
            make_alert(key, labels=labels or {"service": "shop"}), integration=integration
        )
        return result.outcome, result.reason

    async def clear(self, key: str = "web") -> Outcome:
        return (await self.intake.one(key, RESOLVED, labels={"service": "shop"})).outcome

    async def promoted(self) -> list[Outcome]:
        """Return the outcomes of the alerts after one search for ended windows and silences."""
        outcomes: list[Outcome] = []

        async def submit(submission: Submission) -> Receipt:
            [receipt] = await self.intake.take(submission)
            outcomes.extend(result.outcome for result in receipt.results)
            return receipt

        await Promotion(self.pool, self.clock, submit).run_once()
        return outcomes

    async def rows(self, statement: str) -> list[Record]:
        return await self.intake.conn.fetch(statement)
