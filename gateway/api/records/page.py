"""The page of one record that a link in a message to staff opens, without a key.

Reading it changes nothing, since programs open links in mail. Its forms act in the name of the
person that the link was made for.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from gateway.access.credentials import is_revoked
from gateway.access.permissions import visibility_of
from gateway.access.principal import MachineRole, Principal, principal_of_person
from gateway.access.reporter_links import INVALID
from gateway.access.staff_links import LinkExpired, ReaderKind, StaffLink, StaffLinks
from gateway.api.context import Context
from gateway.api.page_forms import form_key, read_form
from gateway.api.records.page_actions import (
    PAGE_COMMANDS,
    RefusedForm,
    act_by_page,
    renew_link,
)
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection, acquire
from gateway.directory.roles import parse_roles
from gateway.errors import NotFound
from gateway.escalation.due_times import explain
from gateway.incidents import store
from gateway.incidents.labels import LOCALES
from gateway.incidents.record import Incident
from gateway.operations.actions.available_actions import available_actions
from gateway.operations.actions.circumstances import load_circumstances
from gateway.pages.rendering import Pages
from gateway.pages.staff_words import staff_vocabulary
from gateway.timing.zones import time_zone_names
from gateway.views.staff_page import StaffPageWriter
from gateway.views.staff_page_values import PageReader
from gateway.views.staff_surroundings import load_surroundings
from gateway.web.described_endpoint import FORM, DescribedEndpoint, KeyLocation
from gateway.web.same_origin import check_same_origin

ADDRESS = "/r/{link:[A-Za-z0-9._-]{1,600}}"

STAFF_PAGES = (
    DescribedEndpoint(
        "GET", "/r/{link}", "Show a record as a page by a signed link", KeyLocation.LINK
    ),
    DescribedEndpoint(
        "POST",
        "/r/{link}/renew",
        "Send a new link in place of an expired one",
        KeyLocation.LINK,
        (FORM,),
    ),
    DescribedEndpoint(
        "POST",
        "/r/{link}/{asked}",
        "Send a form of the page that a signed link opens",
        KeyLocation.LINK,
        (FORM,),
    ),
)

PERSON = """
SELECT login, name, email, phone, roles, locale, zone, credentials_since,
  array(SELECT g.slug FROM staff_group_member m JOIN staff_group g ON g.id = m.group_id
        WHERE m.person_id = p.id AND g.active) AS groups
FROM person p WHERE login = $1 AND active
"""


@dataclass(frozen=True, slots=True)
class LinkReader:
    """The principal that a link was made for, and how the page addresses them."""

    who: Principal
    shown: PageReader


@dataclass(frozen=True, slots=True)
class PageNews:
    """The news that the page tells of the form that was just sent.

    `texts` are texts, or names of those in STAFF_WORDS; `mood` is their style, `status` the HTTP
    status of the page.
    """

    texts: tuple[str, ...] = ()
    mood: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The page GET /r/{link}, with a form for each action that its reader may take.

    `reading` is the context for what only reads.
    """

    context: Context
    reading: Context
    pages: Pages

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the page."""
        asked = "|".join(PAGE_COMMANDS)
        return [
            web.get(ADDRESS, self.read),
            web.post(ADDRESS + "/renew", self.renew),
            web.post(f"{ADDRESS}/{{asked:{asked}}}", self.act),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """Return the page; raises NotFound for a bad link or a reader who may not see it."""
        link, asked = request.match_info["link"], request.query.get("lang")
        async with acquire(self.reading.uow.pool) as conn:
            now = await fetch_now(conn, self.reading.uow.clock.stamp())
            try:
                opened = StaffLinks(self.context.links).read(link, now)
            except LinkExpired as expired:
                return self._expired(request, expired.opened, asked)
            reader = await self._reader(conn, request, opened, asked)
            incident = await _record(conn, opened, reader)
            news = PageNews()
            did = request.query.get("did", "")
            if did in PAGE_COMMANDS and reader.shown.login:
                news = PageNews((f"done_{did}",))
            return await self._show(conn, link, reader, incident, now, news, asked)

    async def act(self, request: web.Request) -> web.Response:
        """Take an action of the page, then redirect to it.

        A refused one shows the page as it is now, with the reason. Raises NotFound, Forbidden for
        a form of another page or site, Malformed, TooManyAttempts and Unavailable.
        """
        link, asked = request.match_info["link"], request.match_info["asked"]
        check_same_origin(request.headers, self.context.links.external_url)
        now, opened, expired = await self._opened(link)
        form = await read_form(request)
        language = form.get("lang")
        if expired:
            return self._expired(request, opened, language)
        seen = StaffLinks(self.context.links).read_form_token(link, form.get("token", ""))
        async with acquire(self.context.uow.pool) as conn:
            reader = await self._reader(conn, request, opened, language)
            incident = await _record(conn, opened, reader)
        if reader.shown.login:
            try:
                await act_by_page(
                    self.context,
                    incident,
                    asked,
                    form,
                    reader.who,
                    seen,
                    form_key(link, form, asked),
                )
            except RefusedForm as refused:
                news = PageNews(refused.texts(reader.shown, now), refused.mood, refused.status)
            else:
                return _back(link, language, asked)
        else:
            news = PageNews(status=403)
        async with acquire(self.context.uow.pool) as conn:
            incident = await _record(conn, opened, reader)
            return await self._show(conn, link, reader, incident, now, news, language)

    async def renew(self, request: web.Request) -> web.Response:
        """Send the person a new link by their own contact methods.

        Raises NotFound, Forbidden for a form of another site, TooManyAttempts and Unavailable.
        """
        link = request.match_info["link"]
        check_same_origin(request.headers, self.context.links.external_url)
        _, opened, expired = await self._opened(link)
        language = (await read_form(request)).get("lang")
        if not expired:
            return _back(link, language)
        async with acquire(self.context.uow.pool) as conn:
            reader = await self._reader(conn, request, opened, language)
            incident = await _record(conn, opened, reader)
        if reader.shown.login:
            await renew_link(self.context, incident, reader.shown.login)
        return self._expired(request, opened, language, renewed=True)

    async def _opened(self, link: str) -> tuple[datetime, StaffLink, bool]:
        """Return the time, what the link opens, and whether it expired; nothing of a body is read.

        Raises NotFound and Unavailable.
        """
        async with acquire(self.context.uow.pool) as conn:
            now = await fetch_now(conn, self.context.uow.clock.stamp())
        try:
            return now, StaffLinks(self.context.links).read(link, now), False
        except LinkExpired as expired:
            return now, expired.opened, True

    async def _show(
        self,
        conn: Connection,
        link: str,
        reader: LinkReader,
        incident: Incident,
        now: datetime,
        news: PageNews,
        language: str | None,
    ) -> web.Response:
        uow, shown = self.context.uow, reader.shown
        around = await load_circumstances(conn, incident, reader.who)
        beside = await load_surroundings(conn, incident, shown, now)
        actions = available_actions(reader.who, incident, around, uow.fields, now)
        clocks = explain(incident, uow.rules, now)
        writer = StaffPageWriter(shown, now)
        page = writer.page(incident, clocks, actions, around, beside)
        words = staff_vocabulary(shown.locale)
        texts = [words.get(text, text).format(page.next) for text in news.texts]
        return self.pages.show(
            "record.html",
            shown.locale,
            news.status,
            switch=f"/r/{link}",
            sheet="staff.css",
            w=words,
            page=page,
            news=texts,
            mood=news.mood,
            token=StaffLinks(self.context.links).form_token(link, incident.version),
            nonce=secrets.token_hex(16),
            lang=language in LOCALES,
        )

    def _expired(
        self,
        request: web.Request,
        opened: StaffLink,
        language: str | None,
        *,
        renewed: bool = False,
    ) -> web.Response:
        locale = self.pages.locale(request, language)
        return self.pages.show(
            "link_expired.html",
            locale,
            200 if renewed else 410,
            switch=f"/r/{request.match_info['link']}",
            sheet="staff.css",
            w=staff_vocabulary(locale),
            renewable=opened.kind is ReaderKind.PERSON,
            renewed=renewed,
        )

    async def _reader(
        self, conn: Connection, request: web.Request, opened: StaffLink, language: str | None
    ) -> LinkReader:
        """Return who reads by the link, with the roles they have now.

        Raises NotFound for a person who has left.
        """
        locale = self.pages.locale(request, language)
        if opened.kind is ReaderKind.ROLE:
            who = Principal(
                name=opened.name,
                parts=parse_roles([opened.name]) or frozenset({MachineRole.READER}),
            )
            return LinkReader(who, PageReader("", "", locale, self.pages.zone))
        row = await conn.fetchrow(PERSON, opened.name)
        if row is None or not _is_believed(opened, row["credentials_since"]):
            raise NotFound(INVALID)
        who = principal_of_person(
            row["login"], row["email"], row["phone"], row["roles"], row["groups"]
        )
        locale = locale if language in LOCALES else row["locale"]
        zone = row["zone"] if row["zone"] in time_zone_names() else self.pages.zone
        return LinkReader(who, PageReader(row["login"], row["name"], locale, zone))


async def _record(conn: Connection, opened: StaffLink, reader: LinkReader) -> Incident:
    """Return the record of the link; raises NotFound for a reader who may not see it."""
    [*records] = await store.by_ids(conn, [opened.incident_id])
    if not records or not visibility_of(reader.who).sees(records[0]):
        raise NotFound(INVALID)
    return records[0]


def _back(link: str, language: str | None, did: str = "") -> web.Response:
    """Return the redirection to the page, which then says what was done."""
    chosen = {"did": did, "lang": language if language in LOCALES else ""}
    query = "&".join(f"{name}={value}" for name, value in chosen.items() if value)
    address = f"/r/{link}?{query}" if query else f"/r/{link}"
    return web.Response(status=303, headers={"Location": address})


def _is_believed(opened: StaffLink, since: datetime | None) -> bool:
    """Return whether a link was made after all that was issued to its reader last ended."""
    return since is None or (opened.made_at is not None and not is_revoked(opened.made_at, since))
