"""The active silences, and the alerts of a batch that they suppress, within bounded work.

Work is bounded per integration whose alerts are matched, so that none pays for another's alerts
and silences. A matcher compares the label of its name; `service` and `ci` are also the service
and the item of the alert.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from gateway.db.pool import Connection
from gateway.dedup.batch_items import BatchItem
from gateway.dedup.silencing import PatternCache, SilenceConditions, SilenceSet
from gateway.incidents.label_matchers import MatchedAlert, Matcher, MatchWork
from gateway.limits.token_bucket import TokenBucket
from gateway.timing.clock import Clock, yield_to_other_tasks
from gateway.vocabulary import SkipReason

WORK_AT_ONCE, WORK_PER_SECOND = 50_000.0, 100_000.0
"""The estimated work an integration's alerts may cost at once and per second, in microseconds."""

NAMED = 5
"""The number of silences that a line of the log names."""

Scope = int | None
"""The integration that silences apply to; None for those that apply to all."""

log = structlog.get_logger()


ACTIVE = """
SELECT s.id, s.integration_id, s.ends_at FROM unnest($2::int[]) AS g (id) CROSS JOIN LATERAL (
  SELECT id, integration_id, ends_at FROM silence
  WHERE integration_id = g.id AND starts_at <= $1::timestamptz AND ends_at > $1::timestamptz
  ORDER BY ends_at DESC, id LIMIT $3) AS s
UNION ALL (
  SELECT id, integration_id, ends_at FROM silence
  WHERE integration_id IS NULL AND starts_at <= $1::timestamptz AND ends_at > $1::timestamptz
  ORDER BY ends_at DESC, id LIMIT $3)
ORDER BY ends_at DESC, id
"""

MATCHERS = "SELECT id, matchers FROM silence WHERE id = ANY($1::uuid[])"
"""The statement that reads matchers, which never change for an id.

A silence that gets other matchers is ended and stored under a new id.
"""


RELEASE = """
WITH held AS (
  SELECT a.key_hash FROM alert a JOIN silence s ON a.suppressed_until = ANY(s.cut_from)
  WHERE s.cut_from <> '{}' AND a.suppressed_until > moment($1)
  ORDER BY a.key_hash FOR UPDATE OF a SKIP LOCKED)
UPDATE alert a SET suppressed_until = moment($1) FROM held
WHERE a.key_hash = held.key_hash
"""

FORGET = """
UPDATE silence SET cut_from = '{}'
WHERE cut_from <> '{}' AND updated_at < moment($1) - interval '1 minute'
"""


async def release_ended_silences(conn: Connection, stamp: datetime | None) -> None:
    """Release the alerts suppressed by silences that were ended early, to be decided anew.

    This is repeated for a minute, for intake may commit decisions made while a silence was being
    ended.
    """
    await conn.execute(RELEASE, stamp)
    await conn.execute(FORGET, stamp)


@dataclass(slots=True)
class ActiveSilences:
    """The active silences of one scope at a moment, with the end of each, in the same order."""

    judged: SilenceSet
    ids: list[UUID]
    ends: list[datetime]
    too_many: list[UUID]


@dataclass(slots=True)
class SilenceJudge:
    """A matcher of alerts against the active silences.

    Of each integration's silences, and of those that apply to all, it considers the `most` that
    end last.
    """

    clock: Clock
    most: int
    count: Callable[[SkipReason, int], None]
    known: dict[Scope, dict[UUID, SilenceConditions]] = field(default_factory=dict)
    kept: dict[Scope, tuple[Sequence[tuple[UUID, datetime]], ActiveSilences]] = field(
        default_factory=dict
    )
    patterns: dict[Scope, PatternCache] = field(default_factory=dict)
    work: dict[tuple[int, Scope], TokenBucket] = field(default_factory=dict)

    async def silenced(
        self, conn: Connection, items: Sequence[BatchItem], now: datetime
    ) -> dict[bytes, tuple[datetime, str]]:
        """Return the latest end of the silences that suppress each key, with the reason.

        Keys that no silence suppresses are left out.
        """
        by_integration: dict[int, list[BatchItem]] = {}
        for item in items:
            by_integration.setdefault(item.integration_id, []).append(item)
        active = await self.active(conn, sorted(by_integration), now)
        found: dict[bytes, tuple[datetime, str]] = {}
        for integration, own in by_integration.items() if active else ():
            for scope in (integration, None):
                if scope in active:
                    alerts = {item.key_hash: labelled(item) for item in own}
                    for key, (end, silence) in self._held(
                        active[scope], alerts, (integration, scope)
                    ).items():
                        if key not in found or end > found[key][0]:
                            found[key] = end, f"silence: {silence}"
            await yield_to_other_tasks()
        return found

    async def holding(
        self, conn: Connection, alerts: Sequence[tuple[int, MatchedAlert]], now: datetime
    ) -> list[list[str]]:
        """Return the ids of all silences that suppress each alert, as far as the work allows."""
        active = await self.active(conn, sorted({integration for integration, _ in alerts}), now)
        found: list[list[str]] = [[] for _ in alerts]
        for scope, own in active.items():
            work = {integration: MatchWork(WORK_AT_ONCE) for integration, _ in alerts}
            for place, (integration, alert) in enumerate(alerts):
                if scope in (integration, None):
                    held = own.judged.judge(alert, work[integration], every=True)
                    found[place] += [str(own.ids[at]) for at in held.places]
            await yield_to_other_tasks()
        return [sorted(ids) for ids in found]

    async def active(
        self, conn: Connection, integrations: Sequence[int], now: datetime
    ) -> dict[Scope, ActiveSilences]:
        """Return the active silences of the integrations, and of all, by scope.

        A scope without silences is left out.
        """
        rows = await conn.fetch(ACTIVE, now, integrations, self.most + 1)
        if not rows:
            return {}
        by_scope: dict[Scope, list[tuple[UUID, datetime]]] = {}
        for row in rows:
            by_scope.setdefault(row["integration_id"], []).append((row["id"], row["ends_at"]))
        await self._learn(
            conn,
            {scope: [one for one, _ in found[: self.most]] for scope, found in by_scope.items()},
        )
        return {scope: self._active(scope, found) for scope, found in by_scope.items()}

    def _active(self, scope: Scope, found: Sequence[tuple[UUID, datetime]]) -> ActiveSilences:
        before = self.kept.get(scope)
        if before is not None and before[0] == found:
            return before[1]
        ids = [one for one, _ in found[: self.most]]
        own, patterns = self.known[scope], self.patterns.setdefault(scope, PatternCache())
        silences = SilenceSet([own[one] for one in ids], patterns)
        ends, too_many = (
            [end for _, end in found[: self.most]],
            [one for one, _ in found[self.most :]],
        )
        self.kept[scope] = found, ActiveSilences(silences, ids, ends, too_many)
        return self.kept[scope][1]

    async def _learn(self, conn: Connection, wanted: Mapping[Scope, Sequence[UUID]]) -> None:
        """Read the matchers of silences seen for the first time, and forget those that ended."""
        missing = [
            one
            for scope, ids in wanted.items()
            for one in ids
            if one not in self.known.get(scope, {})
        ]
        rows = await conn.fetch(MATCHERS, missing) if missing else []
        read = {row["id"]: SilenceConditions.of(row["id"], _read(row["matchers"])) for row in rows}
        for scope, ids in wanted.items():
            before = self.known.get(scope, {})
            self.known[scope] = {
                one: before.get(one) or read.get(one) or SilenceConditions(one, None) for one in ids
            }

    def _held(
        self, active: ActiveSilences, alerts: Mapping[bytes, MatchedAlert], whose: tuple[int, Scope]
    ) -> dict[bytes, tuple[datetime, UUID]]:
        """Return the end and id of the silence of a scope that suppresses each alert, by key."""
        bucket, found = self._bucket(whose), dict[bytes, tuple[datetime, UUID]]()
        at = self.clock.monotonic()
        work = MatchWork(bucket.refill(at))
        unjudged, named = Counter[SkipReason](), dict[SkipReason, list[UUID]]()
        if active.too_many:
            unjudged[SkipReason.NUMBER], named[SkipReason.NUMBER] = (
                len(active.too_many),
                active.too_many,
            )
        for key, alert in alerts.items():
            held = active.judged.judge(alert, work)
            unjudged += held.unjudged
            for why, silence in held.named.items():
                named.setdefault(why, []).append(silence)
            if held.places:
                found[key] = active.ends[held.places[0]], active.ids[held.places[0]]
        bucket.level = work.left
        for why, count in unjudged.items():
            self.count(why, count)
            silences = [str(one) for one in dict.fromkeys(named[why])][:NAMED]
            log.warning(
                "silences_not_judged",
                why=why,
                alerts=len(alerts),
                integration=whose[0],
                silences=silences,
            )
        return found

    def _bucket(self, whose: tuple[int, Scope]) -> TokenBucket:
        if whose not in self.work:
            self.work[whose] = TokenBucket.full(
                WORK_PER_SECOND, WORK_AT_ONCE, self.clock.monotonic()
            )
        return self.work[whose]


def labelled(item: BatchItem) -> MatchedAlert:
    """Return the labels, service and item of an alert, for matchers."""
    return MatchedAlert(item.alert.labels, item.alert.service, item.alert.ci)


def _read(matchers: str) -> tuple[Matcher, ...] | None:
    """Return the matchers of a row, None if they cannot be read."""
    try:
        return msgspec.json.decode(matchers, type=tuple[Matcher, ...])
    except msgspec.MsgspecError:
        return None
