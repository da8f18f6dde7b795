"""The read-only page of one record that a link in a message to staff opens, without a key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from aiohttp import web
from asyncpg import Record

from gateway.access.credentials import is_revoked
from gateway.access.permissions import visibility_of
from gateway.access.principal import MachineRole, Principal, principal_of_person
from gateway.access.reporter_links import INVALID
from gateway.access.staff_links import ReaderKind, StaffLink, StaffLinks
from gateway.api.context import Context
from gateway.api.records.timeline import fetch_newest_entries
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire
from gateway.directory.roles import parse_roles
from gateway.errors import NotFound
from gateway.incidents import store
from gateway.incidents.labels import Locale, state_label
from gateway.incidents.record import Incident
from gateway.pages.rendering import Pages
from gateway.pages.words import EVENTS, in_language
from gateway.web.described_endpoint import DescribedEndpoint, KeyLocation

ADDRESS = "/r/{link:[A-Za-z0-9._-]{1,600}}"

STAFF_PAGE = DescribedEndpoint(
    "GET", "/r/{link}", "Show a record as a page by a signed link", KeyLocation.LINK
)

PERSON = (
    "SELECT login, email, phone, roles, credentials_since FROM person WHERE login = $1 AND active"
)


@dataclass(frozen=True, slots=True)
class RecordPageEvent:
    """One event of a record, in words."""

    at: datetime
    word: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The handler of GET /r/{link}; its page is read-only."""

    context: Context
    pages: Pages

    def routes(self) -> list[web.RouteDef]:
        """Return the route of the page."""
        return [web.get(ADDRESS, self.read)]

    async def read(self, request: web.Request) -> web.Response:
        """Return the page; raises NotFound for a bad link or a reader who may not see it."""
        locale, link = self.pages.locale(request), request.match_info["link"]
        uow = self.context.uow
        async with acquire(uow.pool) as conn:
            now = await fetch_now(conn, uow.clock.stamp())
            opened = StaffLinks(self.context.links).read(link, now)
            who = await _reader(conn, opened)
            [*records] = await store.by_ids(conn, [opened.incident_id])
            if not records or not visibility_of(who).sees(records[0]):
                raise NotFound(INVALID)
            entries, earlier = await fetch_newest_entries(conn, records[0].id)
        incident = records[0]
        return self.pages.show(
            "record.html",
            locale,
            switch=f"/r/{link}",
            record=incident,
            state=state_label(incident.state, incident.kind, locale),
            links=list(_links(incident)),
            story=list(_story(entries, locale)),
            earlier=earlier,
        )


async def _reader(conn: Connection, opened: StaffLink) -> Principal:
    """Return the principal who reads by the link, with the roles they have now.

    Raises NotFound for a person who has left.
    """
    if opened.kind is ReaderKind.ROLE:
        return Principal(
            name=opened.name, parts=parse_roles([opened.name]) or frozenset({MachineRole.READER})
        )
    row = await conn.fetchrow(PERSON, opened.name)
    if row is None or not _is_believed(opened, row["credentials_since"]):
        raise NotFound(INVALID)
    return principal_of_person(row["login"], row["email"], row["phone"], row["roles"])


def _is_believed(opened: StaffLink, since: datetime | None) -> bool:
    """Return whether a link was made after all that was issued to its reader last ended."""
    return since is None or (opened.made_at is not None and not is_revoked(opened.made_at, since))


def _links(incident: Incident) -> Iterator[tuple[str, str]]:
    """Yield the text and address of each web page that the record links to."""
    for one in incident.links:
        href = one.get("href", "")
        if href.startswith(("https://", "http://")):
            yield one.get("text") or href, href


def _story(entries: Sequence[Record], locale: Locale) -> Iterator[RecordPageEvent]:
    """Yield the timeline entries that have a label, with the text that somebody wrote."""
    for row in entries:
        if row["event"] in EVENTS:
            facts = msgspec.json.decode(row["facts"])
            text = facts.get("note") or facts.get("text") or ""
            yield RecordPageEvent(
                row["at"], in_language(EVENTS[row["event"]], locale), row["actor"], str(text)
            )
