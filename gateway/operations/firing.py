"""The effect of every kind of timer on records, inside the transaction that fires it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from gateway.correlation import detaching
from gateway.correlation.for_masters import apply_effects_on_masters
from gateway.db.pool import Connection
from gateway.escalation import record_timers
from gateway.escalation.duties import with_announcements
from gateway.escalation.record_timers import SlaRules
from gateway.incidents import commands, lifecycle, store, writing
from gateway.incidents.columns import incident_of
from gateway.incidents.record import Incident, Revision, TimerChange
from gateway.sla.timers.firing import FiringEffect
from gateway.sla.timers.timer_store import Armed, DueTimer
from gateway.vocabulary import LIVE, TimerKind

BUSY = timedelta(seconds=1)
"""The time until the next look at alerts that intake is writing right now."""


@dataclass(frozen=True, slots=True)
class AlertActivity:
    """The state of an incident's alerts once the lapsed ones are cleared.

    `firing` is the number of those that fire, `next_end` the next time at which one lapses,
    `busy` True while intake writes one that has lapsed.
    """

    firing: int
    next_end: datetime | None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class TimerEffects:
    """The effects of timers on records; `key` is the key of the timeline's hash chain."""

    rules: SlaRules
    key: bytes

    async def fire(self, conn: Connection, due: Sequence[DueTimer], now: datetime) -> FiringEffect:
        """Return the effect of timers, with every timer to arm or disarm next.

        Their rows and records are locked.
        """
        ids = list({timer.incident_id for timer in due})
        incidents = {row["id"]: incident_of(row) for row in await conn.fetch(RECORDS, ids)}
        quiet = [
            t.incident_id for t in due if t.kind in (TimerKind.ALERT_EXPIRY, TimerKind.FLAP_SETTLE)
        ]
        silences = await _silences(conn, quiet, now) if quiet else {}
        made: dict[int, Revision] = {}
        for timer in due:
            before = made.get(timer.incident_id)
            incident = before.after if before else incidents[timer.incident_id]
            revision = self._effect(incident, timer, silences.get(timer.incident_id), now)
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
            one if id(one) in untouched else self._refreshed(one, now) for one in concerned
        ]
        written = [
            with_announcements(self.rules.escalation, replace(revision, timers=()))
            for revision in revisions
        ]
        await writing.write_changed(conn, self.key, written, now)
        return FiringEffect(
            [Armed(r.after.id, arm.kind, arm.due_at) for r in revisions for arm in r.timers],
            written,
        )

    def _refreshed(self, revision: Revision, now: datetime) -> Revision:
        """Return a revision of a detached or raised record with clocks and timers up to date."""
        after, armed = record_timers.refresh_timers(self.rules, revision.after, now)
        kept = {arm.kind: arm for arm in (*revision.timers, *armed)}
        return replace(revision, after=after, timers=tuple(kept.values()), marks_only=False)

    def _effect(
        self, incident: Incident, timer: DueTimer, silence: AlertActivity | None, now: datetime
    ) -> Revision:
        kind = timer.kind
        revision = record_timers.fire(self.rules, incident, kind, now)
        if revision is not None:
            return revision
        if kind is TimerKind.STATUS_UPDATE:
            return self._remind(incident, timer.due_at)
        if silence is None or incident.state not in LIVE:
            return Revision(after=incident, actor=record_timers.ACTOR, events=())
        if silence.busy or silence.firing:
            again = now + BUSY if silence.busy else silence.next_end
            return Revision(
                after=incident,
                actor=record_timers.ACTOR,
                events=(),
                timers=(TimerChange(kind, again),),
            )
        reason = "not_sent_again" if kind is TimerKind.ALERT_EXPIRY else "quiet_after_flapping"
        cleared = lifecycle.apply_command(
            incident, commands.Clear(reason=reason), record_timers.ACTOR, now
        )
        after, armed = record_timers.refresh_timers(self.rules, cleared.after, now)
        return replace(cleared, after=after, timers=armed)

    def _remind(self, incident: Incident, due_at: datetime) -> Revision:
        """Return the reminder of a promised status update of a major incident.

        It was promised for `due_at`. A newer update would have moved the timer.
        """
        if not incident.is_major or incident.state not in LIVE:
            return Revision(after=incident, actor=record_timers.ACTOR, events=())
        told = self.rules.escalation.update_overdue(incident, due_at)
        return Revision(
            after=incident,
            actor=record_timers.ACTOR,
            events=(),
            marks_only=True,
            announcements=told,
        )


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
  WHERE incident_id = ANY($1::bigint[]) AND status = 'firing' AND ends_at <= $2 FOR UPDATE SKIP LOCKED)
UPDATE alert a SET status = 'resolved', cleared_at = greatest(a.cleared_at, a.ends_at), ends_at = NULL
FROM free WHERE a.key_hash = free.key_hash
"""

FIRING = """
SELECT incident_id, count(*) AS firing, min(ends_at) AS next_end, bool_or(ends_at <= $2) AS busy
FROM alert WHERE incident_id = ANY($1::bigint[]) AND status = 'firing' GROUP BY incident_id
"""


async def _silences(
    conn: Connection, ids: Sequence[int], now: datetime
) -> Mapping[int, AlertActivity]:
    """Mark lapsed alerts as cleared and count those that still fire.

    Intake locks alerts before incidents and this holds the incident already, so an alert that
    intake is writing is left alone and looked at again a second later.
    """
    await conn.execute(LAPSE, ids, now)
    rows = await conn.fetch(FIRING, ids, now)
    return dict.fromkeys(ids, AlertActivity(0, None)) | {
        row["incident_id"]: AlertActivity(row["firing"], row["next_end"], bool(row["busy"]))
        for row in rows
    }
