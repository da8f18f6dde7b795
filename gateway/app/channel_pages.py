"""Assembly of the pages of channels: the module `pages` of a channel's folder opens them."""

from collections.abc import Callable, Iterable

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.reporters.problem_pages import with_problem_pages
from gateway.channels.discovery import find_modules
from gateway.channels.opening import ChannelPages, PageParts
from gateway.pages.rendering import Pages

OPENERS = tuple(module.open_pages for module in find_modules("pages"))
"""The function of each `pages` module that opens its pages."""

Let = Callable[[web.Request], None]
"""A function that raises for a request that is not served."""


def open_channel_pages(parts: PageParts) -> tuple[ChannelPages, ...]:
    """Return the pages of all channels that the settings enable."""
    return tuple(opener(parts) for opener in OPENERS)


def channel_page_routes(
    opened: Iterable[ChannelPages], pages: Pages, let: Let
) -> list[web.RouteDef]:
    """Return the routes of pages; `let` raises for a request that is not served."""
    routes: list[web.RouteDef] = []
    for one in opened:
        routes += with_problem_pages(list(one.shown), pages, let)
        routes += [
            web.RouteDef(fetched.method, fetched.path, _let(fetched.handler, let), fetched.kwargs)
            for fetched in one.fetched
        ]
    return routes


def _let(handler: Handler, let: Let) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        let(request)
        return await handler(request)

    return handle
