"""The page of one record for its reporter: the API of the link, for a browser without a script."""

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from aiohttp import BodyPartReader, web

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import Action, may
from gateway.api.context import Context
from gateway.api.page_forms import clean_text, form_key, read_form, reading_form
from gateway.api.reporters import reporter_api
from gateway.api.reporters.reporter_api import RecordForReporter, ReporterEvent
from gateway.errors import Malformed
from gateway.files.spool import receive_file
from gateway.incidents.labels import LOCALES, SATISFACTION, Locale, label, state_label
from gateway.operations.attach import UploadedFile
from gateway.pages.rendering import Pages
from gateway.pages.words import EVENTS, HOLDS, WORDS, in_language
from gateway.vocabulary import HoldReason
from gateway.web.described_endpoint import FORM, PARTS, DescribedEndpoint, KeyLocation

REPORTER_PAGE_PATH = "/my/{link:[A-Za-z0-9._-]{1,128}}"
REPORTER_PAGES = (
    DescribedEndpoint("GET", "/my/{link}", "Show a reporter's record as a page", KeyLocation.LINK),
    DescribedEndpoint(
        "POST", "/my/{link}/file", "Attach a file on a reporter's page", KeyLocation.LINK, (PARTS,)
    ),
    DescribedEndpoint(
        "POST", "/my/{link}/{asked}", "Send a form of a reporter's page", KeyLocation.LINK, (FORM,)
    ),
)

FIELD_BYTES = 4_096
"""The most bytes of a field beside a file."""


@dataclass(frozen=True, slots=True)
class ReporterPageEvent:
    """One event of a record, in words."""

    at: datetime
    word: str
    own: bool
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReporterPage:
    """The page GET /my/{link}, with a form for each action that the reporter may take."""

    context: Context
    pages: Pages

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the page."""
        asked = "|".join(reporter_api.REPORTER_BODIES)
        return [
            web.get(REPORTER_PAGE_PATH, self.read),
            web.post(REPORTER_PAGE_PATH + "/file", self.attach),
            web.post(f"{REPORTER_PAGE_PATH}/{{asked:{asked}}}", self.act),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """Return the page of the record; nothing changes. Raises NotFound."""
        locale, link = self.pages.locale(request), request.match_info["link"]
        _, incident = await reporter_api.open_link(self.context, link)
        one = await reporter_api.view_for_reporter(self.context, incident)
        return self.pages.show(
            "mine.html",
            locale,
            switch=f"/my/{link}",
            mine=one,
            path=f"/my/{link}",
            nonce=secrets.token_hex(16),
            state=state_label(one.state, incident.kind, locale),
            story=list(self._story(one, locale)),
            rating=in_language(SATISFACTION[one.satisfaction], locale) if one.satisfaction else "",
            satisfactions=[
                (value, in_language(words, locale)) for value, words in SATISFACTION.items()
            ],
            max_mb=self.context.attachments.quota.each // 1_048_576,
        )

    async def act(self, request: web.Request) -> web.Response:
        """Confirm, refuse, rate or add a note, then redirect to the page.

        Raises Malformed, NotFound, Forbidden, IllegalTransition, TooManyAttempts and
        Unavailable.
        """
        asked, link = request.match_info["asked"], request.match_info["link"]
        who, incident = await reporter_api.open_link(self.context, link)
        form = await read_form(request)
        try:
            wanted = msgspec.convert(
                {name: form[name] for name in ("note", "satisfaction") if form.get(name)},
                reporter_api.REPORTER_BODIES[asked],
                strict=False,
            )
        except msgspec.ValidationError as error:
            raise Malformed(str(error)) from error
        await reporter_api.act_by_reporter(
            self.context,
            who,
            incident,
            reporter_api.command_by_link(wanted),
            form_key(link, form, asked),
        )
        return self._back(link, form)

    async def attach(self, request: web.Request) -> web.Response:
        """Store a file, then redirect to the page.

        Raises Malformed, NotFound, Forbidden, TooLarge, TooManyAttempts and Unavailable.
        """
        link, attachments = request.match_info["link"], self.context.attachments
        who, incident = await reporter_api.open_link(self.context, link)
        raise_if_refused(may(who, Action.ATTACH, incident))
        await reporter_api.count_by_link(self.context, incident)
        form: dict[str, str] = {}
        part = await _file(request, form)
        async with receive_file(
            _chunks(part), attachments.quota.each, attachments.stores.directory
        ) as content:
            file = UploadedFile(part.filename or "file", content, public=True, link=link)
            await attachments.attach(
                incident.number,
                file,
                who,
                once=form_key(link, form, f"file {content.sha256.hex()}"),
            )
        return self._back(link, form)

    def _back(self, link: str, form: Mapping[str, str]) -> web.Response:
        locale = form.get("lang", "")
        query = f"?lang={locale}" if locale in LOCALES else ""
        return web.Response(status=303, headers={"Location": f"/my/{link}{query}"})

    def _story(self, one: RecordForReporter, locale: Locale) -> Iterator[ReporterPageEvent]:
        for happened in one.timeline:
            yield ReporterPageEvent(
                happened.at,
                in_language(EVENTS[happened.event], locale),
                happened.own,
                tuple(self._texts(happened, locale)),
            )

    def _texts(self, happened: ReporterEvent, locale: Locale) -> Iterator[str]:
        """Yield the texts that are shown besides the event."""
        facts = happened.facts
        if reason := facts.get("reason"):
            own = HOLDS.get(HoldReason(reason))
            yield in_language(own, locale) if own else label(HoldReason(reason), locale)
        if until := facts.get("until"):
            yield in_language(WORDS["until"], locale).format(self._when(until))
        if text := facts.get("text") or facts.get("note"):
            yield str(text)
        if due := facts.get("next_update_due_at"):
            yield in_language(WORDS["next_news"], locale).format(self._when(due))

    def _when(self, moment: Any) -> str:
        return self.pages.when(datetime.fromisoformat(str(moment)))


async def _file(request: web.Request, said_before: dict[str, str]) -> BodyPartReader:
    """Return the file in a form, and put the fields before it into `said_before`.

    Raises Malformed where there is no file.
    """
    with reading_form():
        form = await request.multipart()
        while isinstance(part := await form.next(), BodyPartReader) and len(said_before) <= 10:
            if part.name == "file" and part.filename:
                return part
            said_before[part.name or ""] = clean_text(
                (await part.read_chunk(FIELD_BYTES)).decode("utf-8", "replace")
            )
            await part.release()
    raise Malformed("there is no file in the form")


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    with reading_form():
        while chunk := await part.read_chunk():
            yield chunk
