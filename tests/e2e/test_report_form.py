"""The report form and the reporter's page in a real browser with scripts off.

Both are used at the width of a phone and of a desktop screen.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gateway.settings import Database, Duration, load
from tests.e2e.browser import Tab, browser
from tests.support.served import RunningGateway, served

pytestmark = pytest.mark.e2e

CONTRAST = """
JSON.stringify([...document.querySelectorAll(
  'h1, h2, p, label, legend, a, button, summary, dt, dd, strong, input, textarea')].map(e => {
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const lum = c => { const [r, g, b] = c.map(
                       v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                     return .2126 * r + .7152 * g + .0722 * b; };
  const behind = one => rgb(getComputedStyle(one).backgroundColor);
  let back = e; while (back && behind(back)[3] === 0) back = back.parentElement;
  const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(behind(back || document.body))];
  return [e.outerHTML.slice(0, 60), (Math.max(a, b) + .05) / (Math.min(a, b) + .05)];
}).filter(([_, ratio]) => ratio < 4.5))
"""
"""A script that returns the elements whose text has less contrast than WCAG 2.2 AA requires."""

NAMELESS = """
JSON.stringify([...document.querySelectorAll('input:not([type=hidden]), textarea')]
  .filter(e => !(e.labels && e.labels.length && e.labels[0].textContent.trim()))
  .map(e => e.outerHTML))
"""


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    form = msgspec.structs.replace(
        plain.form,
        services=("mail",),
        min_age=Duration(seconds=0),
        zone="Asia/Shanghai",
        contact="400",
    )
    database = Database(url=database_url, pool_min=1, pool_max=8)
    async with served(msgspec.structs.replace(plain, database=database, form=form)) as running:
        assert (
            await running.post("/api/v1/services", {"slug": "mail", "name": "邮件"}, "admin")
        ).status == 201
        yield running


async def assert_page_is_sound(tab: Tab, *words: str) -> None:
    """Require these words, a name for every field, and readable colours.

    The page fits at both widths, and nothing was blocked.
    """
    text = await tab.tell("document.body.innerText")
    assert [word for word in words if word not in text] == []
    assert json.loads(await tab.tell(NAMELESS)) == []
    for scheme in ("light", "dark"):
        await tab.ask(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        assert json.loads(await tab.tell(CONTRAST)) == []
    for width in (1280, 360):
        await tab.wide(width)
        assert await tab.tell("document.documentElement.scrollWidth") <= width
    assert tab.complaints() == []


async def fill_in_and_send(tab: Tab, picture: Path) -> None:
    """Submit the form with an invalid telephone number, then with a valid one."""
    await tab.write("#title", "打不开 <script>alert(1)</script>")
    await tab.write("#description", "从早上\n开始")
    await tab.click("input[name=impact][value=group]")
    await tab.click("input[name=urgency][value=high]")
    await tab.write("#phone", "12")
    await tab.choose("#files", picture)
    await tab.press("button")
    await assert_page_is_sound(tab, "电话号码格式不正确。", "请重新选择文件。")
    await tab.write("#phone", "139 1234 5678")
    await tab.choose("#files", picture)
    await tab.press("button")


async def test_reporter_submits_form_adds_file_and_confirms_resolution(
    gateway: RunningGateway, chromium: Path, tmp_path: Path
) -> None:
    url = str(gateway.client.make_url("")).rstrip("/")
    picture = tmp_path / "截图 1.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40_000))
    async with browser(chromium, tmp_path) as tab:
        await tab.go(f"{url}/report?lang=zh-CN")
        await tab.press("main li a")
        await assert_page_is_sound(tab, "报告故障: 邮件", "您还能继续工作吗？", "400")
        await tab.click("button")
        assert await tab.tell("document.activeElement.id") == "title", (
            "the browser itself asks for what is missing"
        )
        await fill_in_and_send(tab, picture)
        await assert_page_is_sound(tab, "我们已收到您的报告", "INC-")
        await tab.press("a.button")
        await assert_page_is_sound(
            tab, "服务台受理", "打不开 <script>alert(1)</script>", "从早上\n开始", "截图 1.png"
        )
        await tab.write("#note", "还是不行")
        await tab.press("form[action$='/note'] button")
        await tab.choose("#file", picture)
        await tab.press("form[action$='/file'] button")
        await assert_page_is_sound(tab, "还是不行", "备注 (您)")
        number = await tab.tell("document.querySelector('.number').innerText")
        await gateway.post(f"/api/v1/incidents/{number}/resolve", {"solution": "重启"}, "admin")
        await tab.go(await tab.tell("location.href"))
        await assert_page_is_sound(tab, "问题解决了吗？", "重启")
        await tab.click("input[name=satisfaction][value='3']")
        await tab.press("form[action$='/confirm'] button")
        await assert_page_is_sound(tab, "已关闭", "满意")
        await tab.go(f"{url}/my/nothing?lang=en")
        await assert_page_is_sound(tab, "This page does not exist")
    _, record = await gateway.get(f"/api/v1/incidents/{number}", "admin")
    assert (record["state"], record["satisfaction"], record["contact"]) == (
        "closed",
        3,
        "+8613912345678",
    )
    assert (
        await gateway.pool.fetchval("SELECT count(*) FROM attachment WHERE name = '截图 1.png'")
        == 2
    )
