"""The whole route table, as data: what may be called, by whom, with what and for what."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api import (
    attachments,
    body,
    catalogue,
    fields,
    handovers,
    incidents,
    keys,
    knowledge,
    linked,
    major_reports,
    management,
    me,
    mine,
    monitors,
    oidc,
    people,
    problem_candidates,
    promises,
    quarantine,
    reads,
    updates,
    wire,
)
from gateway.api.context import Call, Context
from gateway.api.feed import Changes, Feed
from gateway.api.feed import Query as FeedQuery
from gateway.api.listing import Query as ListQuery
from gateway.api.views import IncidentView, Sla
from gateway.catalogue.importing import NewCi
from gateway.operations.allowing import refuse
from gateway.operations.keys import NO_CALLER, Scope
from gateway.operations.permissions import Action, may

READ, WRITE, ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
OPEN = None
"""Who has no key yet, or needs none."""

Serve = Callable[[Call], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `takes` is its body's type, `gives` the body's type of its answer, `query` its parameters' type.

    Where a body may be CSV as well the handler reads it itself, and `reads` is its type as JSON.
    With `streams` it is a file, read as it comes.
    `needs` is what it asks of the gateway as a whole; what it asks of one record is judged where that is read or locked.
    """

    method: str
    path: str
    serve: Serve
    scope: Scope | None
    summary: str
    takes: Any = None
    gives: Any = None
    query: Any = None
    status: int = 200
    needs: Action | None = None
    headers: tuple[str, ...] = ()
    reads: Any = None
    streams: bool = False


ONCE, MATCHED = ("Idempotency-Key",), ("If-Match",)
CHANGE, REFERENCE, CACHED = (*ONCE, *MATCHED), (*MATCHED, "If-None-Match"), ("If-None-Match",)
"""The headers an operation heeds beside the key."""

V1 = "/api/v1"
ONE = V1 + "/incidents/{number}"
REF = ONE + "/refs/{system:[a-z0-9][a-z0-9_-]{0,63}}"
KEY = V1 + "/keys/{id:[0-9]{1,9}}"
FILE = "/attachments/{id:[0-9]{1,18}}"
MINE = V1 + "/mine/{link:[A-Za-z0-9._-]{1,128}}"
PERSON = V1 + "/people/{login:[a-z0-9][a-z0-9._-]{0,63}}"
SERVICE = V1 + "/services/{slug:[a-z0-9][a-z0-9_-]{0,63}}"
CI = V1 + "/cis/{name:[A-Za-z0-9][A-Za-z0-9._:-]{0,127}}"
MONITOR = V1 + "/monitors/{id:[0-9]{1,9}}"
GROUP = V1 + "/groups/{slug:[a-z0-9][a-z0-9_-]{0,63}}"


def table(feed: Feed) -> tuple[Route, ...]:
    """Every operation of the API."""
    act, view, acted = incidents.take_action, IncidentView, incidents.Acted
    actions = (Route("POST", f"{ONE}/{name}", act, WRITE, _sentence(kind), kind, acted, headers=CHANGE)
               for name, kind in wire.ACTIONS.items())  # fmt: skip
    return (
        Route("GET", V1 + "/incidents", incidents.list_incidents, READ, "List records", None, incidents.Page, ListQuery,
              needs=Action.READ),
        Route("POST", V1 + "/incidents", incidents.create_incident, WRITE, "Make a record", wire.NewIncident, view, status=201,
              needs=Action.SUBMIT, headers=ONCE),
        Route("POST", V1 + "/incidents/bulk", incidents.act_on_many, WRITE, "Act on many", wire.Bulk, incidents.BulkResults,
              headers=ONCE),
        Route("GET", ONE, incidents.read_incident, READ, "Read a record", None, view, headers=CACHED),
        Route("PATCH", ONE, incidents.patch_incident, WRITE, "Correct a record", wire.Patch, view, headers=CHANGE),
        Route("GET", ONE + "/timeline", reads.read_timeline, READ, "Everything that happened", None, reads.Timeline),
        Route("GET", ONE + "/sla", reads.read_sla, READ, "Every clock, every second explained", None, Sla),
        Route("GET", ONE + "/alerts", reads.read_alerts, READ, "The alerts it answers for", None, reads.Alerts),
        Route("GET", ONE + "/related", reads.read_related, READ, "Its master and followers", None, reads.Related),
        Route("POST", ONE + "/link", incidents.link_incident, WRITE, "Follow a master", wire.LinkTo, acted, headers=CHANGE),
        Route("POST", ONE + "/unlink", incidents.unlink_incident, WRITE, "Follow none", wire.Unlink, acted, headers=CHANGE),
        Route("POST", ONE + "/follow_on", incidents.follow_incident, WRITE, "Go on from a closed record", wire.FollowOn, view,
              status=201, headers=ONCE),
        Route("POST", ONE + "/convert", incidents.convert_request, WRITE, "Make a request something else", wire.Convert, acted,
              headers=CHANGE),
        *actions,
        Route("GET", REF, incidents.read_reference, READ, "Its counterpart elsewhere", None, wire.Reference),
        Route("PUT", REF, incidents.put_reference, WRITE, "Set its counterpart elsewhere", wire.Reference, wire.Reference,
              headers=REFERENCE),
        Route("GET", V1 + "/changes", feed.read, READ, "The gap-free change feed", None, Changes, FeedQuery, needs=Action.FOLLOW),
        Route("GET", V1 + "/receipts/{id}", reads.read_receipt, READ, "What became of a delivery", None, reads.ReceiptView,
              needs=Action.RECEIPTS),
        Route("GET", V1 + "/quarantine", quarantine.list_quarantine, READ, "What could not be understood", None,
              quarantine.Quarantine, quarantine.Query, needs=Action.QUARANTINE),
        Route("POST", V1 + "/quarantine/{id}/replay", quarantine.replay_quarantined, WRITE, "Read it again", None,
              quarantine.Replayed, status=202, needs=Action.REPLAY),
        Route("GET", V1 + "/problem-candidates", problem_candidates.list_candidates, READ, "Problems to look into", None,
              problem_candidates.Candidates, problem_candidates.Query, needs=Action.INSPECT),
        Route("POST", V1 + "/sla/simulate", reads.simulate_sla, READ, "The clocks of a story", wire.Simulate, reads.Clocks),
        Route("POST", V1 + "/sla/preview", promises.preview_sla, ADMIN, "Whom an edit of policies and calendars would move",
              wire.Preview, promises.Previewed),
        Route("GET", V1 + "/fields", fields.list_fields, READ, "Fields the configuration adds", None, fields.FieldList,
              needs=Action.READ),
        Route("GET", V1 + "/keys", keys.list_keys, ADMIN, "List keys", None, keys.KeyList),
        Route("POST", V1 + "/keys", keys.create_key, ADMIN, "Make a key", wire.NewKey, keys.MadeKey, status=201, headers=ONCE),
        Route("DELETE", KEY, keys.revoke_key, ADMIN, "Revoke a key", status=204),
        Route("POST", ONE + "/invite", mine.invite, WRITE, "Make a link for its reporter", None, mine.Invitation, status=201),
        *_files(), *_management(), *_updates(), *_reports(), *_following(), *_knowledge(),
        *_mine(), *_people(), *_catalogue(), *_oneself(), *_shifts(), *_monitors(),
    )  # fmt: skip


def _files() -> tuple[Route, ...]:
    one, path = attachments.Attachment, ONE + "/attachments"
    return (
        Route("POST", path, attachments.attach_file, WRITE, "Keep the body as a file", None, one, attachments.Naming, status=201,
              headers=("Content-Disposition", *CHANGE), streams=True),
        Route("GET", path, attachments.list_files, READ, "Its files", None, attachments.Attachments),
        Route("GET", ONE + FILE, attachments.fetch_file, READ, "Fetch a file"),
        Route("DELETE", ONE + FILE, attachments.remove_file, WRITE, "Take a file's content away", status=204, headers=MATCHED),
        Route("POST", MINE + "/attachments", mine.attach_to_mine, OPEN, "Add a file by a link", None, mine.Download,
              attachments.Naming, status=201, headers=("Content-Disposition", *ONCE), streams=True),
        Route("GET", MINE + FILE, mine.fetch_mine, OPEN, "Fetch a file by a link"),
    )  # fmt: skip


def _management() -> tuple[Route, ...]:
    told, noted = management.LeaderTold, management.AcknowledgeEscalation
    return (
        Route("POST", ONE + "/leader_told", management.put_down_leader_told, WRITE, _sentence(told), told, incidents.Acted,
              headers=CHANGE),
        Route("POST", ONE + "/acknowledge_escalation", management.take_note, WRITE, _sentence(noted), noted, incidents.Acted,
              headers=CHANGE),
        Route("GET", ONE + "/notifications", management.list_notifications, READ, "What became of the messages about it", None,
              management.Notifications),
    )  # fmt: skip


def _updates() -> tuple[Route, ...]:
    posted, path, one = ONE + "/updates", ONE + "/subscribers", updates.Subscriber
    return (
        Route("POST", posted, updates.post_update, WRITE, _sentence(updates.StatusUpdate), updates.StatusUpdate, incidents.Acted,
              headers=CHANGE),
        Route("GET", posted, updates.list_updates, READ, "Its status updates", None, updates.Updates),
        Route("POST", path, updates.subscribe, WRITE, "Send status updates to somebody", updates.NewSubscriber, one, status=201),
        Route("GET", path, updates.list_subscribers, READ, "Who is sent status updates", None, updates.Subscribers),
        Route("DELETE", path + "/{id:[0-9]{1,18}}", updates.unsubscribe, WRITE, "Send them to somebody no longer", status=204),
    )  # fmt: skip


def _reports() -> tuple[Route, ...]:
    one, path = major_reports.ReportView, ONE + "/report"
    return (
        Route("GET", path, major_reports.read_report, READ, "The report on a major incident", None, one, major_reports.Query),
        Route("PUT", path, major_reports.put_report, WRITE, "Write that report", major_reports.Text, one, headers=ONCE),
        Route("POST", path + "/approve", major_reports.approve_report, WRITE, "Approve that report", None, one, headers=ONCE),
    )


def _following() -> tuple[Route, ...]:
    path, about, acted = ONE + "/linked", ONE + "/complaints", incidents.Acted
    told = linked.Complaints, linked.ComplaintQuery
    return (
        Route("POST", path, linked.link_record, WRITE, "Link a record of another system", linked.NewLink, acted, headers=CHANGE),
        Route("GET", path, linked.list_linked, READ, "What it leads to", None, linked.LinkedRecords),
        Route(
            "DELETE", path, linked.unlink_record, WRITE, "Take a link away", query=linked.Unlinked, status=204, headers=MATCHED
        ),
        Route("POST", about, linked.complain, WRITE, "File a complaint", linked.NewComplaint, acted, status=201, headers=CHANGE),
        Route("GET", about, linked.list_complaints, READ, "Complaints about it", None, *told),
        Route("GET", V1 + "/complaints", linked.list_complaints, READ, "All complaints", None, *told, needs=Action.INSPECT),
    )  # fmt: skip


def _knowledge() -> tuple[Route, ...]:
    path, one, known = V1 + "/articles", knowledge.ArticleView, Action.KNOWLEDGE
    each = path + "/{id:[0-9]{1,18}}"
    return (
        Route("GET", ONE + "/similar", knowledge.read_similar, READ, "What of before was like it", None, knowledge.Similar,
              knowledge.SimilarQuery),
        Route("POST", ONE + "/publish", knowledge.publish_solution, WRITE, "Make an article of its solution", knowledge.Publish,
              incidents.Acted, status=201, headers=ONCE),
        Route("GET", path, knowledge.list_articles, READ, "List articles", None, knowledge.Articles, knowledge.ArticleQuery,
              needs=known),
        Route("POST", path, knowledge.create_article, WRITE, "Write an article", knowledge.NewArticle, one, status=201,
              needs=Action.PUBLISH),
        Route("GET", each, knowledge.read_article, READ, "Read an article", None, one, needs=known),
        Route("PATCH", each, knowledge.patch_article, WRITE, "Change an article", knowledge.ArticlePatch, one, headers=MATCHED,
              needs=Action.PUBLISH),
    )  # fmt: skip


def _people() -> tuple[Route, ...]:
    one, group, seen = people.PersonView, people.GroupView, Action.DIRECTORY
    return (
        Route("GET", V1 + "/people", people.list_people, READ, "List people", None, people.PeoplePage, people.PeopleQuery,
              needs=seen),
        Route("POST", V1 + "/people", people.create_person, ADMIN, "Make a person", people.NewPerson, one, status=201,
              headers=ONCE),
        Route("GET", PERSON, people.read_person, READ, "Read a person", None, one, needs=seen),
        Route("PATCH", PERSON, people.patch_person, ADMIN, "Change a person", people.PersonPatch, one, headers=CHANGE),
        Route("DELETE", PERSON, people.deactivate_person, ADMIN, "End what a person may do", status=204),
        Route("DELETE", PERSON + "/identity", people.forget_identity, ADMIN, "Forget who this is elsewhere", status=204),
        Route("GET", V1 + "/groups", people.list_groups, READ, "List groups", None, people.GroupPage, people.GroupQuery,
              needs=seen),
        Route("POST", V1 + "/groups", people.create_group, ADMIN, "Make a group", people.NewGroup, group, status=201,
              headers=ONCE),
        Route("GET", GROUP, people.read_group, READ, "Read a group", None, group, needs=seen),
        Route("PATCH", GROUP, people.patch_group, ADMIN, "Change a group", people.GroupPatch, group, headers=CHANGE),
        Route("DELETE", GROUP, people.deactivate_group, ADMIN, "End a group", status=204),
    )  # fmt: skip


def _monitors() -> tuple[Route, ...]:
    path, one, seen = V1 + "/monitors", monitors.MonitorView, Action.DIRECTORY
    return (
        Route("GET", path, monitors.list_monitors, READ, "List monitors", None, monitors.MonitorPage, monitors.MonitorQuery,
              needs=seen),
        Route("POST", path, monitors.create_monitor, ADMIN, "Make a monitor", monitors.NewMonitor, one, status=201,
              headers=ONCE),
        Route("GET", MONITOR, monitors.read_monitor, READ, "Read a monitor", None, one, needs=seen),
        Route("PATCH", MONITOR, monitors.patch_monitor, ADMIN, "Change a monitor", monitors.MonitorPatch, one, headers=CHANGE),
        Route("DELETE", MONITOR, monitors.delete_monitor, ADMIN, "Forget a monitor", status=204),
    )  # fmt: skip


def _catalogue() -> tuple[Route, ...]:
    one, ci, seen = catalogue.ServiceView, catalogue.CiView, Action.DIRECTORY
    services, cis = V1 + "/services", V1 + "/cis"
    return (
        Route("GET", services, catalogue.list_services, READ, "List services", None, catalogue.ServicePage,
              query=catalogue.ServiceQuery, needs=seen),
        Route("POST", services, catalogue.create_service, ADMIN, "Make a service", catalogue.NewService, one, status=201,
              headers=ONCE),
        Route("GET", SERVICE, catalogue.read_service, READ, "Read a service", None, one, needs=seen),
        Route("PATCH", SERVICE, catalogue.patch_service, ADMIN, "Change a service", catalogue.ServicePatch, one, headers=CHANGE),
        Route("DELETE", SERVICE, catalogue.deactivate_service, ADMIN, "End a service", status=204, headers=MATCHED),
        Route("GET", cis, catalogue.list_cis, READ, "List configuration items", None, catalogue.CiPage,
              query=catalogue.CiQuery, needs=seen),
        Route("POST", cis, catalogue.create_ci, ADMIN, "Make a configuration item", NewCi, ci, status=201, headers=ONCE),
        Route("POST", cis + "/import", catalogue.import_cis, ADMIN, "Write many, or none", gives=catalogue.Imported,
              reads=list[NewCi], headers=ONCE),
        Route("GET", CI, catalogue.read_ci, READ, "Read a configuration item", None, ci, needs=seen),
        Route("PATCH", CI, catalogue.patch_ci, ADMIN, "Change a configuration item", catalogue.CiPatch, ci, headers=CHANGE),
        Route("DELETE", CI, catalogue.delete_ci, ADMIN, "Forget a configuration item", status=204, headers=MATCHED),
        Route("GET", CI + "/impact", catalogue.read_impact, READ, "What depends on it", None, catalogue.Reach, needs=seen),
    )  # fmt: skip


def _shifts() -> tuple[Route, ...]:
    roster, one = handovers.RosterView, V1 + "/handovers/{id:[0-9]{1,18}}/accept"
    return (
        Route("PUT", GROUP + "/roster", handovers.put_roster, ADMIN, "Plan a group's shifts", handovers.Roster, status=204),
        Route("GET", GROUP + "/roster", handovers.read_roster, READ, "Who works when", None, roster, handovers.RosterQuery,
              needs=Action.DIRECTORY),
        Route("GET", V1 + "/handovers", handovers.list_handovers, READ, "What shifts hand over", None, handovers.HandOvers,
              handovers.HandOverQuery, needs=Action.HAND_OVER),
        Route("POST", one, handovers.accept_handover, WRITE, "Take a shift's work over", None, handovers.HandOverView,
              needs=Action.HAND_OVER, headers=ONCE),
    )  # fmt: skip


def _mine() -> tuple[Route, ...]:
    asked = {"confirm": mine.Agree, "refuse": wire.Refuse, "rate": wire.Rate, "note": wire.Note}
    return (
        Route("GET", MINE, mine.read_mine, OPEN, "Read one's record by a link", None, mine.Mine),
        *(
            Route("POST", f"{MINE}/{n}", mine.act_on_mine, OPEN, _sentence(kind), kind, mine.Mine, headers=ONCE)
            for n, kind in asked.items()
        ),
    )


def _oneself() -> tuple[Route, ...]:
    own, made = V1 + "/me/keys", keys.MadeKey
    return (
        Route("POST", V1 + "/login", me.log_in, OPEN, "Get a session for a password", me.Credentials, me.Opened),
        Route("GET", oidc.PATH, oidc.begin, OPEN, "Go to the identity provider", status=302),
        Route("GET", oidc.PATH + "/callback", oidc.finish, OPEN, "Come back from there with a session", None, me.Opened,
              oidc.Returned),
        Route("POST", V1 + "/logout", me.log_out, READ, "End the session", status=204),
        Route("GET", V1 + "/me", me.read_me, READ, "Whose key this is", None, me.Me),
        Route("PUT", V1 + "/me/password", me.put_password, WRITE, "Change one's password", me.NewPassword, status=204),
        Route("PUT", PERSON + "/password", me.put_initial_password, ADMIN, "Set a password", me.InitialPassword, status=204),
        Route("GET", own, me.list_own_keys, READ, "List one's own keys", None, keys.KeyList),
        Route("POST", own, me.create_own_key, WRITE, "Make a key of one's own", me.NewOwnKey, made, status=201, headers=ONCE),
        Route("DELETE", own + "/{id:[0-9]{1,9}}", me.revoke_own_key, WRITE, "Revoke a key of one's own", status=204),
    )  # fmt: skip


def _sentence(kind: Any) -> str:
    return (kind.__doc__ or "").partition("\n")[0].rstrip(".")


def build(context: Context) -> list[web.RouteDef]:
    """The routes of the API."""
    return [web.route(route.method, route.path, _handler(context, route)) for route in table(Feed())]


def _handler(context: Context, route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        caller = NO_CALLER if route.scope is OPEN else await context.keys.authenticate(request, route.scope)
        if route.needs is not None:
            refuse(may(caller.who, route.needs))
        raw = await body.read(request) if route.takes is not None else b""
        asked = body.decode(raw, route.takes) if route.takes is not None else None
        return await route.serve(Call(context, request, caller, asked, raw))

    return handle
