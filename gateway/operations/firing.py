"""The writing of the effects of timers, inside the transaction that fires them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from gateway.correlation import detaching
from gateway.correlation.for_masters import apply_effects_on_masters
from gateway.db.pool import Connection
from gateway.escalation import timers
from gateway.escalation.change_announcements import announce_change
from gateway.escalation.sla_rules import SlaRules
from gateway.escalation.timers import CLEARED_BECAUSE, NO_ALERTS, AlertActivity, FiringTimer
from gateway.incidents import store, writing
from gateway.incidents.columns import incident_of
from gateway.incidents.record import Revision
from gateway.sla.timers.firing import FiringEffect
from gateway.sla.timers.timer_store import Armed, DueTimer


@dataclass(frozen=True, slots=True)
class TimerEffects:
    """The effects of timers on records; `key` is the key of the timeline's hash chain.

    `present` returns the present SLA rules.
    """

    present: Callable[[], SlaRules]
    key: bytes

    @property
    def rules(self) -> SlaRules:
        """The present SLA rules."""
        return self.present()

    async def fire(self, conn: Connection, due: Sequence[DueTimer], now: datetime) -> FiringEffect:
        """Return the effect of timers, with every timer to arm or disarm next.

        Their rows and records are locked.
        """
        ids = list({timer.incident_id for timer in due})
        incidents = {row["id"]: incident_of(row) for row in await conn.fetch(RECORDS, ids)}
        watched = [timer.incident_id for timer in due if timer.kind in CLEARED_BECAUSE]
        alerts = await _settle_alerts(conn, watched, now) if watched else {}
        made: dict[int, Revision] = {}
        for timer in due:
            before = made.get(timer.incident_id)
            incident = before.after if before else incidents[timer.incident_id]
            firing = FiringTimer(timer.kind, timer.due_at, alerts.get(timer.incident_id, NO_ALERTS))
            revision = timers.fire(self.rules, incident, firing, now)
            made[timer.incident_id] = _joined(before, revision) if before else revision
        found = [
            replace(revision, before=incidents[revision.after.id]) for revision in made.values()
        ]
        settled = await detaching.detach_unfit_followers(conn, self.rules, found, now)
        concerned = await apply_effects_on_masters(
            conn, self.rules.escalation, partial(store.lock, conn), settled, now
        )
        untouched = set(map(id, found))
        revisions = [
            announce_change(
                self.rules, one if id(one) in untouched else self._refreshed(one, now), now
            )
            for one in concerned
        ]
        written = [replace(revision, timers=()) for revision in revisions]
        await writing.write_changed(conn, self.key, written, now)
        return FiringEffect(
            [
                Armed(revision.after.id, arm.kind, arm.due_at)
                for revision in revisions
                for arm in {arm.kind: arm for arm in revision.timers}.values()
            ],
            written,
        )

    def _refreshed(self, revision: Revision, now: datetime) -> Revision:
        """Return a revision of a detached or raised record with clocks and timers up to date."""
        after, armed = timers.refresh_timers(self.rules, revision.after, now)
        kept = {arm.kind: arm for arm in (*revision.timers, *armed)}
        return replace(revision, after=after, timers=tuple(kept.values()), marks_only=False)


RECORDS = "SELECT * FROM incident WHERE id = ANY($1::bigint[])"


def _joined(before: Revision, then: Revision) -> Revision:
    arms = {arm.kind: arm for arm in (*before.timers, *then.timers)}
    return Revision(
        after=then.after,
        actor=then.actor,
        events=before.events + then.events,
        timers=tuple(arms.values()),
        notices=before.notices + then.notices,
        announcements=before.announcements + then.announcements,
        marks_only=before.marks_only and then.marks_only,
    )


LAPSE = """
WITH free AS (
  SELECT key_hash FROM alert
  WHERE incident_id = ANY($1::bigint[]) AND status = 'firing' AND ends_at <= $2
  FOR UPDATE SKIP LOCKED)
UPDATE alert a SET status = 'resolved', cleared_at = greatest(a.cleared_at, a.ends_at),
  ends_at = NULL
FROM free WHERE a.key_hash = free.key_hash
"""

FIRING = """
SELECT incident_id, count(*) AS firing, min(ends_at) AS next_end, bool_or(ends_at <= $2) AS busy
FROM alert WHERE incident_id = ANY($1::bigint[]) AND status = 'firing' GROUP BY incident_id
"""


async def _settle_alerts(
    conn: Connection, ids: Sequence[int], now: datetime
) -> Mapping[int, AlertActivity]:
    """Mark lapsed alerts as cleared and count those that still fire.

    Intake locks alerts before incidents and this holds the incident already, so an alert that
    intake is writing is left alone and looked at again a second later.
    """
    await conn.execute(LAPSE, ids, now)
    rows = await conn.fetch(FIRING, ids, now)
    return dict.fromkeys(ids, NO_ALERTS) | {
        row["incident_id"]: AlertActivity(row["firing"], row["next_end"], bool(row["busy"]))
        for row in rows
    }
