"""Sources of Icinga Notifications, such as Icinga DB: https://icinga.com/docs/icinga-notifications/latest/doc/20-HTTP-API/."""

from dataclasses import dataclass

from aiohttp import web

from gateway.ingest.http import AlertEndpoint, read


@dataclass(frozen=True, slots=True)
class IcingaEvents:
    """POST /process-event: the key is the source's password, or stands where ours always may."""

    door: AlertEndpoint

    async def receive(self, request: web.Request) -> web.Response:
        """200 once committed; what is refused is told as our own API tells it, since clients only log it."""
        caller = await self.door.authenticate(request, "ingest", None)
        receipt, _ = await self.door.take(request, self.door.sources["icinga"], caller, await read(request))
        return web.json_response({"message": "event processed successfully", "receipt": str(receipt.id)})
