"""The page of a record, in a real browser with scripts off, pressed by the person who is called."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.access.reporter_links import ReporterLinks
from gateway.access.staff_links import ReaderKind, StaffLink, StaffLinks
from gateway.settings import Database, load
from tests.e2e.browser import browser
from tests.e2e.test_report_form import assert_page_is_sound
from tests.support.served import RunningGateway, served
from tests.support.staff import hire

pytestmark = pytest.mark.e2e


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(load(None, {}), database=database)) as running:
        yield running


async def link_to(gateway: RunningGateway, number: str, login: str) -> str:
    """Return the address of the page of the record for a person."""
    secrets = tuple(
        row["secret"] for row in await gateway.pool.fetch("SELECT secret FROM link_secret")
    )
    links = StaffLinks(ReporterLinks(secrets, timedelta(days=1)))
    now = await gateway.pool.fetchval("SELECT now()")
    incident_id = await gateway.pool.fetchval("SELECT id FROM incident WHERE number = $1", number)
    link = links.make(StaffLink(incident_id, ReaderKind.PERSON, login), now)
    return str(gateway.client.make_url(f"/r/{link}"))


async def test_called_person_takes_notes_and_resolves_on_the_phone(
    gateway: RunningGateway, chromium: Path, tmp_path: Path
) -> None:
    await hire(gateway.pool, "dba", "ann", "bob")
    await gateway.pool.execute(
        "UPDATE person SET email = login || '@example.com', zone = 'Asia/Shanghai', "
        "locale = 'zh-CN', name = CASE login WHEN 'ann' THEN '何谷雨' ELSE '林小满' END"
    )
    record = {
        "title": "令牌签发延迟 p99 9.4 秒 " + "x" * 60,
        "description": "95 %\n自 12:00 起",
        "impact": "company",
        "urgency": "high",
    }
    made = await (await gateway.post("/api/v1/incidents", record, "admin")).json()
    number = made["number"]
    await gateway.post(f"/api/v1/incidents/{number}/assign", {"group": "dba"}, "admin")
    address = await link_to(gateway, number, "ann")
    async with browser(chromium, tmp_path) as tab:
        await tab.go(address)
        await assert_page_is_sound(
            tab,
            number,
            "在叫 何谷雨",
            "还没有人",
            "我来接手",
            "我接不了，现在就叫 林小满",
        )
        await tab.go(f"{address}?lang=en")
        await assert_page_is_sound(
            tab, "nobody has it", "Take it", "I cannot, call 林小满 now", "left for"
        )
        await tab.wide(390)
        height = "document.querySelector('button.main').getBoundingClientRect().height"
        assert await tab.tell(height) >= 64
        await tab.go(address)
        await tab.press("form[action$='/accept'] button")
        await assert_page_is_sound(tab, "已由你接手。", "你正在处理。", "受理中")
        await tab.click("details:has(#note) summary")
        await tab.write("#note", "正在重启")
        await tab.press("form[action$='/note'] button")
        await assert_page_is_sound(tab, "备注已添加。")
        await tab.click("details:has(#solution) summary")
        await tab.write("#solution", "重启")
        await tab.press("form[action$='/resolve'] button")
        await assert_page_is_sound(tab, "已标记为解决。", "这里没有要做的事：已解决。")
    _, read = await gateway.get(f"/api/v1/incidents/{number}", "admin")
    assert (read["state"], read["handler"], read["solution"]) == ("resolved", "ann", "重启")
