"""Links in messages that open the record they are about, without a key."""

from dataclasses import dataclass

from gateway.access.reporter_links import ReporterLinks
from gateway.access.staff_links import ReaderKind, StaffLink, StaffLinks
from gateway.incidents.announcements.addressing import BY_LOGIN
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.texts.templates import REPORTER, Template

PRIVATE = frozenset({"smtp", "sms"})
"""The channels that one person reads. Whoever has a reporter's address may use their link."""

LONGEST_NAME = 100
"""The longest login or role, in characters, that a link is made for."""


@dataclass(frozen=True, slots=True)
class RecordLinks:
    """A maker of links to records; it makes none while `server.external_url` is empty."""

    links: ReporterLinks

    def __call__(self, row: OutboxRow, channel: str) -> str:
        """Return the link for the recipient on this channel, "" where there is none."""
        if row.incident_id is None or not row.facts.get("number") or not self.links.external_url:
            return ""
        if row.role == REPORTER:
            return self._reporters(row, row.incident_id) if channel in PRIVATE else ""
        return self._staffs(row, row.incident_id)

    def _reporters(self, row: OutboxRow, incident_id: int) -> str:
        """Return the link to the reporter's page, "" where they are sent the number alone."""
        if "title" not in row.facts and row.template != Template.RECEIVED:
            return ""
        link, _ = self.links.make(incident_id, row.claimed_at)
        return self.links.address(f"/my/{link}")

    def _staffs(self, row: OutboxRow, incident_id: int) -> str:
        """Return the link to the staff page, made for a person or for the role of an address."""
        is_person = row.channel in BY_LOGIN
        kind, name = (
            (ReaderKind.PERSON, row.recipient) if is_person else (ReaderKind.ROLE, row.role)
        )
        if not name or len(name) > LONGEST_NAME:
            return ""
        link = StaffLinks(self.links).make(StaffLink(incident_id, kind, name), row.claimed_at)
        return self.links.address(f"/r/{link}")
