"""The endpoint of Icinga Notifications that sources such as Icinga DB call.

https://icinga.com/docs/icinga-notifications/latest/doc/20-HTTP-API/
"""

from dataclasses import dataclass

from aiohttp import web

from gateway.ingest.http import AlertEndpoint, read_body


@dataclass(frozen=True, slots=True)
class IcingaEvents:
    """The endpoint POST /process-event; the key is the password of the source.

    It may also be sent in the headers, as for our own API.
    """

    endpoint: AlertEndpoint

    async def receive(self, request: web.Request) -> web.Response:
        """Take in an event: 200 once committed.

        Errors are reported as in our own API, since clients only log them.
        """
        caller = await self.endpoint.authenticate(request, "ingest", None)
        receipt, _ = await self.endpoint.take(
            request, self.endpoint.sources["icinga"], caller, await read_body(request)
        )
        return web.json_response(
            {"message": "event processed successfully", "receipt": str(receipt.id)}
        )
