"""Pages that need no key: problem types (the `type` of an error) and runbooks of alerts."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from aiohttp import web

from gateway.errors import NotFound
from gateway.pages.rendering import Pages
from gateway.pages.words import in_language
from gateway.web.problem_words import PROBLEM_WORDS
from gateway.web.problems import PROBLEMS

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"


class ProblemPage(msgspec.Struct, omit_defaults=True):
    """One problem type; `status` is left out where the HTTP layer sets it."""

    type: str
    title: str
    meaning: str
    advice: str
    status: int = 0


@cache
def _runbooks() -> Mapping[str, str]:
    return {path.stem: path.read_text("utf-8") for path in RUNBOOKS.glob("*.md")}


def build_reference(pages: Pages) -> list[web.RouteDef]:
    """Return the routes of problem types and runbooks.

    Runbooks are read once and looked up by name, so that a path in a name leads nowhere.
    """

    async def problem(request: web.Request) -> web.Response:
        slug, locale = request.match_info["slug"], pages.locale(request)
        kind, words = PROBLEMS.get(slug), PROBLEM_WORDS.get(slug)
        if kind is None or words is None:
            raise NotFound("no type of problem has that name")
        title, meaning, advice = (
            in_language(both, locale)
            for both in ((kind.title, words.chinese_title), words.meaning, words.advice)
        )
        if "text/html" in request.headers.get("Accept", ""):
            return pages.show(
                "problem_type.html",
                locale,
                switch=f"/problems/{slug}",
                slug=slug,
                status_code=kind.status or "",
                heading=title,
                meaning=meaning,
                advice=advice,
            )
        told = ProblemPage(f"/problems/{slug}", title, meaning, advice, kind.status)
        headers = {"Content-Language": locale, "Vary": "Accept, Accept-Language"}
        body = msgspec.json.encode(told)
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def runbook(request: web.Request) -> web.Response:
        text = _runbooks().get(request.match_info["name"])
        if text is None:
            raise NotFound("no runbook has that name")
        return web.Response(text=text, content_type="text/plain", charset="utf-8")

    return [
        web.get("/problems/{slug}", problem),
        web.get("/runbooks/{name}", runbook),
    ]
