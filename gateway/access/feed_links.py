"""Signed addresses of calendars of shifts, which programs fetch without a key.

A token is `SECRET.FEED.GENERATION.SIGNATURE`: the name of the secret that signed it, the id of
the feed, and how often its address was made. Only that of the newest generation is valid.
"""

import re
from dataclasses import dataclass

from gateway.access.reporter_links import ReporterLinks
from gateway.errors import NotFound

LABEL = b"calendar feed v1"

SHAPE = re.compile(
    r"([0-9a-f]{8})\.([1-9][0-9]{0,17})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})", re.ASCII
)

INVALID_FEED = "this calendar does not exist, or no longer: make a new address of it"
"""The error message of every invalid address, whatever is wrong with it."""


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """A maker and reader of addresses; the secrets are those of reporters' links."""

    links: ReporterLinks

    def make(self, feed_id: int, generation: int) -> str:
        """Return the path of a feed."""
        return f"/calendar/{self.links.sign(LABEL, feed_id, generation)}.ics"

    def read(self, token: str) -> tuple[int, int]:
        """Return the id and the generation of a feed; raises NotFound for a bad token."""
        found = SHAPE.fullmatch(token)
        if found is None or not self.links.is_signed(LABEL, token):
            raise NotFound(INVALID_FEED)
        return int(found[2]), int(found[3])
