"""The addresses alerts are sent to."""

from aiohttp import web

from gateway.channels.chat.http import ChatEndpoint, chat_routes
from gateway.channels.email.http import MailEndpoint, mail_routes
from gateway.channels.phone.http import PhoneEndpoint
from gateway.compat import oncall
from gateway.compat.endpoints import AlertmanagerPosts, PagerDutyEvents
from gateway.compat.goalert import GoAlertEndpoints
from gateway.compat.icinga import IcingaEvents
from gateway.compat.oncall import OnCallEndpoint
from gateway.compat.pagerduty import PagerDutyLegacyEvents
from gateway.ingest.http import ALERTMANAGER, AlertEndpoint

BUSIEST = f"/ingest/{ALERTMANAGER}"
"""Where most alerts come in. It has a route of its own, or each of them was compared with all addresses below it first."""


async def only_read(request: web.Request) -> web.StreamResponse:
    """405: what stands here is read, and would else be taken for a source and its key."""
    raise web.HTTPMethodNotAllowed(request.method, ["GET"])


def intake_routes(door: AlertEndpoint, mail: MailEndpoint, phone: PhoneEndpoint, chat: ChatEndpoint) -> list[web.RouteDef]:
    """Every way in; the key may stand in the path for senders that cannot set headers."""
    alertmanager = AlertmanagerPosts(door)
    return [
        *mail_routes(mail),
        *chat_routes(chat),
        *(web.post(path, only_read) for path in ("/ingest/app/mine", "/ingest/phone/threecx/lookup")),
        *phone.routes(),
        web.post(BUSIEST, door.receive),
        web.post("/ingest/{source}", door.receive),
        web.post("/ingest/{source}/{key}", door.receive),
        web.post("/api/v2/alerts", alertmanager.receive),
        web.post("/ingest/alertmanager/{key}/api/v2/alerts", alertmanager.receive),
        web.post("/v2/enqueue", PagerDutyEvents(door).receive),
        *PagerDutyLegacyEvents(door).routes(),
        *(web.post(oncall.PATH + slash, OnCallEndpoint(door).receive) for slash in ("/", "")),
        *GoAlertEndpoints(door).routes(),
        web.post("/process-event", IcingaEvents(door).receive),
    ]
