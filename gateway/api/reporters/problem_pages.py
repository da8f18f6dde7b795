"""Problems as pages for people with a browser, in their language."""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.pages.rendering import Pages
from gateway.pages.words import WORDS, in_language
from gateway.web import problems


def with_problem_pages(
    definitions: list[web.RouteDef],
    pages: Pages,
    let: Callable[[web.Request], None] = lambda _: None,
) -> list[web.RouteDef]:
    """Return the same routes, which answer every problem with a page.

    `let` raises for a request that is not served.
    """
    return [
        web.RouteDef(one.method, one.path, _paged(one.handler, pages, let), one.kwargs)
        for one in definitions
    ]


def _paged(handler: Handler, pages: Pages, let: Callable[[web.Request], None]) -> Handler:
    async def shown(request: web.Request) -> web.StreamResponse:
        try:
            let(request)
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - people get a page, whatever it is
            return _page(request, problems.make_problem_response(error), pages)

    return shown


def _page(request: web.Request, problem: web.Response, pages: Pages) -> web.Response:
    status, locale = problem.status, pages.locale(request)
    kind = next((kind for kind in (str(status), f"{status // 100}00") if kind in WORDS), "400")
    wait = problem.headers.get("Retry-After", "")
    heading, advice = (
        in_language(WORDS[kind], locale),
        in_language(WORDS[f"{kind}_do"], locale).format(wait),
    )
    page = pages.show("problem.html", locale, status, heading=heading, advice=advice)
    if wait:
        page.headers["Retry-After"] = wait
    return page
