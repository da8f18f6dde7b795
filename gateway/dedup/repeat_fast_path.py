"""The fast path for a batch of nothing but repeats: one statement, without loading or deciding.

The cached state of a key is only a hint. The statement itself checks, row by row and under the
row's lock, that the key still fires, still belongs to the same live record, and that the firing
is not older than a recovery. If any row disagrees, the whole statement fails and the batch takes
the normal path, which loads, decides and caches anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from gateway.db.pool import Connection
from gateway.dedup.alert_state import AlertState
from gateway.dedup.fingerprint import key_hash
from gateway.incidents.alert import Alert, clamp_to_plausible
from gateway.receipts.bodies import BodyBudget
from gateway.receipts.receipt_id import receipt_ids
from gateway.receipts.rows import as_bytea, as_json
from gateway.receipts.submission import ItemResult, Receipt, Submission
from gateway.timing.clock import Clock
from gateway.vocabulary import AlertStatus, Outcome

MAX_TEXT_CHANGES, WITHIN = 12, timedelta(hours=1)
"""The number of changes of a key's texts that are shown within this time.

Beyond that, changed texts count as repeats unless the severity changes.
"""

REMEMBERED = 100_000
"""The number of keys cached at most; beyond it the cache is emptied."""


@dataclass(frozen=True, slots=True)
class CachedIncident:
    """The live record of a key as last seen, and the result that its sender gets for a repeat.

    `words` is the hash of the title and the description that are shown; they changed `changes`
    times since `since`.
    """

    incident_id: int
    occurrence: str
    result: ItemResult
    severity: str = ""
    words: int = 0
    changes: int = 0
    since: datetime | None = None


@dataclass(slots=True)
class RepeatCount:
    """The number of repeats of one key in a batch, with the oldest and newest event times."""

    seat: CachedIncident
    count: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    ends_at: datetime | None = None

    def add(self, alert: Alert) -> None:
        """Count one repeat."""
        self.count += 1
        self.ends_at = alert.ends_at
        if (at := None if alert.by_arrival else alert.event_time) is not None:
            self.oldest = at if self.oldest is None or at < self.oldest else self.oldest
            self.newest = at if self.newest is None or at > self.newest else self.newest


@dataclass(slots=True)
class RepeatBatch:
    """A batch of nothing but repeats, ready to be written."""

    batch: Sequence[Submission]
    tallies: dict[bytes, RepeatCount] = field(default_factory=dict)
    items: list[tuple[int, int, bytes, Alert]] = field(default_factory=list)


class RepeatedKeyRow(msgspec.Struct):
    """A key's row in the statement."""

    key_hash: str
    incident_id: int
    occurrence: str
    count: int
    oldest: datetime | None
    newest: datetime | None
    ends_at: datetime | None
    severity: str


class ReceiptRow(msgspec.Struct):
    """A receipt's row in the statement."""

    id: UUID
    integration_id: int
    source: str
    items: int
    body_bytes: int
    body: str | None


class AlertEventRow(msgspec.Struct):
    """An alert event's row in the statement."""

    receipt_id: UUID
    item: int
    key_hash: str
    dedup_key: str
    event_time: datetime | None
    incident_id: int


# A single statement undoes what it wrote only if it fails, and plain SQL has no RAISE: `agreed`
# divides by zero unless every key was touched.
TOUCH = """
WITH touched AS (
  UPDATE alert a SET occurrences = a.occurrences + t.count, last_seen = $1::timestamptz,
    fired_at = greatest(a.fired_at, t.newest), ends_at = coalesce(t.ends_at, a.ends_at)
  FROM json_to_recordset($3::json) AS t(key_hash bytea, incident_id bigint, occurrence text,
                                        count int, oldest timestamptz, newest timestamptz,
                                        ends_at timestamptz, severity text)
  WHERE a.key_hash = t.key_hash AND a.incident_id = t.incident_id AND a.status = 'firing'
    AND a.occurrence = t.occurrence
    AND is_open((SELECT i.state FROM incident i WHERE i.id = a.incident_id))
    AND (a.cleared_at IS NULL OR t.oldest IS NULL OR t.oldest >= a.cleared_at)
    AND (a.unmatched_at IS NULL OR t.oldest IS NULL OR t.oldest > a.unmatched_at)
    AND (a.ends_at IS NULL) = (t.ends_at IS NULL) AND a.severity = t.severity
  RETURNING a.key_hash),
agreed AS MATERIALIZED (SELECT 1 / (count(*) = $2::int)::int AS yes FROM touched),
received AS (
  INSERT INTO receipt (received_at, id, integration_id, source, items, lost, body_bytes, body)
  SELECT $1::timestamptz, t.id, t.integration_id, t.source, t.items, 0, t.body_bytes, t.body
  FROM agreed,
    json_to_recordset($4::json) AS t(id uuid, integration_id int, source text, items int,
                                     body_bytes int, body bytea)),
told AS (
  INSERT INTO alert_event (received_at, receipt_id, item, key_hash, dedup_key, event_time,
                           incident_id, status, outcome, reason)
  SELECT $1::timestamptz, t.*, 'firing', 'repeated', 'open'
  FROM agreed,
    json_to_recordset($5::json) AS t(receipt_id uuid, item int, key_hash bytea, dedup_key text,
                                     event_time timestamptz, incident_id bigint))
SELECT statement_timestamp()
"""


class CacheOutdated(Exception):
    """An error: a cached key is not as it was; nothing was written."""


class RepeatFastPath:
    """A cache of firing keys with their live records, and the writer of their repeats."""

    def __init__(self, clock: Clock, bodies: BodyBudget) -> None:
        self._clock, self._bodies = clock, bodies
        self._seats: dict[bytes, CachedIncident] = {}
        self._ahead: timedelta | None = None

    def learn(self, known: Iterable[AlertState], names: dict[bytes, str], now: datetime) -> None:
        """Cache the state of the keys of a committed batch; `now` is PostgreSQL's time."""
        self._keep_time(now)
        if len(self._seats) > REMEMBERED:
            self._seats.clear()
        for key in known:
            holder = key.holder
            if (
                key.firing
                and holder is not None
                and holder.live
                and (name := names.get(key.key_hash)) is not None
            ):
                result = ItemResult(name, holder.told, Outcome.REPEATED, "open")
                self._seats[key.key_hash] = self._seat(key, holder.id, result)
            else:
                self._seats.pop(key.key_hash, None)

    def chatty(self, keys: Iterable[bytes]) -> frozenset[bytes]:
        """Return the keys whose texts changed so often that only severity changes are shown."""
        return frozenset(
            key
            for key in keys
            if (seat := self._seats.get(key)) is not None and self._chatters(seat)
        )

    def _chatters(self, seat: CachedIncident) -> bool:
        since = seat.since
        return (
            seat.changes >= MAX_TEXT_CHANGES
            and since is not None
            and self._clock.now() - since < WITHIN
        )

    def _seat(self, key: AlertState, incident_id: int, result: ItemResult) -> CachedIncident:
        """Return the cache entry of a firing key, with the number of changes of its texts."""
        words, before = hash((key.title, key.description)), self._seats.get(key.key_hash)
        if before is None or before.incident_id != incident_id or before.words == words:
            changes, since = (before.changes, before.since) if before is not None else (0, None)
        elif before.since is None or self._clock.now() - before.since >= WITHIN:
            changes, since = 1, self._clock.now()
        else:
            changes, since = before.changes + 1, before.since
        return CachedIncident(
            incident_id, key.occurrence, result, key.severity, words, changes, since
        )

    def repeats(self, batch: Sequence[Submission]) -> RepeatBatch | None:
        """Return the batch as repeats of cached keys, or None if it contains anything else."""
        if self._ahead is None:
            return None
        repeats = RepeatBatch(batch)
        for place, submission in enumerate(batch):
            if not _plain(submission):
                return None
            for index, alert in submission.alerts:
                key = key_hash(submission.integration_id, alert.namespace, alert.dedup_key)
                seat = self._seats.get(key)
                if (
                    seat is None
                    or alert.status is not AlertStatus.FIRING
                    or alert.test
                    or alert.note
                ):
                    return None
                if alert.occurrence != seat.occurrence or alert.severity != seat.severity:
                    return None
                if hash((alert.title, alert.description)) != seat.words and not self._chatters(
                    seat
                ):
                    return None
                tally = repeats.tallies.get(key)
                if tally is None:
                    tally = repeats.tallies[key] = RepeatCount(seat)
                tally.add(alert)
                repeats.items.append((place, index, key, alert))
        return repeats if repeats.items else None

    async def commit(self, conn: Connection, repeats: RepeatBatch) -> list[Receipt]:
        """Write the repeats and return their receipts.

        Raises CacheOutdated if the cache is out of date: see `forget`.
        """
        now = self._clock.stamp() or self._clock.now() + (self._ahead or timedelta())
        ids = receipt_ids(now, len(repeats.batch))
        keys = [
            RepeatedKeyRow(
                as_bytea(key),
                t.seat.incident_id,
                t.seat.occurrence,
                t.count,
                clamp_to_plausible(t.oldest, now),
                clamp_to_plausible(t.newest, now),
                t.ends_at,
                t.seat.severity,
            )
            for key, t in sorted(repeats.tallies.items())
        ]
        received = [
            self._receipt(submission, ids[place], now)
            for place, submission in enumerate(repeats.batch)
        ]
        told = [
            AlertEventRow(
                ids[place],
                index,
                as_bytea(key),
                alert.dedup_key,
                alert.event_time,
                repeats.tallies[key].seat.incident_id,
            )
            for place, index, key, alert in repeats.items
        ]
        try:
            stamp = await conn.fetchval(
                TOUCH, now, len(keys), as_json(keys), as_json(received), as_json(told)
            )
        except asyncpg.DivisionByZeroError as error:
            raise CacheOutdated from error
        if self._clock.stamp() is None:
            self._keep_time(stamp)
        return self._receipts(repeats, ids)

    def forget(self, repeats: RepeatBatch) -> None:
        """Remove the keys of these repeats from the cache, because it is out of date."""
        for key in repeats.tallies:
            self._seats.pop(key, None)

    def _receipt(self, submission: Submission, receipt: UUID, now: datetime) -> ReceiptRow:
        body = submission.body
        kept = (
            as_bytea(body)
            if self._bodies.keep(submission.integration_id, (), len(body), now)
            else None
        )
        return ReceiptRow(
            receipt,
            submission.integration_id,
            submission.source,
            len(submission.alerts),
            len(body),
            kept,
        )

    @staticmethod
    def _receipts(repeats: RepeatBatch, ids: Sequence[UUID]) -> list[Receipt]:
        results: list[list[ItemResult]] = [[] for _ in ids]
        for place, _, key, _ in repeats.items:
            results[place].append(repeats.tallies[key].seat.result)
        return [Receipt(receipt, tuple(mine)) for receipt, mine in zip(ids, results, strict=True)]

    def _keep_time(self, now: datetime) -> None:
        """Measure how far PostgreSQL's clock is ahead of this machine's.

        The difference serves to stamp receipts only; no timer depends on it.
        """
        self._ahead = now - self._clock.now()


def _plain(submission: Submission) -> bool:
    """Return whether a request contains nothing but alerts to be written."""
    s = submission
    return not (s.refused or s.ignored or s.delivery_key or s.flag or s.lost or s.mended)
