"""Addresses in messages that open the record they tell of, without a key."""

from dataclasses import dataclass

from gateway.notify.outbox import Owed
from gateway.notify.templates import REPORTER, Template
from gateway.operations.reporter_links import ReporterLinks

PRIVATE = frozenset({"smtp", "sms"})
"""Channels that one person reads: whoever has a reporter's address answers for them."""


@dataclass(frozen=True, slots=True)
class RecordLinks:
    """Makes them, where the gateway's own address is known."""

    links: ReporterLinks

    def __call__(self, owed: Owed, channel: str) -> str:
        """Return the address for whoever gets the message by this channel, "" where nothing opens."""
        number = owed.facts.get("number")
        if owed.incident_id is None or not number:
            return ""
        if owed.role == REPORTER:
            return self._reporters(owed) if channel in PRIVATE else ""
        return self.links.address(f"/api/v1/incidents/{number}")

    def _reporters(self, owed: Owed) -> str:
        """Return the reporter's page; it does not open for records of which they hear the number alone."""
        if "title" not in owed.facts and owed.template != Template.RECEIVED:
            return ""
        link, _ = self.links.make(owed.incident_id or 0, owed.claimed_at)
        return self.links.address(f"/my/{link}")
