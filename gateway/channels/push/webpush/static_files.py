"""The script of the page, the worker that shows notifications, and what a telephone installs."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from aiohttp import web

from gateway.web.described_endpoint import DescribedEndpoint, KeyLocation

FOLDER = Path(__file__).parent / "static"

MANIFEST = msgspec.json.encode(
    {
        "name": "Incidents 事件通知",
        "short_name": "Incidents",
        "display": "standalone",
        "scope": "/push/",
        "icons": [],
    }
)
"""The manifest that lets a page be put on the Home Screen: only then an iPhone is called."""

FILES = {
    "/push/page.js": ("text/javascript", (FOLDER / "page.js").read_bytes()),
    "/push/worker.js": ("text/javascript", (FOLDER / "worker.js").read_bytes()),
    "/push/app.webmanifest": ("application/manifest+json", MANIFEST),
}

DESCRIBED = (
    DescribedEndpoint(
        "GET", "/push/page.js", "Read the script that subscribes a browser", KeyLocation.NONE
    ),
    DescribedEndpoint(
        "GET", "/push/worker.js", "Read the worker that shows notifications", KeyLocation.NONE
    ),
    DescribedEndpoint(
        "GET", "/push/app.webmanifest", "Read the manifest for Home Screens", KeyLocation.NONE
    ),
)


def routes() -> list[web.RouteDef]:
    """Return a route for each file."""
    return [web.get(path, _serve(kind, content)) for path, (kind, content) in FILES.items()]


def _serve(kind: str, content: bytes) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(
            body=content,
            content_type=kind,
            charset="utf-8",
            headers={
                "Cache-Control": "no-cache",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )

    return serve
