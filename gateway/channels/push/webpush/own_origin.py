"""The check that a request was made by a page of the gateway itself."""

from aiohttp import web
from yarl import URL

from gateway.errors import Forbidden

OTHER = "this is sent by the gateway's own page only: open the page, and do it there"


def require_own_origin(request: web.Request, external_url: str) -> None:
    """Raise Forbidden for a request that a browser makes for a page of another origin.

    Programs name no origin. Behind a proxy the host of the request is that of the gateway, but
    its scheme may not be.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Forbidden(OTHER)
    origin = request.headers.get("Origin")
    if origin is None:
        return
    own = {request.host, URL(external_url).host_port_subcomponent}
    host = origin.partition("://")[2]
    if not host or host not in own:
        raise Forbidden(OTHER)
