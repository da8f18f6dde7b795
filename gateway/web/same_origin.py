"""The origin of a form: refused unless a page of the gateway sent it, as browsers say. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway.errors import Forbidden

OWN_SITE = frozenset({"same-origin", "none"})
"""The values of Sec-Fetch-Site for a page of the gateway, and for what a person typed."""


def check_same_origin(headers: Mapping[str, str], external_url: str) -> None:
    """Raise Forbidden for a form that another site sent.

    Pages of the gateway name no referrer, for which browsers send `Origin: null`. Whoever sends
    neither header is no browser, or an old one: the token of the form decides.
    """
    site = headers.get("Sec-Fetch-Site", "")
    if site and site not in OWN_SITE:
        raise Forbidden("this form was sent by another site: open the link, and send it from there")
    origin = headers.get("Origin", "null")
    hosts = {headers.get("Host", ""), urlsplit(external_url).netloc}
    if origin != "null" and urlsplit(origin).netloc not in hosts:
        raise Forbidden("this form was sent by another site: open the link, and send it from there")
