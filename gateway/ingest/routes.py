"""The addresses alerts are sent to."""

from aiohttp import web

from gateway.ingest import compat_oncall
from gateway.ingest.chat.http import ChatDoor, chat_routes
from gateway.ingest.compat import AlertmanagerPosts, PagerDutyEvents
from gateway.ingest.compat_goalert import GoAlert
from gateway.ingest.compat_icinga import IcingaEvents
from gateway.ingest.compat_oncall import OnCall
from gateway.ingest.compat_pagerduty import PagerDutyOlder
from gateway.ingest.http import ALERTMANAGER, FrontDoor
from gateway.ingest.mail.http import MailPosts, mail_routes
from gateway.ingest.phone.http import PhonePosts

BUSIEST = f"/ingest/{ALERTMANAGER}"
"""Where most alerts come in. It has a route of its own, or each of them was compared with all addresses below it first."""


async def only_read(request: web.Request) -> web.StreamResponse:
    """405: what stands here is read, and would else be taken for a source and its key."""
    raise web.HTTPMethodNotAllowed(request.method, ["GET"])


def intake_routes(door: FrontDoor, mail: MailPosts, phone: PhonePosts, chat: ChatDoor) -> list[web.RouteDef]:
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
        *PagerDutyOlder(door).routes(),
        *(web.post(compat_oncall.PATH + slash, OnCall(door).receive) for slash in ("/", "")),
        *GoAlert(door).routes(),
        web.post("/process-event", IcingaEvents(door).receive),
    ]
