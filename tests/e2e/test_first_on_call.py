"""The tutorial in both languages: its commands, typed by a newcomer, page a person who takes it."""

import email
import json
import re
import shlex
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from gateway.timing.clock import SystemClock
from gateway.vocabulary import TimerKind
from tests.e2e.browser import Tab, browser, worker_of
from tests.e2e.processes import development_gateway, until
from tests.e2e.push_page import CLICK, LISTEN, notifications, open_page, picture, push, visible
from tests.e2e.test_report_form import assert_page_is_sound
from tests.support.page_commands import commands_of, run_script
from tests.support.push_service import FakePushService, fake_push_service

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PUSH_SERVICE_OF_THE_TEST = "GATEWAY_NOTIFY__WEBPUSH__ALLOW_PRIVATE=true"
SHELL_LINE = re.compile(r"^  shell +(export .+)$", re.MULTILINE)
MAIL_LINE = re.compile(r"^mail to ann@example\.com: (.+)  (http\S+)$", re.MULTILINE)
TO_COME = """
SELECT (SELECT count(*) FROM timer WHERE armed AND kind = $1)
  + (SELECT count(*) FROM outbox WHERE incident_id IS NOT NULL AND state = 'pending')
"""
"""The number of steps of the policy and of messages that are still to come."""


@dataclass
class Newcomer:
    """Somebody who follows the tutorial on a machine of their own."""

    facts: dict[str, Any]
    folder: Path
    variables: dict[str, str]
    commands: list[str]
    http: aiohttp.ClientSession = field(default_factory=aiohttp.ClientSession)

    async def type_next(self) -> str:
        """Type the next command of the page and return what it prints."""
        return await run_script(self.commands.pop(0), self.folder, **self.variables)

    async def read(self, path: str) -> Any:
        """Return an answer of the API."""
        key = {"Authorization": f"Bearer {self.variables['ADMIN']}"}
        address = f"{self.variables['GATEWAY']}/api/v1{path}"
        async with self.http.get(address, headers=key) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def check_untouched(self, before: dict[str, Any]) -> None:
        """Require that the record is as it was, and nobody's."""
        now = await self.read(f"/incidents/{before['number']}")
        assert (now["version"], now["updated_at"]) == (before["version"], before["updated_at"])
        assert (now["state"], now["handler"]) == ("logged", "")

    async def to_come(self) -> int:
        """Return how many steps and messages are still to come."""
        conn = await asyncpg.connect(self.facts["database_url"])
        try:
            found: int = await conn.fetchval(TO_COME, TimerKind.PAGING)
            return found
        finally:
            await conn.close()

    async def mail(self) -> str:
        """Return the link that is printed once a mail arrives, which stands in the mail as well."""

        async def printed() -> re.Match[str] | None:
            return MAIL_LINE.search((self.folder / "gateway.log").read_text("utf-8"))

        line = await until("a mail is printed", printed, 40)
        [file] = Path(self.facts["mail"]).iterdir()
        mail = email.message_from_bytes(file.read_bytes(), policy=default)
        assert (mail["To"], mail["Subject"]) == ("ann@example.com", line[1])
        assert line[2] in mail.get_content().splitlines()
        assert line[2].startswith(f"{self.variables['GATEWAY']}/r/")
        return line[2]


@asynccontextmanager
async def newcomer(page: str) -> AsyncIterator[Newcomer]:
    """Run the first command of the page, and paste the line that it prints."""
    start, *others = commands_of(page)
    with tempfile.TemporaryDirectory(prefix="gw-e2e-", dir="/tmp") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        argv = ("env", PUSH_SERVICE_OF_THE_TEST, *shlex.split(start))
        facts = await development_gateway(stack, folder, *argv)
        line = SHELL_LINE.search((folder / "gateway.log").read_text("utf-8"))
        assert line
        pasted = dict(one.split("=", 1) for one in shlex.split(line[1])[1:])
        one = Newcomer(facts, folder, pasted, others)
        async with one.http:
            yield one


async def subscribe(tab: Tab, page: str, service: FakePushService, lang: str, done: str) -> None:
    """Open the page and press its button at the width of a telephone."""
    await tab.wide(390)
    await open_page(tab, page, service, lang)
    await visible(tab, "Ann Lee")
    await picture(tab, f"first-subscribe-{lang}.png")
    await tab.press("[data-when=ready] button")
    await visible(tab, done)
    await picture(tab, f"first-subscribed-{lang}.png")


async def notified(tab: Tab, service: FakePushService, origin: str) -> list[str]:
    """Wait until a notification is shown; return its title and the link that a click opens."""

    async def arrived() -> bool:
        return bool(service.pushed)

    await until("a push arrives", arrived)
    async with worker_of(tab) as worker:
        await worker.tell(LISTEN)
        await push(tab, origin, json.dumps(service.pushed[0].shown))
        ((title, _, _, link),) = await notifications(worker, 1)
        (opened,) = json.loads(await worker.tell(CLICK % json.dumps(link)))
    return [title, opened]


@pytest.mark.parametrize(
    ("page", "lang", "subscribed", "untaken", "take", "taken"),
    [
        (
            "tutorial/first-on-call.md",
            "en",
            "This browser is called.",
            "nobody has it",
            "Take it",
            "You have it now.",
        ),
        (
            "tutorial/first-on-call.zh-CN.md",
            "zh-CN",
            "此浏览器已可接收通知。",
            "还没有人",
            "我来接手",
            "已由你接手。",
        ),
    ],
    ids=["en", "zh-CN"],
)
async def test_person_is_paged_by_browser_and_mail_and_takes_the_incident(
    chromium: Path,
    tmp_path: Path,
    page: str,
    lang: str,
    subscribed: str,
    untaken: str,
    take: str,
    taken: str,
) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    async with (
        fake_push_service(clock.now()) as service,
        newcomer(page) as one,
        browser(chromium, tmp_path) as tab,
    ):
        await one.type_next()
        await one.type_next()
        link = json.loads(await one.type_next())["url"]
        await subscribe(tab, link, service, lang, subscribed)
        [result] = json.loads(await one.type_next())["results"]
        assert one.commands == []
        record = f"/incidents/{result['incident']}"
        title, by_click = await notified(tab, service, one.variables["GATEWAY"])
        assert "disk full" in title
        by_mail = await one.mail()

        before = await one.read(record)
        for opened in (by_click, by_mail):
            await tab.go(f"{opened}?lang={lang}")
            await assert_page_is_sound(tab, result["incident"], untaken, take)
        await one.check_untouched(before)
        assert await one.to_come() == 1

        await tab.wide(390)
        await picture(tab, f"first-record-{lang}.png")
        await tab.press("button.main")
        seconds = clock.monotonic() - began
        await assert_page_is_sound(tab, taken)
        await tab.wide(390)
        await picture(tab, f"first-taken-{lang}.png")
        now = await one.read(record)
        assert (now["state"], now["handler"]) == ("in_progress", "ann")
        assert await one.to_come() == 0
        assert tab.complaints() == []
    print(f"{lang}: {seconds:.0f} s from `gw dev` to taken")  # noqa: T201 - it is timed
