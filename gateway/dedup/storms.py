"""The storm gauges and body budget of one replica's writer: conveniences in memory, rebuilt by running."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from gateway.dedup.bodies import BodyBudget
from gateway.dedup.fingerprint import group_hash
from gateway.dedup.groups import Group
from gateway.dedup.plan import Plan
from gateway.dedup.storm import StormGauge
from gateway.settings import Storm

UNBOUNDED = timedelta(days=36_500)


class Storms:
    """Which integrations are in a storm right now."""

    def __init__(self, settings: Storm) -> None:
        self._settings = settings
        self._gauges: dict[int, StormGauge] = {}
        self.bodies = BodyBudget()

    def raging(self, integrations: Iterable[int], now: datetime) -> dict[int, Group]:
        """The group whose master takes up the new keys of each integration that is in a storm."""
        return {
            integration: Group(group_hash("storm", (str(integration),)), "storm", UNBOUNDED)
            for integration in integrations
            if (gauge := self._gauges.get(integration)) is not None and gauge.in_storm(now)
        }

    def count(self, plan: Plan) -> None:
        """Count the new records of a committed batch."""
        for integration, born in Counter(draft.item.integration_id for draft in plan.drafts).items():
            gauge = self._gauges.setdefault(integration, StormGauge(self._settings.new_per_minute, self._settings.quiet_after))
            gauge.born(plan.now, born)
