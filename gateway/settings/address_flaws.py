"""Flaws of the addresses and ports in the settings. Pure."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from gateway.errors import Flaw
from gateway.settings.sections import Settings

HIGHEST_PORT = 65_535
DATABASES = ("postgresql", "postgres")
INDEXES = ("redis", "rediss", "unix")


def flaws(settings: Settings) -> Iterator[Flaw]:
    """Yield invalid ports, and invalid addresses of servers and of the gateway itself."""
    mail = settings.mail
    ports = {
        "server/port": (settings.server.port, 0),
        "notify/smtp/port": (settings.notify.smtp.port, 1),
    }
    ports |= {"mail/listener/port": (mail.listener.port, 0)}
    ports |= {f"mail/imap/{name}/port": (own.port, 1) for name, own in mail.imap.items()}
    for where, (port, least) in ports.items():
        if not least <= port <= HIGHEST_PORT:
            yield Flaw(f"/{where}", f"a port is a number from {least} to {HIGHEST_PORT}")
    if settings.database.url and not _is_address(
        settings.database.url, DATABASES, needs_host=False
    ):
        yield Flaw(
            "/database/url",
            "DATABASE_URL is written as postgresql://USER:PASSWORD@HOST:5432/DATABASE",
        )
    if settings.redis.url and not _is_address(settings.redis.url, INDEXES, needs_host=False):
        yield Flaw(
            "/redis/url",
            "REDIS_URL is written as redis://HOST:6379/0, rediss://... or unix:///PATH",
        )
    if settings.server.external_url and not _is_address(
        settings.server.external_url, ("http", "https"), needs_host=True
    ):
        yield Flaw(
            "/server/external_url",
            "the address people reach the gateway at, such as https://gateway.example.com",
        )


def _is_address(text: str, schemes: tuple[str, ...], *, needs_host: bool) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in schemes
            and (parts.port or 1) > 0
            and bool(parts.hostname or not needs_host)
        )
    except ValueError:
        return False
