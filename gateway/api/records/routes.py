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
from gateway.api.records.feed import ChangeFeed, RecordChangePage
from gateway.api.records.feed import ChangeFeedQuery as FeedQuery
from gateway.api.route import (
    CACHED,
    CHANGE,
    FILE,
    IDEMPOTENT,
    IF_MATCH,
    ONE_RECORD,
    READ,
    REF,
    REFERENCE,
    V1,
    WRITE,
    Route,
    first_docstring_line,
)
from gateway.views.listing import IncidentQuery as ListQuery
from gateway.views.record_fields import IncidentView, SlaView


def record_routes(feed: ChangeFeed) -> tuple[Route, ...]:
    """Return the routes of records and of what belongs to them."""
    act, view, acted = incidents.take_action, IncidentView, incidents.ActionResult
    actions = (Route("POST", f"{ONE_RECORD}/{name}", act, WRITE, first_docstring_line(kind), kind, acted, headers=CHANGE)
               for name, kind in wire.ACTIONS.items())  # fmt: skip
    return (
        Route("GET", V1 + "/incidents", incidents.list_incidents, READ, "List records", None, incidents.IncidentPage, ListQuery,
              needs=Action.READ),
        Route("POST", V1 + "/incidents", incidents.create_incident, WRITE, "Create a record", wire.NewIncident, view, status=201,
              needs=Action.SUBMIT, headers=IDEMPOTENT),
        Route("POST", V1 + "/incidents/bulk", incidents.act_on_many, WRITE,
              "Take one action on many records", wire.Bulk, incidents.BulkResults,
              headers=IDEMPOTENT),
        Route("GET", ONE_RECORD, incidents.read_incident, READ, "Read a record", None, view, headers=CACHED),
        Route("PATCH", ONE_RECORD, incidents.patch_incident, WRITE, "Change fields of a record", wire.Patch, view, headers=CHANGE),
        Route("GET", ONE_RECORD + "/timeline", timeline.read_timeline, READ, "Read the timeline of a record", None,
              timeline.Timeline, timeline.TimelineQuery),
        Route("GET", ONE_RECORD + "/sla", reads.read_sla, READ, "Read the SLA clocks of a record", None, SlaView),
        Route("GET", ONE_RECORD + "/alerts", reads.read_alerts, READ, "List the alerts of a record", None, reads.RecordAlertPage,
              reads.AlertsQuery),
        Route("GET", ONE_RECORD + "/related", reads.read_related, READ,
              "Read the master, children and proposed links of a record", None, reads.RelatedRecords, reads.RelatedQuery),
        Route("POST", ONE_RECORD + "/link", incidents.link_incident, WRITE, "Link a record to a master",
              wire.LinkTo, acted, headers=CHANGE),
        Route("POST", ONE_RECORD + "/unlink", incidents.unlink_incident, WRITE,
              "Unlink a record from its master", wire.Unlink, acted, headers=CHANGE),
        Route("POST", ONE_RECORD + "/refuse_link", incidents.refuse_proposed_link, WRITE, "Refuse a proposed link to a master",
              wire.RefuseLink, acted, headers=CHANGE),
        Route("POST", ONE_RECORD + "/follow_on", incidents.create_follow_on, WRITE,
              "Create a record that follows a closed one", wire.FollowOn, view,
              status=201, headers=IDEMPOTENT),
        Route("POST", ONE_RECORD + "/convert", incidents.convert_record, WRITE, "Convert a record to another kind", wire.Convert, acted,
              headers=CHANGE),
        *actions,
        Route("GET", REF, incidents.read_reference, READ, "Read the reference to another system", None, wire.Reference),
        Route("PUT", REF, incidents.put_reference, WRITE, "Set the reference to another system", wire.Reference, wire.Reference,
              headers=REFERENCE),
        Route("DELETE", REF, incidents.remove_reference, WRITE, "Delete the reference to another system", status=204,
              headers=IF_MATCH),
        Route("GET", V1 + "/changes", feed.read, READ, "Read the change feed", None, RecordChangePage, FeedQuery, needs=Action.FOLLOW),
        Route("GET", V1 + "/receipts/{id}", reads.read_receipt, READ, "Read the receipt of a delivery", None, reads.ReceiptView,
              needs=Action.RECEIPTS),
        Route("GET", V1 + "/problem-candidates", problem_candidates.list_candidates, READ,
              "List candidates for problem records", None,
              problem_candidates.Candidates, problem_candidates.CandidatesQuery, needs=Action.INSPECT),
        Route("POST", V1 + "/sla/simulate", reads.simulate_sla, READ,
              "Simulate the SLA clocks of a story", clock_events.Simulate, reads.SimulatedClocks),
        *_files(), *_management(), *_updates(), *_reports(), *_following(), *_knowledge(),
    )  # fmt: skip


def _files() -> tuple[Route, ...]:
    one, path = attachments.AttachmentView, ONE_RECORD + "/attachments"
    return (
        Route("POST", path, attachments.attach_file, WRITE, "Attach a file to a record", None, one,
              attachments.AttachmentQuery, status=201,
              headers=("Content-Disposition", *CHANGE), streams=True),
        Route("GET", path, attachments.list_files, READ, "List the files of a record", None, attachments.AttachmentList),
        Route("GET", ONE_RECORD + FILE, attachments.fetch_file, READ, "Download a file"),
        Route("DELETE", ONE_RECORD + FILE, attachments.remove_file, WRITE, "Delete the content of a file", status=204, headers=IF_MATCH),
    )  # fmt: skip


def _management() -> tuple[Route, ...]:
    told, noted = management.LeaderNotified, management.AcknowledgeEscalation
    return (
        Route("POST", ONE_RECORD + "/leader_told", management.record_leader_notified, WRITE, first_docstring_line(told), told, incidents.ActionResult,
              headers=CHANGE),
        Route("POST", ONE_RECORD + "/acknowledge_escalation", management.acknowledge_management_escalation, WRITE, first_docstring_line(noted), noted, incidents.ActionResult,
              headers=CHANGE),
        Route("GET", ONE_RECORD + "/notifications", management.list_notifications, READ, "List the notifications about a record", None,
              management.NotificationPage, management.NotificationsQuery),
    )  # fmt: skip


def _updates() -> tuple[Route, ...]:
    posted, path, one = ONE_RECORD + "/updates", ONE_RECORD + "/subscribers", updates.SubscriberView
    return (
        Route("POST", posted, updates.post_update, WRITE, first_docstring_line(updates.StatusUpdate), updates.StatusUpdate, incidents.ActionResult,
              headers=CHANGE),
        Route("GET", posted, updates.list_updates, READ, "List the status updates of a record", None, updates.StatusUpdateList),
        Route("POST", path, updates.subscribe, WRITE, "Subscribe an address to status updates",
              updates.NewSubscriber, one, status=201),
        Route("GET", path, updates.list_subscribers, READ, "List the subscribers of a record", None, updates.SubscriberList),
        Route("DELETE", path + "/{id:[0-9]{1,18}}", updates.unsubscribe, WRITE,
              "Unsubscribe an address from status updates", status=204),
    )  # fmt: skip


def _reports() -> tuple[Route, ...]:
    one, path = major_reports.ReportView, ONE_RECORD + "/report"
    return (
        Route(
            "GET",
            path,
            major_reports.read_report,
            READ,
            "Read the report on a major incident",
            None,
            one,
            major_reports.MajorReportQuery,
        ),
        Route(
            "PUT",
            path,
            major_reports.put_report,
            WRITE,
            "Write the report on a major incident",
            major_reports.MajorReportText,
            one,
            headers=IDEMPOTENT,
        ),
        Route(
            "POST",
            path + "/approve",
            major_reports.approve_report,
            WRITE,
            "Approve the report on a major incident",
            None,
            one,
            headers=IDEMPOTENT,
        ),
    )


def _following() -> tuple[Route, ...]:
    path, about, acted = ONE_RECORD + "/linked", ONE_RECORD + "/complaints", incidents.ActionResult
    told = linked.ComplaintPage, linked.ComplaintQuery
    return (
        Route("POST", path, linked.link_record, WRITE, "Link a record of another system", linked.NewLink, acted, headers=CHANGE),
        Route("GET", path, linked.list_linked, READ,
              "List the records of other systems that are linked", None, linked.LinkedRecords),
        Route(
            "DELETE", path, linked.unlink_record, WRITE,
            "Delete a link to a record of another system", query=linked.UnlinkQuery, status=204, headers=IF_MATCH
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
        Route("GET", ONE_RECORD + "/similar", knowledge.read_similar, READ, "List similar records and articles", None, knowledge.SimilarItems,
              knowledge.SimilarQuery),
        Route("POST", ONE_RECORD + "/publish", knowledge.publish_solution, WRITE,
              "Publish the solution of a record as an article", knowledge.Publish,
              incidents.ActionResult, status=201, headers=IDEMPOTENT),
        Route("GET", path, knowledge.list_articles, READ, "List articles", None, knowledge.Articles, knowledge.ArticleQuery,
              needs=known),
        Route("POST", path, knowledge.create_article, WRITE, "Create an article", knowledge.NewArticle, one, status=201,
              needs=Action.PUBLISH),
        Route("GET", each, knowledge.read_article, READ, "Read an article", None, one, needs=known),
        Route("PATCH", each, knowledge.patch_article, WRITE, "Change an article", knowledge.ArticlePatch, one, headers=IF_MATCH,
              needs=Action.PUBLISH),
    )  # fmt: skip
