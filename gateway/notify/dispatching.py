"""The dispatch of one person's messages: those due are sent, bundled, put off, or given up.

One transaction decides for all replicas, under a lock of the person's pace. It ends before
anything is sent; a bundle is a message of its own in the outbox, so that no crash sends it under
another id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.db.buckets import SharedBucket, try_take_token
from gateway.db.pool import LOST_RACE, Connection, Pool, transaction
from gateway.directory.reach import PersonReach
from gateway.directory.reaches import reach_of
from gateway.errors import Unavailable
from gateway.incidents.announcements.notices import queue_notices
from gateway.notify import outbox
from gateway.notify.bundles import bundle_notice
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.pacing import (
    CALLS_TO_ACT,
    Dispatch,
    PersonPace,
    decide_dispatch,
    is_paced,
    put_off,
    steps_now,
)
from gateway.notify.retries import Settlement
from gateway.settings.pacing import PacingSettings

log = structlog.get_logger()

AN_HOUR = timedelta(hours=1)

BEGIN_PACE = """
INSERT INTO person_pause (person_id) VALUES ($1) ON CONFLICT (person_id) DO NOTHING
"""
PACE = "SELECT paced_at FROM person_pause WHERE person_id = $1 FOR UPDATE"
PACED = "UPDATE person_pause SET paced_at = $2 WHERE person_id = $1"

TOLD = """
SELECT o.id FROM outbox o WHERE o.id = ANY($1::uuid[]) AND EXISTS (
  SELECT FROM outbox e WHERE e.incident_id = o.incident_id AND e.channel = o.channel
    AND e.recipient = o.recipient AND e.created_at < o.created_at AND e.state <> 'dead')
"""
"""The messages whose record the same person was told of before."""

OVER = """
SELECT o.id FROM outbox o JOIN outbox f ON f.id = o.sequence
LEFT JOIN incident i ON i.id = o.incident_id
WHERE o.id = ANY($1::uuid[]) AND (
  i.id IS NULL OR i.suppressed OR i.state NOT IN ('logged', 'assigned', 'in_progress', 'escalated')
  OR EXISTS (SELECT FROM timeline t WHERE t.incident_id = o.incident_id AND t.at > f.created_at
    AND (t.event IN ('accepted', 'escalation_acknowledged', 'assigned', 'routed', 'returned',
      'escalated', 'handed_over', 'linked', 'declined')
      OR (o.template = 'forgotten' AND t.actor <> 'gateway')))
  OR EXISTS (SELECT FROM outbox n WHERE n.incident_id = o.incident_id AND n.channel = o.channel
    AND n.recipient = o.recipient AND n.created_at > f.created_at AND n.sequence IS NULL
    AND n.template = ANY($2::text[])))
"""
"""The further steps of records that are accepted, given to others or ended, or told anew.

Who had accepted a record before a message about it has not read that message; a forgotten record
is over when somebody does anything with it.
"""

BUNDLE = """
UPDATE outbox SET bundle = $2, next_attempt_at = 'infinity', attempts = attempts - 1
WHERE id = ANY($1::uuid[]) AND state = 'pending'
"""


@dataclass(frozen=True, slots=True)
class ToSend:
    """The messages to send now, and whether a bundle was queued."""

    sent: Sequence[OutboxRow]
    bundled: bool = False


async def dispatch(
    pool: Pool, rows: Sequence[OutboxRow], settings: PacingSettings, now: datetime | None
) -> ToSend:
    """Decide on the messages that are due to a person, and return what is to be sent.

    If the database fails, nothing is sent: the messages come back when their claim expires.
    """
    if not any(is_paced(row) for row in rows):
        return ToSend(rows)
    try:
        async with transaction(pool) as conn:
            reach = await reach_of(conn, rows[0].recipient)
            if reach is None:
                return ToSend(rows)
            return await _dispatched(conn, rows, reach, settings, now)
    except (Unavailable, *LOST_RACE) as error:
        log.warning("notify_turn_failed", login=rows[0].recipient, error=repr(error))
        return ToSend(())


async def _dispatched(
    conn: Connection,
    rows: Sequence[OutboxRow],
    reach: PersonReach,
    settings: PacingSettings,
    now: datetime | None,
) -> ToSend:
    pace = await _pace(conn, rows, reach, rows[0].claimed_at)
    decided = decide_dispatch(rows, reach, pace, settings)
    if decided.together and (late := await _over_limit(conn, decided, reach, settings, now)):
        decided = put_off(decided, pace.now + late, settings)
    if decided.paced:
        await conn.execute(PACED, reach.person_id, pace.now)
    await outbox.settle(conn, now, list(_settlements(decided, pace.now)))
    for one in decided.waits:
        log.info("notify_put_off", id=str(one.row.id), login=reach.login, reason=str(one.reason))
    for row, reason in decided.given_up:
        log.info("notify_given_up", id=str(row.id), login=reach.login, reason=reason)
    if len(decided.together) < 2:
        return ToSend([*decided.sent, *decided.together])
    notice = bundle_notice(decided.together)
    await queue_notices(conn, [(None, notice)], now)
    ids = [row.id for row in decided.together]
    await conn.execute(BUNDLE, ids, notice.id(None))
    log.info("notify_bundled", id=str(notice.id(None)), login=reach.login, messages=len(ids))
    return ToSend(decided.sent, bundled=True)


async def _pace(
    conn: Connection, rows: Sequence[OutboxRow], reach: PersonReach, now: datetime
) -> PersonPace:
    """Return what the person was told so far, under a lock of their pace."""
    await conn.execute(BEGIN_PACE, reach.person_id)
    paced_at = await conn.fetchval(PACE, reach.person_id)
    first = [row.id for row in rows if row.sequence is None and is_paced(row)]
    steps = [row.id for row in rows if row.sequence is not None]
    told = await conn.fetch(TOLD, first) if first else []
    over = await conn.fetch(OVER, steps, sorted(CALLS_TO_ACT)) if steps else []
    return PersonPace(
        now=now,
        paced_at=paced_at,
        told=frozenset(row["id"] for row in told),
        over=frozenset(row["id"] for row in over),
    )


async def _over_limit(
    conn: Connection,
    decided: Dispatch,
    reach: PersonReach,
    settings: PacingSettings,
    now: datetime | None,
) -> timedelta | None:
    """Count a message to the address that is next; return the wait if it had as many as it may."""
    first = min(decided.together, key=lambda row: row.urgency)
    steps = steps_now(first, reach, settings, first.claimed_at)
    target = steps[0].target if steps else None
    most = settings.per_hour.get(target.channel) if target else None
    if most is None:
        return None
    bucket = SharedBucket(f"messages to {target}", most, AN_HOUR / most)
    return None if await try_take_token(conn, bucket, now) else bucket.every


def _settlements(decided: Dispatch, now: datetime) -> Iterable[Settlement]:
    for one in decided.waits:
        yield Settlement(
            one.row.id,
            one.row.attempts,
            "pending",
            max(one.until - now, timedelta(seconds=1)),
            refund=True,
            method=one.row.method,
            may_recover=one.row.may_recover,
            held=str(one.reason),
        )
    for row, reason in decided.given_up:
        yield Settlement(row.id, row.attempts, "dead", error=reason, method=row.method)
    for row in decided.cancelled:
        reason = "the record is accepted, given to others or ended, or no further method is left"
        yield Settlement(row.id, row.attempts, "cancelled", error=reason, method=row.method)
