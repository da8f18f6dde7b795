"""Absences from calendars: a file that somebody sends, and the calendars that people named.

Files are read by a worker process: a short one may describe events without end.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from yarl import URL

from gateway.db.moment import fetch_now
from gateway.db.pool import acquire, transaction
from gateway.directory import people
from gateway.egress.address_guard import AddressGuard, AddressRefused
from gateway.egress.downloads import Downloader, Validators, check_download_url
from gateway.errors import Flaw, Malformed, Overloaded, TooLarge, Unavailable, Unprocessable
from gateway.ingest.replay import FunctionRunner
from gateway.oncall.absence import LONGEST, AbsenceSource, EventFilter, absences_in
from gateway.oncall.absences import ImportedAbsences, replace_absences
from gateway.oncall.ical.reading import CalendarContent, CalendarReader, read_calendar
from gateway.oncall.person_calendars import (
    CalendarVersion,
    DueCalendar,
    claim_due_calendars,
    note_failed,
    note_read,
    note_unchanged,
)
from gateway.operations.unit_of_work import UnitOfWork
from gateway.timing.periodic import process_each

CPU_SECONDS = 5.0
"""Seconds of processor time that reading one calendar may take."""

PAST = timedelta(days=1)
"""How long ago absences may have ended that are still kept as calendars say."""

CHECK_EVERY = 10.0
"""Seconds between two looks for calendars that are due."""

AT_ONCE = 10
"""Calendars that are claimed at once; the slowest of them are read within minutes."""

WHOLE_EVERY = timedelta(days=1)
"""How often a calendar is read even if it did not change: series go on, and more of them is near.
"""

WEBCAL = re.compile(r"^webcals?://", re.IGNORECASE)
"""The scheme by which pages offer calendars to programs."""

FAILURES = (Unavailable, Malformed, TooLarge, Overloaded)
"""The reasons why a calendar cannot be read that its owner is told."""


@dataclass(frozen=True, slots=True)
class CalendarFiles:
    """A reader of calendar files, which `run` runs within bounds of time and memory.

    `guard` has the rules about addresses of calendars.
    """

    run: FunctionRunner
    guard: AddressGuard

    def check(self, url: str) -> URL:
        """Return the address of a calendar as a URL; raises Unprocessable for one not allowed."""
        try:
            return check_download_url(self.guard, WEBCAL.sub("https://", url.strip()))
        except AddressRefused as refusal:
            flaw = Flaw("/url", f"{refusal}: give the https address of an iCalendar file")
            raise Unprocessable("this calendar cannot be read", flaws=(flaw,)) from refusal

    async def read(self, body: bytes, reader: CalendarReader, now: datetime) -> CalendarContent:
        """Return the events of a file from yesterday on; raises Malformed and TooLarge."""
        return await self.run(read_calendar, body, reader, now - PAST, now + LONGEST)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The number of absences that a file has, and of its events that could not be read."""

    absences: int
    unreadable: int


async def find_reader(uow: UnitOfWork, login: str) -> tuple[CalendarReader, datetime]:
    """Return a person as the owner of a calendar, and the present time; raises NotFound."""
    async with acquire(uow.pool) as conn:
        person = await people.by_login(conn, login)
        now = await fetch_now(conn, uow.clock.stamp())
    return CalendarReader(person.zone, person.email), now


async def take_absences(
    uow: UnitOfWork,
    login: str,
    content: CalendarContent,
    wanted: EventFilter,
    *,
    by: str,
    now: datetime,
) -> ImportResult:
    """Take the absences of a person from a file that was read at `now`.

    What came from the same events before is replaced. Raises NotFound and TooLarge; then nothing
    changes.
    """
    absences = absences_in(content, wanted)
    imported = ImportedAbsences(
        login=login, source=AbsenceSource.FILE, absences=absences, by=by, uids=content.uids
    )
    async with transaction(uow.pool) as conn:
        await replace_absences(conn, imported, now - PAST, uow.clock.stamp())
    return ImportResult(len(absences), content.unreadable)


@dataclass(frozen=True, slots=True)
class CalendarRefresh:
    """The reading of the calendars that people named, each again after `every`."""

    uow: UnitOfWork
    files: CalendarFiles
    downloader: Downloader
    every: timedelta

    async def run_once(self) -> int:
        """Read the calendars that are due and return how many.

        One that cannot be read keeps its absences, and its owner sees why.
        """
        async with acquire(self.uow.pool) as conn:
            due = await claim_due_calendars(conn, AT_ONCE, self.every, self.uow.clock.stamp())
        return await process_each("calendars", due, self._read)

    async def _read(self, due: DueCalendar) -> None:
        try:
            version = await self._fetch(due)
        except FAILURES as failure:
            async with acquire(self.uow.pool) as conn:
                await note_failed(conn, due, failure.detail)
            return
        async with transaction(self.uow.pool) as conn:
            if version is None:
                await note_unchanged(conn, due)
            elif await note_read(conn, due, version):
                imported = ImportedAbsences(
                    login=due.login,
                    source=AbsenceSource.CALENDAR,
                    absences=version.absences,
                    by=due.login,
                )
                stamp = self.uow.clock.stamp()
                await replace_absences(conn, imported, due.now - PAST, stamp)

    async def _fetch(self, due: DueCalendar) -> CalendarVersion | None:
        """Return the present version of a calendar, None if it is the one that was read last."""
        fresh = due.read_at is not None and due.now - due.read_at < WHOLE_EVERY
        known = Validators(due.etag, due.last_modified) if fresh else Validators()
        download = await self.downloader.get(due.url, known)
        if download.content is None:
            return None
        reader = CalendarReader(due.zone, due.email)
        content = await self.files.read(download.content, reader, due.now)
        return CalendarVersion(
            etag=download.validators.etag,
            last_modified=download.validators.last_modified,
            absences=absences_in(content, EventFilter(words=due.words, at_least=due.at_least)),
            unreadable=content.unreadable,
        )
