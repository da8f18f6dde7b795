"""Settings of how fast people are told: steps, bundles, and limits of each address."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from gateway.errors import Flaw
from gateway.settings.section import Section
from gateway.timing.durations import Duration

MOST_BUNDLED_WITHIN = timedelta(minutes=15)


class PacingSettings(Section, frozen=True):
    """The pace at which people are told.

    Priorities up to `urgent` are urgent. Without a rule of the person, each further method is
    tried `step_after` after the one before while nobody accepts an urgent record. Messages
    within `bundle_within` of another are bundled. `per_hour` are the most messages to one
    address of a channel.
    """

    urgent: Annotated[int, Meta(ge=1, le=2)]
    step_after: Duration
    bundle_within: Duration
    per_hour: dict[str, Annotated[int, Meta(ge=1, le=3600)]]

    def flaws(self, channels: Collection[str]) -> Iterator[Flaw]:
        """Yield a step or a bundle that is too long or short, and limits of unknown channels."""
        if self.step_after < timedelta(seconds=10):
            yield Flaw("/notify/pacing/step_after", "10 seconds at least")
        if self.bundle_within > MOST_BUNDLED_WITHIN:
            yield Flaw("/notify/pacing/bundle_within", "15 minutes at most")
        for channel in sorted(self.per_hour.keys() - set(channels)):
            yield Flaw(f"/notify/pacing/per_hour/{channel}", "no channel has this name")
