"""A person subscribes, tries and removes browsers by a link of their own, and by no other."""

import asyncio
import re
from datetime import timedelta

import pytest

from gateway.channels.push.webpush.words import WORDS
from tests.channels.push.webpush.conftest import Pages
from tests.support.push_service import b64

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
PROBLEM = "application/problem+json"


async def test_browser_is_subscribed_listed_and_named(pages: Pages) -> None:
    path = await pages.link()
    assert "No browser is subscribed yet." in await pages.get(path)
    pages.gateway.client.session.headers["User-Agent"] = CHROME
    answer = await pages.subscribe(path)
    assert answer.status == 201
    shown = await pages.get(path)
    assert "Chrome, Linux" in shown
    assert "since 2026-03-02 12:00 UTC" in shown
    assert pages.service.url not in shown
    assert "Olga" in shown
    assert await pages.endpoints() == [("olga", "/a")]


async def test_page_is_in_both_languages_and_names_every_way_out(pages: Pages) -> None:
    path = await pages.link()
    english, chinese = await pages.get(path, "en"), await pages.get(path, "zh-CN")
    for place, page in enumerate((english, chinese)):
        for name in ("heading", "no_script", "missing", "denied", "failed", "ended", "full"):
            assert WORDS[name][place] in page.replace("&#39;", "'")


async def test_page_has_a_script_of_its_own_and_no_other(pages: Pages) -> None:
    path = await pages.link()
    answer = await pages.gateway.client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "'unsafe-" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.findall(r"<script[^>]*>", await answer.text()) == [
        '<script src="/push/page.js" defer>'
    ]
    for file, kind in (
        ("page.js", "text/javascript"),
        ("worker.js", "text/javascript"),
        ("app.webmanifest", "application/manifest+json"),
    ):
        served = await pages.gateway.client.get(f"/push/{file}")
        assert (served.status, served.content_type) == (200, kind)
        assert served.headers["X-Content-Type-Options"] == "nosniff"


async def test_browser_that_subscribes_again_is_listed_once(pages: Pages) -> None:
    path = await pages.link()
    first, again = await pages.subscribe(path), await pages.subscribe(path)
    assert [first.status, again.status] == [201, 201]
    assert await first.json() == await again.json()
    assert await pages.endpoints() == [("olga", "/a")]


async def test_test_reaches_the_browsers_of_the_person_alone(pages: Pages) -> None:
    path, other = await pages.link("olga"), await pages.link("ann")
    await pages.subscribe(path, "olgas")
    await pages.subscribe(other, "anns")
    answer = await pages.send(f"{path}/test?lang=zh-CN")
    assert (answer.status, answer.headers["Location"]) == (303, f"{path}?lang=zh-CN&said=sent")
    assert "测试通知已发送" in await pages.get(f"{path}?lang=zh-CN&said=sent")
    (pushed,) = pages.service.pushed
    assert pushed.path == "/olgas"
    assert pushed.shown["title"].startswith("测试")
    assert pushed.proof.claims["sub"] == "https://gw.example/"
    assert b64(pushed.proof.key) == await pages.server_key(path)


async def test_test_that_no_service_takes_is_told_of(pages: Pages) -> None:
    path = await pages.link()
    await pages.subscribe(path)
    pages.service.answers["/a"] = (503, {})
    answer = await pages.send(f"{path}/test")
    assert answer.headers["Location"].endswith("said=unsent")
    shown = await pages.get(answer.headers["Location"])
    assert "No push service took the test." in shown
    assert "not reached the last 1 times" in shown


async def test_tests_are_limited(pages: Pages) -> None:
    path = await pages.link()
    found = [(await pages.send(f"{path}/test")).status for _ in range(6)]
    assert found == [303] * 5 + [429]
    pages.clock.advance(timedelta(minutes=1))
    assert (await pages.send(f"{path}/test")).status == 303


async def test_browser_is_removed_by_its_person_alone(pages: Pages) -> None:
    path, other = await pages.link("olga"), await pages.link("ann")
    made = await (await pages.subscribe(path)).json()
    assert (await pages.send(f"{other}/browsers/{made['id']}/remove")).status == 404
    assert await pages.endpoints() == [("olga", "/a")]
    answer = await pages.send(f"{path}/browsers/{made['id']}/remove")
    assert answer.headers["Location"].endswith("said=removed")
    assert await pages.endpoints() == []
    assert (await pages.send(f"{path}/browsers/{made['id']}/remove")).status == 404


async def test_browser_of_somebody_else_is_not_taken_over(pages: Pages) -> None:
    await pages.subscribe(await pages.link("olga"))
    answer = await pages.subscribe(await pages.link("ann"))
    assert (answer.status, answer.content_type) == (409, PROBLEM)
    assert await pages.endpoints() == [("olga", "/a")]


async def test_twenty_first_browser_is_refused(pages: Pages) -> None:
    path = await pages.link()
    for number in range(20):
        assert (await pages.subscribe(path, f"b{number}")).status == 201
    answer = await pages.subscribe(path, "b20")
    assert answer.status == 422
    assert "at most 20" in (await answer.json())["detail"]
    assert (await pages.subscribe(path, "b7")).status == 201
    assert (await pages.subscribe(await pages.link("ann"), "b20")).status == 201


async def test_browsers_that_come_at_once_keep_the_limit(pages: Pages) -> None:
    path = await pages.link()
    for number in range(18):
        await pages.subscribe(path, f"b{number}")
    answers = await asyncio.gather(*(pages.subscribe(path, f"c{number}") for number in range(6)))
    assert sorted(answer.status for answer in answers) == [201] * 2 + [422] * 4


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"endpoint": "https://169.254.169.254/latest"}, "/endpoint"),
        ({"endpoint": "ftp://push.example.net/1"}, "/endpoint"),
        ({"endpoint": "https://a:b@push.example.net/1"}, "/endpoint"),
        ({"p256dh": "AAAA"}, "/p256dh"),
        ({"auth": "AAAA"}, "/auth"),
        ({"server_key": "AAAA"}, "/server_key"),
    ],
)
async def test_what_is_no_subscription_is_refused_with_its_place(
    pages: Pages, changed: dict[str, str], pointer: str
) -> None:
    answer = await pages.subscribe(await pages.link(), **changed)
    assert (answer.status, answer.content_type) == (422, PROBLEM)
    assert [flaw["pointer"] for flaw in (await answer.json())["errors"]] == [pointer]
    assert await pages.endpoints() == []


async def test_key_that_is_not_ours_is_refused(pages: Pages) -> None:
    key = b64(pages.service.browser.p256dh)
    answer = await pages.subscribe(await pages.link(), server_key=key)
    assert answer.status == 409
    assert "load the page again" in (await answer.json())["detail"]


@pytest.mark.parametrize("body", [None, [], {"endpoint": 1}, {"endpoint": "https://a/", "more": 1}])
async def test_body_of_another_shape_is_refused(pages: Pages, body: object) -> None:
    answer = await pages.send(await pages.link(), body)
    assert (answer.status, answer.content_type) == (400, PROBLEM)


async def test_body_that_is_too_long_is_refused(pages: Pages) -> None:
    answer = await pages.subscribe(await pages.link(), endpoint="https://a/" + "x" * 70_000)
    assert answer.status == 413


async def test_link_that_has_ended_opens_nothing(pages: Pages) -> None:
    path = await pages.link()
    made = await (await pages.subscribe(path)).json()
    pages.clock.advance(timedelta(days=1))
    assert (await pages.gateway.client.get(path)).status == 404
    answers = [
        await pages.send(path, {}),
        await pages.send(f"{path}/test"),
        await pages.send(f"{path}/browsers/{made['id']}/remove"),
    ]
    assert [answer.status for answer in answers] == [404] * 3
    assert pages.service.pushed == []
    assert await pages.endpoints() == [("olga", "/a")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/api/v1/people/olga", None),
        ("PUT", "/api/v1/people/olga/password", {"new": "another sentence then"}),
    ],
)
async def test_link_and_browsers_end_with_all_that_was_issued(
    pages: Pages, method: str, path: str, body: object
) -> None:
    link = await pages.link()
    await pages.subscribe(link)
    pages.clock.advance(timedelta(minutes=1))
    key = {"Authorization": f"Bearer {pages.gateway.keys['admin']}"}
    answer = await pages.gateway.client.request(method, path, json=body, headers=key)
    assert answer.status == 204
    assert (await pages.gateway.client.get(link)).status == 404
    assert (await pages.send(link, {})).status == 404
    assert await pages.endpoints() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "https://gw.example", "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://gw.example.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://gw.example"}, 403),
    ],
)
async def test_page_of_another_origin_may_send_nothing(
    pages: Pages, headers: dict[str, str], status: int
) -> None:
    path = await pages.link()
    posted = pages.service.browser.posted(f"{pages.service.url}/a", await pages.server_key(path))
    assert (await pages.send(path, posted, headers)).status == status
    tried = await pages.send(f"{path}/test", None, headers)
    assert tried.status == (303 if status == 201 else 403)
    assert len(pages.service.pushed) == (1 if status == 201 else 0)


async def test_reading_the_page_changes_nothing(pages: Pages) -> None:
    path = await pages.link()
    await pages.subscribe(path)
    before = await pages.gateway.pool.fetch("SELECT * FROM push_subscription")
    for suffix in ("", "?said=removed", "?said=%3Cscript%3E"):
        assert "<script>" not in await pages.get(path + suffix)
    assert await pages.gateway.pool.fetch("SELECT * FROM push_subscription") == before
    assert pages.service.pushed == []
