"""The addresses alerts are sent to."""

from aiohttp import web

from gateway.ingest.compat import AlertmanagerPosts, PagerDutyEvents
from gateway.ingest.compat_icinga import IcingaEvents
from gateway.ingest.http import FrontDoor


def intake_routes(door: FrontDoor) -> list[web.RouteDef]:
    """Every way in; the key may stand in the path for senders that cannot set headers."""
    alertmanager = AlertmanagerPosts(door)
    return [
        web.post("/ingest/{source}", door.receive),
        web.post("/ingest/{source}/{key}", door.receive),
        web.post("/api/v2/alerts", alertmanager.receive),
        web.post("/ingest/alertmanager/{key}/api/v2/alerts", alertmanager.receive),
        web.post("/v2/enqueue", PagerDutyEvents(door).receive),
        web.post("/process-event", IcingaEvents(door).receive),
    ]
