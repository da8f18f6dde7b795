"""The address at which telephone systems reach the gateway. Pure."""

from gateway.settings import Settings


def public_address(settings: Settings) -> str:
    """Return the gateway's URL as telephone systems see it, without a slash at its end.

    It is never taken from a request.
    """
    return (settings.phone.public_url or settings.server.external_url).rstrip("/")
