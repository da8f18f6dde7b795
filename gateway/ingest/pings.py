"""The endpoints that jobs ping, in the manner of healthchecks.io.

A job reports that it ran, began or failed; silence fires an alert.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from gateway.errors import Forbidden, Malformed
from gateway.ingest.http import Authenticate, read_body
from gateway.monitors.model import Ping
from gateway.monitors.pings import PingService
from gateway.tokens.key_texts import redact_body_keys
from gateway.vocabulary import PingSignal

MAX_NOTE_CHARACTERS = 10_000
"""Characters of a ping's body that are stored with its monitor."""

MOST_EXIT = 255
METHODS = ("GET", "HEAD", "POST")
MONITOR = "/ping/{key}/{slug:[a-z0-9][a-z0-9_-]{0,63}}"


@dataclass(frozen=True, slots=True)
class PingEndpoint:
    """The endpoints below /ping."""

    service: PingService
    authenticate: Authenticate

    def routes(self) -> Iterator[web.RouteDef]:
        """Yield every route; a ping may use any method that is easy to call from a job."""
        for method in METHODS:
            yield web.route(method, MONITOR, self.receive)
            yield web.route(method, MONITOR + "/{said:start|fail|log|[0-9]{1,3}}", self.receive)

    async def receive(self, request: web.Request) -> web.Response:
        """Take in a ping: 200 once committed, 201 if it created its monitor."""
        caller = await self.authenticate(request, "ingest", request.match_info["key"])
        if caller.integration_id is None:
            raise Forbidden(
                "this key belongs to no integration: pings are sent with an integration's key"
            )
        body = redact_body_keys(await read_body(request))
        ping, create = (
            _ping(request.match_info.get("said", ""), body),
            request.query.get("create") == "1",
        )
        made = await self.service.ping(
            caller.integration_id,
            request.match_info["slug"],
            ping,
            body,
            request.headers,
            create=create,
        )
        return web.Response(status=201, text="Created") if made else web.Response(text="OK")


def _ping(told: str, body: bytes) -> Ping:
    """Return the ping that the last part of the path describes.

    Nothing or 0 is success, another number a failure. Raises Malformed for a number above
    MOST_EXIT.
    """
    note = (
        body[: 4 * MAX_NOTE_CHARACTERS]
        .decode("utf-8", "replace")
        .replace("\0", "�")[:MAX_NOTE_CHARACTERS]
    )
    if not told.isdecimal():
        return Ping(PingSignal(told) if told else PingSignal.SUCCESS, note)
    if int(told) > MOST_EXIT:
        raise Malformed(f"an exit status is 0 to {MOST_EXIT}")
    return Ping(PingSignal.FAIL if int(told) else PingSignal.SUCCESS, note, int(told))
