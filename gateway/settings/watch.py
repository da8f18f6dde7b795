"""Settings of the watch over the gateway itself."""

import re
from collections.abc import Iterator
from datetime import timedelta

from gateway.errors import Flaw
from gateway.settings.notify import Smtp
from gateway.settings.recipients import MAIL, parse_recipient
from gateway.settings.section import Section
from gateway.timing.durations import Duration

ADDRESS = re.compile(r"https?://[^/?#\s]+\S*", re.ASCII)
WEB_TARGETS = ("webhook", "ntfy")
SHORTEST = timedelta(seconds=1)


class WatchSettings(Section, frozen=True):
    """The watch: a ping to the outside, and messages by channels of its own.

    While all is well, `ping_url` is called every `ping_every`. What fails for `after` is told to
    each of `fallback` ("webhook:URL", "ntfy:URL of a topic", or a mail address, by the relay
    `smtp`), and again every `repeat`. Without both there is no watch. It looks every `every`;
    timers are overdue after `timers_late`, and the outbox is stuck once it has not tried a
    message for `outbox_late`. Private addresses are called only with `allow_private`.
    """

    ping_url: str
    ping_every: Duration
    every: Duration
    after: Duration
    repeat: Duration
    timers_late: Duration
    outbox_late: Duration
    allow_private: bool
    smtp: Smtp
    fallback: tuple[str, ...] = ()

    @property
    def is_on(self) -> bool:
        """True where anybody is told."""
        return bool(self.ping_url or self.fallback)

    def flaws(self) -> Iterator[Flaw]:
        """Yield what is wrong with the settings."""
        if self.ping_url and not ADDRESS.fullmatch(self.ping_url):
            yield Flaw("/watch/ping_url", "is an address that begins with https:// or http://")
        for name in ("every", "ping_every", "repeat"):
            if getattr(self, name) < SHORTEST:
                yield Flaw(f"/watch/{name}", "is a second at least")
        for place, text in enumerate(self.fallback):
            channel, address = parse_recipient(text)
            if channel == MAIL:
                if not self.smtp.host:
                    yield Flaw(f"/watch/fallback/{place}", "needs a relay: set watch.smtp.host")
            elif channel not in WEB_TARGETS or not ADDRESS.fullmatch(address):
                why = "write webhook:https://…, ntfy:https://… with a topic, or a mail address"
                yield Flaw(f"/watch/fallback/{place}", why)
