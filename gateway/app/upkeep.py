"""Slow periodic jobs of a replica: partitions, retention, gauges from the database, seals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from gateway.app import gauges
from gateway.db import partitions
from gateway.db.pool import Connection, Pool, acquire
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents import audit
from gateway.incidents.ledger import Ledger
from gateway.observe.metrics import Metrics
from gateway.quarantine.old_keys import mask_old_keys
from gateway.settings import Settings
from gateway.sla import clocks
from gateway.sla.clocks import ClockState
from gateway.timing.clock import Clock
from gateway.timing.periodic import PeriodicJob

HOUSEKEEPING_EVERY = 600.0
SEAL_EVERY = 60.0
OLD_KEYS_EVERY = 60.0

log = structlog.get_logger()

PURGE_DELIVERIES = """
DELETE FROM delivery WHERE key_hash IN (
  SELECT key_hash FROM delivery WHERE received_at < moment($1) - $2::interval LIMIT 5000)
"""

PURGE_IDEMPOTENCY = """
DELETE FROM idempotency WHERE key_hash IN (
  SELECT key_hash FROM idempotency WHERE created_at < moment($1) - $2::interval LIMIT 5000)
"""

PURGE_QUARANTINE = """
DELETE FROM quarantine WHERE id IN (
  SELECT id FROM quarantine WHERE received_at < moment($1) - $2::interval LIMIT 5000)
"""

PURGE_SET_ASIDE = """
DELETE FROM set_aside WHERE id IN (
  SELECT id FROM set_aside WHERE received_at < moment($1) - $2::interval LIMIT 5000)
"""

PURGE_MAIL = """
DELETE FROM mail WHERE (id_hash, integration_id, content_hash) IN (
  SELECT id_hash, integration_id, content_hash FROM mail
  WHERE received_at < moment($1) - $2::interval LIMIT 5000)
"""

PURGE_CALLS = """
DELETE FROM call WHERE id IN (
  SELECT id FROM call WHERE heard_at < moment($1) - $2::interval LIMIT 5000)
"""

PURGE_CHAT = """
DELETE FROM chat_message WHERE (provider, conversation, message) IN (
  SELECT provider, conversation, message FROM chat_message
  WHERE posted_at < moment($1) - $2::interval LIMIT 5000)
"""

PURGE_CODES = "DELETE FROM chat_code WHERE expires_at < moment($1)"

PURGE_CONTACT_CODES = "DELETE FROM contact_code WHERE expires_at < moment($1)"

SETTLE_BUNDLED = """
UPDATE outbox m SET state = b.state, settled_at = moment($1), last_error = b.last_error,
  reached = b.reached
FROM outbox b WHERE m.bundle = b.id AND m.state = 'pending' AND b.state <> 'pending'
"""
"""A bundle that a replica of the release before sent leaves its messages as they were."""

PURGE_SESSIONS = """
DELETE FROM api_key WHERE session AND expires_at < moment($1) - interval '1 day'
"""

PURGE_ATTEMPTS = """
DELETE FROM login_attempt WHERE since < moment($1) - $2::interval
"""

PURGE_BUCKETS = """
DELETE FROM form_bucket WHERE filled_at < moment($1) - $2::interval
"""
AN_HOUR = timedelta(hours=1)
"""The time in which the bucket of a record's links refills."""
PURGE_STATES = "DELETE FROM login_state WHERE expires_at < moment($1)"

PURGE_SILENCES = """
DELETE FROM silence WHERE ends_at < moment($1) - interval '5 days'
"""

PURGE_REPLICAS = """
DELETE FROM replica WHERE seen_at < moment($1) - interval '1 day'
"""


@dataclass(frozen=True, slots=True)
class DatabaseMaintenance:
    """The maintenance of the database, by every replica."""

    pool: Pool
    settings: Settings
    clock: Clock
    metrics: Metrics
    rules: Callable[[], SlaRules]
    key: bytes

    def jobs(self) -> tuple[PeriodicJob, ...]:
        """Return the periodic jobs."""
        return (
            PeriodicJob("housekeeping", HOUSEKEEPING_EVERY, self.housekeeping),
            PeriodicJob("gauges", gauges.EVERY_S, self.refresh),
            PeriodicJob("seal", SEAL_EVERY, self.seal),
            PeriodicJob("old_keys", OLD_KEYS_EVERY, partial(mask_old_keys, self.pool, self.clock)),
        )

    async def housekeeping(self) -> None:
        """Create partitions ahead of time, drop old ones, delete rows past their retention."""
        keep = self.settings.retention
        stamp = self.clock.stamp()
        async with acquire(self.pool) as conn:
            done = await partitions.maintain(conn, stamp, keep)
            if done.created or done.dropped:
                log.info("partitions_maintained", created=done.created, dropped=done.dropped)
            for statement, age in (
                (PURGE_DELIVERIES, keep.deliveries),
                (PURGE_IDEMPOTENCY, keep.idempotency),
                (PURGE_QUARANTINE, keep.quarantine),
                (PURGE_SET_ASIDE, keep.set_aside),
                (PURGE_MAIL, self.settings.mail.remember),
                (PURGE_CALLS, self.settings.phone.remember),
                (PURGE_CHAT, self.settings.retention.chats),
            ):
                await _purge(conn, statement, stamp, age)
            await conn.execute(PURGE_REPLICAS, stamp)
            await conn.execute(SETTLE_BUNDLED, stamp)
            await conn.execute(PURGE_SESSIONS, stamp)
            await conn.execute(PURGE_STATES, stamp)
            await conn.execute(PURGE_CODES, stamp)
            await conn.execute(PURGE_CONTACT_CODES, stamp)
            await conn.execute(PURGE_SILENCES, stamp)
            await conn.execute(PURGE_ATTEMPTS, stamp, self.settings.login.window)
            await conn.execute(
                PURGE_BUCKETS, stamp, max(self.settings.form.refilled_within, AN_HOUR)
            )

    async def refresh(self) -> None:
        """Set the gauges that are read from the database."""
        async with acquire(self.pool) as conn:
            await gauges.refresh(conn, self.metrics, self.clock.stamp(), self._running)
        self.metrics.db_pool_size.set(self.pool.get_size())
        self.metrics.db_pool_in_use.set(self.pool.get_size() - self.pool.get_idle_size())

    async def seal(self) -> None:
        """Seal the timelines and write the seal to the log and to `audit.seal_file`, if one is set.

        Both are outside the database.
        """
        async with acquire(self.pool) as conn:
            line = await audit.seal_timelines(conn, self.key, self.clock.stamp())
        if line is None:
            return
        log.info("audit_sealed", seal=line)
        if self.settings.audit.seal_file:
            with Path(self.settings.audit.seal_file).open("a", encoding="utf-8") as file:  # noqa: ASYNC230 - one short line a minute
                file.write(line + "\n")

    def _running(
        self, promised: tuple[str, str, str], ledger: Ledger, at: datetime
    ) -> Mapping[str, float]:
        chosen = self.rules().named(*promised)
        return {
            reading.name: reading.remaining.total_seconds()
            for reading in clocks.read_clocks(chosen, ledger, max(at, ledger[-1].at))
            if reading.state is ClockState.RUNNING and reading.remaining is not None
        }


async def _purge(conn: Connection, statement: str, stamp: datetime | None, age: Any) -> None:
    while int((await conn.execute(statement, stamp, age)).rpartition(" ")[2]) == 5000:
        continue
