"""Has requests of monitors read: at once what takes milliseconds, the rest by a process that may be hurt.

What a request costs follows from what has to be mended of it, so that one that its source takes as it is may be longer
to be read at once. A request whose mending takes too long is read unmended, and one that takes too long even so is not
read at all; either is remembered, so that the same body sent again costs nothing more.
"""

from dataclasses import replace
from hashlib import sha256

from gateway.ingest.reading.lenient import read_leniently, read_strictly, read_unmended
from gateway.ingest.reading.source import Delivery, Parsed, Source
from gateway.ingest.workers.process import Reader, allowed, is_short, plain
from gateway.ingest.workers.protocol import COSTLY, TooCostly
from gateway.quarantine import mapping as mappings
from gateway.settings import Intake

STRICT, MANY = 131_072, 4_000
"""Bytes, and separators, of a body that is read at once where nothing is mended: a hundred alerts and more."""

REMEMBERED = 256
"""Bodies that took too long and are remembered."""


def is_moderate(body: bytes) -> bool:
    """Return whether a body that needs no mending is read in milliseconds."""
    return len(body) <= STRICT and sum(map(body.count, (b",", b"[", b"{", b"&", b"%"))) <= MANY


WAYS = (read_leniently, read_unmended)
"""How a long request is read, the second way where the first takes too long."""


class AlertReader:
    """Reads requests as their source does; the process is `reader`, which others may end."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._failed: dict[bytes, int] = {}

    async def __call__(
        self, sender: str, source: Source, settings: Intake, mapping: mappings.Mapping, delivery: Delivery
    ) -> Parsed:
        """Return what a request says; raises Malformed, TooLarge and Forbidden as sources do, Overloaded and Unavailable."""
        if is_short(delivery.body):
            return read_leniently(source, settings, mapping, delivery)
        if is_moderate(delivery.body) and (parsed := read_strictly(source, settings, mapping, delivery)) is not None:
            return parsed
        name = sha256(delivery.body).digest()
        sent = replace(delivery, headers=plain(delivery.headers), query=dict(delivery.query))
        for tried, read in enumerate(WAYS):
            if self._failed.get(name, 0) > tried:
                continue
            try:
                return await self.reader.call(sender, allowed(delivery.body), read, source, settings, mapping, sent)
            except TooCostly:
                self._remember(name, tried + 1)
        raise TooCostly(COSTLY)

    def _remember(self, name: bytes, failed: int) -> None:
        self._failed.pop(name, None)
        if len(self._failed) >= REMEMBERED:
            del self._failed[next(iter(self._failed))]
        self._failed[name] = failed
