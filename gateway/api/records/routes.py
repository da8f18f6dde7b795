"""The routes of records: to read them and to act on them."""

from gateway.access.permissions import Action
from gateway.api import clock_events, wire
from gateway.api.records import (
    attachments,
    incidents,
    knowledge,
    linked,
    major_reports,
    management,
    problem_candidates,
    reads,
    timeline,
    updates,
)
from gateway.api.records.feed import Changes, Feed
from gateway.api.records.feed import Query as FeedQuery
from gateway.api.route import (
    CACHED,
    CHANGE,
    FILE,
    MATCHED,
    ONCE,
    ONE,
    READ,
    REF,
    REFERENCE,
    V1,
    WRITE,
    Route,
    sentence,
)
from gateway.views.incidents import IncidentView, Sla
from gateway.views.listing import Query as ListQuery


def of_records(feed: Feed) -> tuple[Route, ...]:
    """Return the routes of records and of what belongs to them."""
    act, view, acted = incidents.take_action, IncidentView, incidents.Acted
    actions = (Route("POST", f"{ONE}/{name}", act, WRITE, sentence(kind), kind, acted, headers=CHANGE)
               for name, kind in wire.ACTIONS.items())  # fmt: skip
    return (
        Route("GET", V1 + "/incidents", incidents.list_incidents, READ, "List records", None, incidents.Page, ListQuery,
              needs=Action.READ),
        Route("POST", V1 + "/incidents", incidents.create_incident, WRITE, "Create a record", wire.NewIncident, view, status=201,
              needs=Action.SUBMIT, headers=ONCE),
        Route("POST", V1 + "/incidents/bulk", incidents.act_on_many, WRITE,
              "Take one action on many records", wire.Bulk, incidents.BulkResults,
              headers=ONCE),
        Route("GET", ONE, incidents.read_incident, READ, "Read a record", None, view, headers=CACHED),
        Route("PATCH", ONE, incidents.patch_incident, WRITE, "Change fields of a record", wire.Patch, view, headers=CHANGE),
        Route("GET", ONE + "/timeline", timeline.read_timeline, READ, "Read the timeline of a record", None,
              timeline.Timeline, timeline.TimelineQuery),
        Route("GET", ONE + "/sla", reads.read_sla, READ, "Read the SLA clocks of a record", None, Sla),
        Route("GET", ONE + "/alerts", reads.read_alerts, READ, "List the alerts of a record", None, reads.Alerts,
              reads.AlertsQuery),
        Route("GET", ONE + "/related", reads.read_related, READ,
              "Read the master, children and proposed links of a record", None, reads.Related, reads.RelatedQuery),
        Route("POST", ONE + "/link", incidents.link_incident, WRITE, "Link a record to a master",
              wire.LinkTo, acted, headers=CHANGE),
        Route("POST", ONE + "/unlink", incidents.unlink_incident, WRITE,
              "Unlink a record from its master", wire.Unlink, acted, headers=CHANGE),
        Route("POST", ONE + "/refuse_link", incidents.refuse_proposed_link, WRITE, "Refuse a proposed link to a master",
              wire.RefuseLink, acted, headers=CHANGE),
        Route("POST", ONE + "/follow_on", incidents.follow_incident, WRITE,
              "Create a record that follows a closed one", wire.FollowOn, view,
              status=201, headers=ONCE),
        Route("POST", ONE + "/convert", incidents.convert_request, WRITE, "Convert a record to another kind", wire.Convert, acted,
              headers=CHANGE),
        *actions,
        Route("GET", REF, incidents.read_reference, READ, "Read the reference to another system", None, wire.Reference),
        Route("PUT", REF, incidents.put_reference, WRITE, "Set the reference to another system", wire.Reference, wire.Reference,
              headers=REFERENCE),
        Route("DELETE", REF, incidents.remove_reference, WRITE, "Delete the reference to another system", status=204,
              headers=MATCHED),
        Route("GET", V1 + "/changes", feed.read, READ, "Read the change feed", None, Changes, FeedQuery, needs=Action.FOLLOW),
        Route("GET", V1 + "/receipts/{id}", reads.read_receipt, READ, "Read the receipt of a delivery", None, reads.ReceiptView,
              needs=Action.RECEIPTS),
        Route("GET", V1 + "/problem-candidates", problem_candidates.list_candidates, READ,
              "List candidates for problem records", None,
              problem_candidates.Candidates, problem_candidates.Query, needs=Action.INSPECT),
        Route("POST", V1 + "/sla/simulate", reads.simulate_sla, READ,
              "Simulate the SLA clocks of a story", clock_events.Simulate, reads.Clocks),
        *_files(), *_management(), *_updates(), *_reports(), *_following(), *_knowledge(),
    )  # fmt: skip


def _files() -> tuple[Route, ...]:
    one, path = attachments.Attachment, ONE + "/attachments"
    return (
        Route("POST", path, attachments.attach_file, WRITE, "Attach a file to a record", None, one,
              attachments.Naming, status=201,
              headers=("Content-Disposition", *CHANGE), streams=True),
        Route("GET", path, attachments.list_files, READ, "List the files of a record", None, attachments.Attachments),
        Route("GET", ONE + FILE, attachments.fetch_file, READ, "Download a file"),
        Route("DELETE", ONE + FILE, attachments.remove_file, WRITE, "Delete the content of a file", status=204, headers=MATCHED),
    )  # fmt: skip


def _management() -> tuple[Route, ...]:
    told, noted = management.LeaderTold, management.AcknowledgeEscalation
    return (
        Route("POST", ONE + "/leader_told", management.put_down_leader_told, WRITE, sentence(told), told, incidents.Acted,
              headers=CHANGE),
        Route("POST", ONE + "/acknowledge_escalation", management.take_note, WRITE, sentence(noted), noted, incidents.Acted,
              headers=CHANGE),
        Route("GET", ONE + "/notifications", management.list_notifications, READ, "List the notifications about a record", None,
              management.Notifications, management.NotificationsQuery),
    )  # fmt: skip


def _updates() -> tuple[Route, ...]:
    posted, path, one = ONE + "/updates", ONE + "/subscribers", updates.Subscriber
    return (
        Route("POST", posted, updates.post_update, WRITE, sentence(updates.StatusUpdate), updates.StatusUpdate, incidents.Acted,
              headers=CHANGE),
        Route("GET", posted, updates.list_updates, READ, "List the status updates of a record", None, updates.Updates),
        Route("POST", path, updates.subscribe, WRITE, "Subscribe an address to status updates",
              updates.NewSubscriber, one, status=201),
        Route("GET", path, updates.list_subscribers, READ, "List the subscribers of a record", None, updates.Subscribers),
        Route("DELETE", path + "/{id:[0-9]{1,18}}", updates.unsubscribe, WRITE,
              "Unsubscribe an address from status updates", status=204),
    )  # fmt: skip


def _reports() -> tuple[Route, ...]:
    one, path = major_reports.ReportView, ONE + "/report"
    return (
        Route(
            "GET", path, major_reports.read_report, READ, "Read the report on a major incident", None, one, major_reports.Query
        ),
        Route(
            "PUT",
            path,
            major_reports.put_report,
            WRITE,
            "Write the report on a major incident",
            major_reports.Text,
            one,
            headers=ONCE,
        ),
        Route(
            "POST",
            path + "/approve",
            major_reports.approve_report,
            WRITE,
            "Approve the report on a major incident",
            None,
            one,
            headers=ONCE,
        ),
    )


def _following() -> tuple[Route, ...]:
    path, about, acted = ONE + "/linked", ONE + "/complaints", incidents.Acted
    told = linked.Complaints, linked.ComplaintQuery
    return (
        Route("POST", path, linked.link_record, WRITE, "Link a record of another system", linked.NewLink, acted, headers=CHANGE),
        Route("GET", path, linked.list_linked, READ,
              "List the records of other systems that are linked", None, linked.LinkedRecords),
        Route(
            "DELETE", path, linked.unlink_record, WRITE,
            "Delete a link to a record of another system", query=linked.Unlinked, status=204, headers=MATCHED
        ),
        Route("POST", about, linked.complain, WRITE, "File a complaint about a record",
              linked.NewComplaint, acted, status=201, headers=CHANGE),
        Route("GET", about, linked.list_complaints, READ, "List the complaints about a record", None, *told),
        Route("GET", V1 + "/complaints", linked.list_complaints, READ, "List all complaints", None, *told, needs=Action.INSPECT),
    )  # fmt: skip


def _knowledge() -> tuple[Route, ...]:
    path, one, known = V1 + "/articles", knowledge.ArticleView, Action.KNOWLEDGE
    each = path + "/{id:[0-9]{1,18}}"
    return (
        Route("GET", ONE + "/similar", knowledge.read_similar, READ, "List similar records and articles", None, knowledge.Similar,
              knowledge.SimilarQuery),
        Route("POST", ONE + "/publish", knowledge.publish_solution, WRITE,
              "Publish the solution of a record as an article", knowledge.Publish,
              incidents.Acted, status=201, headers=ONCE),
        Route("GET", path, knowledge.list_articles, READ, "List articles", None, knowledge.Articles, knowledge.ArticleQuery,
              needs=known),
        Route("POST", path, knowledge.create_article, WRITE, "Create an article", knowledge.NewArticle, one, status=201,
              needs=Action.PUBLISH),
        Route("GET", each, knowledge.read_article, READ, "Read an article", None, one, needs=known),
        Route("PATCH", each, knowledge.patch_article, WRITE, "Change an article", knowledge.ArticlePatch, one, headers=MATCHED,
              needs=Action.PUBLISH),
    )  # fmt: skip
