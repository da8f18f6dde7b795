"""Tests of the pages about problem types and of the runbooks, which need no key."""

import re
from typing import Any

import pytest

from gateway.api.reference import RUNBOOKS
from gateway.errors import GatewayError
from gateway.web.problem_words import PROBLEM_WORDS
from gateway.web.problems import PROBLEMS
from tests.support.api import Api

CHINESE = re.compile(r"[一-鿿]")


def every_kind(kind: type[GatewayError] = GatewayError) -> set[type[GatewayError]]:
    return {kind}.union(*(every_kind(one) for one in kind.__subclasses__()))


async def read(api: Api, path: str, **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await api.client.get(path, headers=sent)
    assert answer.status == 200
    return answer


def test_every_problem_type_has_a_description() -> None:
    assert PROBLEM_WORDS.keys() == PROBLEMS.keys()
    ours = {one.code for one in every_kind() if one.__module__ == "gateway.errors"}
    assert ours <= PROBLEMS.keys()


@pytest.mark.parametrize("slug", sorted(PROBLEMS))
async def test_problem_type_url_answers_in_both_languages(api: Api, slug: str) -> None:
    english = await (await read(api, f"/problems/{slug}", Accept_Language="en")).json()
    assert english["type"] == f"/problems/{slug}"
    assert english["title"] == PROBLEMS[slug].title
    assert english.get("status", 0) == PROBLEMS[slug].status
    assert not CHINESE.search(english["meaning"] + english["advice"])
    answer = await read(api, f"/problems/{slug}", Accept_Language="zh-CN,zh;q=0.9,en;q=0.1")
    assert answer.headers["Content-Language"] == "zh-CN"
    chinese = await answer.json()
    assert all(CHINESE.search(chinese[name]) for name in ("title", "meaning", "advice"))
    assert chinese["type"] == english["type"]


async def test_type_of_error_response_leads_to_its_page(api: Api) -> None:
    _, problem = await api.call("GET", "/api/v1/incidents/INC-20260302-000001")
    page = await (await read(api, problem["type"])).json()
    assert (page["title"], page["status"]) == (problem["title"], problem["status"])


async def test_browser_gets_problem_page_in_its_language(api: Api) -> None:
    answer = await read(
        api, "/problems/conflict", Accept="text/html,*/*;q=0.8", Accept_Language="zh"
    )
    assert answer.content_type == "text/html"
    text = await answer.text()
    assert "请求与已有记录冲突" in text
    assert '<a href="/problems/conflict?lang=en"' in text


async def test_unknown_problem_type_returns_404(api: Api) -> None:
    assert (await api.client.get("/problems/made-up")).status == 404


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: str(path.stem))
async def test_every_runbook_is_served_as_text(api: Api, path: Any) -> None:
    answer = await read(api, f"/runbooks/{path.stem}")
    assert (answer.content_type, answer.charset) == ("text/plain", "utf-8")
    assert await answer.text() == path.read_text("utf-8")


@pytest.mark.parametrize("name", ["made-up", "gateway-down.md", "..%2F..%2Fpyproject", "%2e%2e"])
async def test_other_files_are_not_served_as_runbooks(api: Api, name: str) -> None:
    assert (await api.client.get(f"/runbooks/{name}")).status == 404
