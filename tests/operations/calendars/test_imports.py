"""Calendars that people named are read when due; one that fails keeps the absences it had."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.egress.address_guard import AddressGuard
from gateway.egress.downloads import Downloader
from gateway.ingest.workers.process import ParseWorker
from gateway.ingest.workers.protocol import TooCostly
from gateway.oncall.absences import of_person
from gateway.oncall.ical.reading import CalendarReader
from gateway.oncall.person_calendars import (
    PersonCalendar,
    calendar_of,
    count_failing,
    put_calendar,
)
from gateway.operations.calendars.imports import CPU_SECONDS, CalendarFiles, CalendarRefresh
from gateway.operations.unit_of_work import UnitOfWork
from tests.support.api import Api
from tests.support.certificate import make_certificate
from tests.support.clock import NOON, FakeClock
from tests.support.forker import FORKER

AT_HOME = AddressGuard(private=True, ports=None)
EVERY = timedelta(minutes=15)


def event(uid: str, day: str, *lines: str) -> str:
    whole = (f"UID:{uid}", f"DTSTART;VALUE=DATE:{day}", f"SUMMARY:{uid}", *lines)
    return "\r\n".join(("BEGIN:VEVENT", *whole, "END:VEVENT", ""))


def calendar(*events: str) -> str:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(events)}END:VCALENDAR\r\n"


@dataclass
class World:
    """A calendar on a server, its owner, and the reading of it."""

    address: str
    uow: UnitOfWork
    clock: FakeClock
    refresh: CalendarRefresh
    status: int = 200
    text: str = ""
    etag: str = ""
    meanwhile: str = ""
    asked: list[str | None] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("If-None-Match"))
        if self.meanwhile:
            await self.uow.pool.execute(self.meanwhile)
        if self.status == 200 and self.etag and self.asked[-1] == self.etag:
            return web.Response(status=304)
        headers = {"ETag": self.etag} if self.etag else {}
        return web.Response(status=self.status, text=self.text, headers=headers)

    async def name(self, login: str = "ann", *words: str, at_least: int = 0) -> None:
        async with self.uow.pool.acquire() as conn:
            hours = timedelta(hours=at_least)
            await put_calendar(
                conn, login, f"{self.address}/c.ics", words, hours, self.clock.stamp()
            )

    async def state(self) -> PersonCalendar:
        async with self.uow.pool.acquire() as conn:
            return await calendar_of(conn, "ann")

    async def absences(self) -> list[str]:
        far = timedelta(days=900)
        async with self.uow.pool.acquire() as conn:
            found = await of_person(conn, "ann", NOON - far, NOON + far)
        return [one.reason for one in found]

    async def later(self, by: timedelta = EVERY) -> None:
        self.clock.advance(by)
        await self.refresh.run_once()


@pytest.fixture
async def world(api: Api, clock: FakeClock, tmp_path: Path) -> AsyncIterator[World]:
    await api.person("ann", zone="Asia/Shanghai")
    file, trusted = make_certificate(tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(file)
    app = web.Application()
    running = TestServer(app, scheme="https")
    downloader = Downloader(AT_HOME, trusted)
    refresh = CalendarRefresh(api.uow, CalendarFiles(asyncio.to_thread, AT_HOME), downloader, EVERY)
    made = World("", api.uow, clock, refresh)
    app.router.add_get("/c.ics", made.answer)
    await running.start_server(ssl=ours)
    made.address = str(running.make_url("")).rstrip("/")
    yield made
    await downloader.close()
    await running.close()


async def test_calendar_is_read_when_due_and_its_events_are_replaced(world: World) -> None:
    world.text = calendar(event("one", "20260310"), event("two", "20260311"))
    await world.name()
    assert await world.refresh.run_once() == 1
    assert await world.absences() == ["one", "two"]
    assert await world.refresh.run_once() == 0
    world.text = calendar(event("two", "20260312"), event("three", "20260313"))
    await world.later()
    assert await world.absences() == ["two", "three"]
    state = await world.state()
    assert (state.absences, state.unreadable, state.error) == (2, 0, "")
    assert state.read_at == state.checked_at == NOON + EVERY


async def test_calendar_that_fails_keeps_its_absences_and_tells_why(world: World) -> None:
    world.text = calendar(event("one", "20260310"))
    await world.name()
    await world.refresh.run_once()
    for status, text, error in ((500, "", "answered 500"), (200, "<html>", "no iCalendar file")):
        world.status, world.text = status, text
        await world.later()
        state = await world.state()
        assert error in state.error
        assert (state.failing_since, state.read_at) == (NOON + EVERY, NOON)
        assert await world.absences() == ["one"]
    async with world.uow.pool.acquire() as conn:
        stamp = world.clock.stamp()
        assert await count_failing(conn, timedelta(minutes=10), stamp) == 1
        assert await count_failing(conn, timedelta(minutes=20), stamp) == 0
    world.text = calendar()
    await world.later()
    assert await world.absences() == []
    assert (await world.state()).failing_since is None


async def test_absences_entered_by_hand_or_past_stay(api: Api, world: World) -> None:
    until = (NOON + timedelta(days=3)).isoformat()
    made = {"from": NOON.isoformat(), "to": until, "reason": "by hand"}
    assert (await api.call("POST", "/api/v1/people/ann/absences", made))[0] == 201
    world.text = calendar(event("one", "20260302"))
    await world.name()
    await world.refresh.run_once()
    world.text = calendar()
    await world.later(timedelta(days=3))
    assert await world.absences() == ["one", "by hand"]


async def test_absence_of_calendar_is_not_deleted_by_hand(api: Api, world: World) -> None:
    world.text = calendar(event("one", "20260310"))
    await world.name()
    await world.refresh.run_once()
    path = "/api/v1/people/ann/absences"
    [one] = (await api.call("GET", path))[1]["absences"]
    assert (await api.call("DELETE", f"{path}/{one['id']}"))[0] == 409
    assert (await api.call("DELETE", "/api/v1/me/calendar", scope="ann"))[0] == 204
    assert await world.absences() == []


async def test_unchanged_calendar_is_read_whole_once_a_day(world: World) -> None:
    world.text, world.etag = calendar(event("daily", "20260310", "RRULE:FREQ=WEEKLY")), '"1"'
    await world.name()
    await world.refresh.run_once()
    first = len(await world.absences())
    await world.later()
    assert world.asked == [None, '"1"']
    state = await world.state()
    assert (state.read_at, state.checked_at) == (NOON, NOON + EVERY)
    await world.later(timedelta(days=14))
    assert world.asked == [None, '"1"', None]
    assert len(await world.absences()) == first + 2


async def test_words_and_hours_of_person_choose_events(world: World) -> None:
    world.text = calendar(event("Leave", "20260310"), event("x", "20260311"))
    await world.name("ann", "leave", at_least=24)
    await world.refresh.run_once()
    assert await world.absences() == ["Leave"]
    await world.name("ann", at_least=25)
    await world.refresh.run_once()
    assert await world.absences() == []


async def test_calendar_named_while_other_is_read_wins(world: World) -> None:
    world.text = calendar(event("old", "20260310"))
    await world.name()
    world.meanwhile = "UPDATE person_calendar SET url = 'https://other.example/'"
    await world.refresh.run_once()
    assert await world.absences() == []
    assert (await world.state()).checked_at is None


async def test_calendar_of_inactive_person_is_not_read(api: Api, world: World) -> None:
    await world.name()
    assert (await api.call("DELETE", "/api/v1/people/ann"))[0] == 204
    assert await world.refresh.run_once() == 0
    assert world.asked == []


async def test_absences_changed_at_moves_only_if_something_changed(world: World) -> None:
    changed = "SELECT absences_changed_at FROM person WHERE login = 'ann'"
    world.text = calendar(event("one", "20260310"))
    await world.name()
    await world.refresh.run_once()
    await world.later()
    assert await world.uow.pool.fetchval(changed) == NOON
    world.text = calendar()
    await world.later()
    assert await world.uow.pool.fetchval(changed) == NOON + 2 * EVERY


async def test_worker_reads_calendar_and_gives_up_on_one_without_end() -> None:
    worker = ParseWorker("calendars", FORKER)
    try:
        files = CalendarFiles(partial(worker.call, "calendars", CPU_SECONDS), AT_HOME)
        content = await files.read(
            calendar(event("one", "20260310")).encode(), CalendarReader("UTC"), NOON
        )
        assert [one.title for one in content.events] == ["one"]
        endless = "RRULE:FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24)))
        endless += ";BYMINUTE=" + ",".join(map(str, range(60)))
        impatient = CalendarFiles(partial(worker.call, "calendars", 0.3), AT_HOME)
        body = calendar(event("one", "19700310", endless)).encode()
        with pytest.raises(TooCostly):
            await impatient.read(body, CalendarReader("UTC"), NOON)
    finally:
        await worker.close()
