"""The storm gauges and body budget of a replica's writer, kept in memory only."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.db.pool import Connection
from gateway.dedup.alert_state import AlertTexts
from gateway.dedup.alert_updates import STORM_TITLE, TITLE, FiringAlert
from gateway.dedup.fingerprint import group_hash
from gateway.dedup.groups import RelateGroup
from gateway.dedup.plan import BatchPlan
from gateway.dedup.storm import StormGauge
from gateway.incidents.record import Incident
from gateway.receipts.bodies import BodyBudget
from gateway.settings import StormSettings

REST = """
SELECT DISTINCT ON (severity, service, left(title, $3) = $2)
       dedup_key, source, service, severity, title, description
FROM alert WHERE incident_id = $1 AND status = 'firing' AND key_hash <> ALL($4::bytea[])
ORDER BY severity, service, left(title, $3) = $2, first_seen, key_hash
"""
"""The statement that reads the firing alerts of a storm.

Of thousands of alerts it returns one of each severity and service, and the one that is shown.
"""

UNBOUNDED = timedelta(days=36_500)


class Storms:
    """The alert storms of all integrations."""

    def __init__(self, settings: StormSettings, stored_per_day: int) -> None:
        """Start without counts; `stored_per_day` limits the bytes stored per integration."""
        self._settings = settings
        self._gauges: dict[int, StormGauge] = {}
        self.bodies = BodyBudget(stored_per_day)

    def storm_groups(self, integrations: Iterable[int], now: datetime) -> dict[int, RelateGroup]:
        """Return the group that takes the new keys of each integration that is in a storm."""
        return {
            integration: RelateGroup(group_hash("storm", (str(integration),)), "storm", UNBOUNDED)
            for integration in integrations
            if (gauge := self._gauges.get(integration)) is not None and gauge.in_storm(now)
        }

    def count(self, plan: BatchPlan) -> None:
        """Count the new records of a committed batch."""
        for integration, born in Counter(
            draft.item.integration_id for draft in plan.drafts
        ).items():
            gauge = self._gauges.setdefault(
                integration, StormGauge(self._settings.new_per_minute, self._settings.quiet_after)
            )
            gauge.born(plan.now, born)


async def fetch_firing_alerts(
    conn: Connection, incident: Incident, plan: BatchPlan
) -> list[FiringAlert]:
    """Return the firing alerts of a storm after the batch, enough of them to find the worst."""
    length = TITLE - len(STORM_TITLE)
    shown = incident.title.removeprefix(STORM_TITLE)[:length]
    rows = await conn.fetch(REST, incident.id, shown, length, list(plan.known))
    rest = [FiringAlert(row[0], row[1], row[2], AlertTexts(row[3], row[4], row[5])) for row in rows]
    told = [
        (plan.told[key], known.words)
        for key, known in plan.known.items()
        if known.firing and known.holder is not None and known.holder.id == incident.id
    ]
    return rest + [
        FiringAlert(one.alert.dedup_key, one.source, one.alert.service, words)
        for one, words in told
    ]
