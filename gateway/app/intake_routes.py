"""The routes of the endpoints for alerts, mail, calls and chat."""

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

ALERTMANAGER_PATH = f"/ingest/{ALERTMANAGER}"
"""The route with the most traffic.

It has a route of its own, or each of its requests was compared with all routes below it first.
"""


async def refuse_post(request: web.Request) -> web.StreamResponse:
    """Answer 405: this path is only read, and would otherwise be taken for a source and its key."""
    raise web.HTTPMethodNotAllowed(request.method, ["GET"])


def intake_routes(
    endpoint: AlertEndpoint, mail: MailEndpoint, phone: PhoneEndpoint, chat: ChatEndpoint
) -> list[web.RouteDef]:
    """Return all routes of intake.

    Senders that cannot set headers may put the key into the path.
    """
    alertmanager = AlertmanagerPosts(endpoint)
    return [
        *mail_routes(mail),
        *chat_routes(chat),
        *(
            web.post(path, refuse_post)
            for path in ("/ingest/app/mine", "/ingest/phone/threecx/lookup")
        ),
        *phone.routes(),
        web.post(ALERTMANAGER_PATH, endpoint.receive),
        web.post("/ingest/{source}", endpoint.receive),
        web.post("/ingest/{source}/{key}", endpoint.receive),
        web.post("/api/v2/alerts", alertmanager.receive),
        web.post("/ingest/alertmanager/{key}/api/v2/alerts", alertmanager.receive),
        web.post("/v2/enqueue", PagerDutyEvents(endpoint).receive),
        *PagerDutyLegacyEvents(endpoint).routes(),
        *(web.post(oncall.PATH + slash, OnCallEndpoint(endpoint).receive) for slash in ("/", "")),
        *GoAlertEndpoints(endpoint).routes(),
        web.post("/process-event", IcingaEvents(endpoint).receive),
    ]
