"""Parsing of alert requests: cheap ones at once, the others in a worker process.

The cost of a request depends on how much of it has to be repaired, so one that its source
accepts unchanged may be longer and still be read at once. A request whose repair takes too long
is read without repair, and one that takes too long even so is not read at all; both are
remembered, so that the same body sent again costs nothing more.
"""

from dataclasses import replace
from hashlib import sha256

from gateway.ingest.reading.lenient import read_leniently, read_strictly, read_unmended
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.ingest.workers.process import ParseWorker, compute_cpu_limit, flatten_headers, is_short
from gateway.ingest.workers.protocol import TOO_COSTLY, TooCostly
from gateway.quarantine import mapping as mappings
from gateway.settings import SourceSettings

MAX_STRICT_BYTES, MAX_STRICT_SEPARATORS = 131_072, 4_000
"""Bytes and separators of a body read at once if it needs no repair: a hundred alerts or more."""

REMEMBERED = 256
"""Bodies that are remembered because they took too long."""


def is_moderate(body: bytes) -> bool:
    """Return whether a body that needs no repair is read in milliseconds."""
    return (
        len(body) <= MAX_STRICT_BYTES
        and sum(map(body.count, (b",", b"[", b"{", b"&", b"%"))) <= MAX_STRICT_SEPARATORS
    )


READ_FUNCTIONS = (read_leniently, read_unmended)
"""The functions that read a long request; the second is used if the first takes too long."""


class AlertReader:
    """A reader of requests for every source.

    `reader` runs the worker process, and belongs to the caller, who closes it.
    """

    def __init__(self, reader: ParseWorker) -> None:
        self.reader = reader
        self._failed: dict[bytes, int] = {}

    async def __call__(
        self,
        sender: str,
        source: Source,
        settings: SourceSettings,
        mapping: mappings.Mapping,
        delivery: WebhookDelivery,
    ) -> ParsedDelivery:
        """Return the content of a request.

        Raises Malformed, TooLarge and Forbidden as sources do, Overloaded and Unavailable.
        """
        if is_short(delivery.body):
            return read_leniently(source, settings, mapping, delivery)
        if (
            is_moderate(delivery.body)
            and (parsed := read_strictly(source, settings, mapping, delivery)) is not None
        ):
            return parsed
        name = sha256(delivery.body).digest()
        sent = replace(
            delivery, headers=flatten_headers(delivery.headers), query=dict(delivery.query)
        )
        for tried, read in enumerate(READ_FUNCTIONS):
            if self._failed.get(name, 0) > tried:
                continue
            try:
                return await self.reader.call(
                    sender, compute_cpu_limit(delivery.body), read, source, settings, mapping, sent
                )
            except TooCostly:
                self._remember(name, tried + 1)
        raise TooCostly(TOO_COSTLY)

    def _remember(self, name: bytes, failed: int) -> None:
        self._failed.pop(name, None)
        if len(self._failed) >= REMEMBERED:
            del self._failed[next(iter(self._failed))]
        self._failed[name] = failed
