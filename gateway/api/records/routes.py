"""The routes of records: to read them and to act on them."""

from gateway.access.permissions import Action
from gateway.api import clock_events, wire
from gateway.api.records import (
    action_list,
    attachments,
    incidents,
    knowledge,
    linked,
    major_reports,
    management,
    messages,
    problem_candidates,
    reads,
    responses,
    timeline,
    updates,
)
from gateway.api.records.feed import ChangeFeed, RecordChangePage, read_feed_query
from gateway.api.records.feed import ChangeFeedQuery as FeedQuery
from gateway.api.route import (
    CACHED,
    CHANGE,
    FILE,
    IDEMPOTENT,
    IF_MATCH,
    MESSAGE,
    ONE_RECORD,
    READ,
    REF,
    REFERENCE,
    V1,
    WRITE,
    Route,
    first_docstring_line,
)
from gateway.api.typed_handler import with_body, with_query, without_body
from gateway.views.list_query import IncidentQuery as ListQuery
from gateway.views.record_fields import IncidentView, NewIncident, Patch, SlaView


def record_routes(feed: ChangeFeed) -> tuple[Route, ...]:
    """Return the routes of records and of what belongs to them."""
    act, view, acted = incidents.take_action, IncidentView, responses.ActionResult
    actions = (
        Route(
            "POST",
            f"{ONE_RECORD}/{name}",
            with_body(act, kind),
            WRITE,
            first_docstring_line(kind),
            acted,
            headers=CHANGE,
        )
        for name, kind in wire.ACTIONS.items()
    )
    return (
        Route("GET", V1 + "/incidents",
              with_query(incidents.list_incidents, ListQuery, incidents.read_query), READ,
              "List records", incidents.IncidentPage, needs=Action.READ),
        Route("POST", V1 + "/incidents", with_body(incidents.create_incident, NewIncident),
              WRITE, "Create a record", view, status=201, needs=Action.SUBMIT, headers=IDEMPOTENT),
        Route("POST", V1 + "/incidents/bulk", with_body(incidents.act_on_many, wire.Bulk), WRITE,
              "Take one action on many records", incidents.BulkResults, headers=IDEMPOTENT),
        Route("GET", ONE_RECORD, without_body(incidents.read_incident), READ, "Read a record",
              view, headers=CACHED),
        Route("PATCH", ONE_RECORD, with_body(incidents.patch_incident, Patch), WRITE,
              "Change fields of a record", view, headers=CHANGE),
        Route("GET", ONE_RECORD + "/timeline",
              with_query(timeline.read_timeline, timeline.TimelineQuery), READ,
              "Read the timeline of a record", timeline.Timeline),
        Route("GET", ONE_RECORD + "/actions", without_body(action_list.list_actions), READ,
              "List the actions on a record, allowed or with the reason why not",
              action_list.ActionList),
        Route("GET", ONE_RECORD + "/sla", without_body(reads.read_sla), READ,
              "Read the SLA clocks of a record", SlaView),
        Route("GET", ONE_RECORD + "/alerts", with_query(reads.read_alerts, reads.AlertsQuery),
              READ, "List the alerts of a record", reads.RecordAlertPage),
        Route("GET", ONE_RECORD + "/related", with_query(reads.read_related, reads.RelatedQuery),
              READ, "Read the master, children and proposed links of a record",
              reads.RelatedRecords),
        Route("POST", ONE_RECORD + "/link", with_body(incidents.link_incident, wire.LinkTo), WRITE,
              "Link a record to a master", acted, headers=CHANGE),
        Route("POST", ONE_RECORD + "/unlink", with_body(incidents.unlink_incident, wire.Unlink),
              WRITE, "Unlink a record from its master", acted, headers=CHANGE),
        Route("POST", ONE_RECORD + "/refuse_link",
              with_body(incidents.refuse_proposed_link, wire.RefuseLink), WRITE,
              "Refuse a proposed link to a master", acted, headers=CHANGE),
        Route("POST", ONE_RECORD + "/follow_on",
              with_body(incidents.create_follow_on, wire.FollowOn), WRITE,
              "Create a follow-on record of a closed record", view, status=201, headers=IDEMPOTENT),
        Route("POST", ONE_RECORD + "/convert", with_body(incidents.convert_record, wire.Convert),
              WRITE, "Convert a record to another kind", acted, headers=CHANGE),
        *actions,
        Route("GET", REF, without_body(incidents.read_reference), READ,
              "Read the reference to another system", wire.Reference),
        Route("PUT", REF, with_body(incidents.put_reference, wire.Reference), WRITE,
              "Set the reference to another system", wire.Reference, headers=REFERENCE),
        Route("DELETE", REF, without_body(incidents.remove_reference), WRITE,
              "Delete the reference to another system", status=204, headers=IF_MATCH),
        Route("GET", V1 + "/changes", with_query(feed.read, FeedQuery, read_feed_query), READ,
              "Read the change feed", RecordChangePage, needs=Action.FOLLOW),
        Route("GET", V1 + "/receipts/{id}", without_body(reads.read_receipt), READ,
              "Read the receipt of a delivery", reads.ReceiptView, needs=Action.RECEIPTS),
        Route("GET", V1 + "/problem-candidates",
              with_query(problem_candidates.list_candidates, problem_candidates.CandidatesQuery),
              READ, "List problem candidates", problem_candidates.Candidates,
              needs=Action.INSPECT),
        Route("POST", V1 + "/sla/simulate", with_body(reads.simulate_sla, clock_events.Simulate),
              READ, "Simulate the SLA clocks of a sequence of events", reads.SimulatedClocks),
        *_files(), *_management(), *_updates(), *_reports(), *_following(), *_knowledge(),
        *_messages(),
    )  # fmt: skip


def _files() -> tuple[Route, ...]:
    one, path = attachments.AttachmentView, ONE_RECORD + "/attachments"
    return (
        Route("POST", path, without_body(attachments.attach_file, attachments.AttachmentQuery),
              WRITE, "Attach a file to a record", one, status=201,
              headers=("Content-Disposition", *CHANGE), streams=True),
        Route("GET", path, without_body(attachments.list_files), READ,
              "List the files of a record", attachments.AttachmentList),
        Route("GET", ONE_RECORD + FILE, without_body(attachments.fetch_file), READ,
              "Download a file"),
        Route("DELETE", ONE_RECORD + FILE, without_body(attachments.remove_file), WRITE,
              "Delete the content of a file", status=204, headers=IF_MATCH),
    )  # fmt: skip


def _management() -> tuple[Route, ...]:
    told, noted = management.LeaderNotified, management.AcknowledgeEscalation
    return (
        Route("POST", ONE_RECORD + "/leader_told",
              with_body(management.record_leader_notified, told), WRITE,
              first_docstring_line(told), responses.ActionResult, headers=CHANGE),
        Route("POST", ONE_RECORD + "/acknowledge_escalation",
              with_body(management.acknowledge_management_escalation, noted), WRITE,
              first_docstring_line(noted), responses.ActionResult, headers=CHANGE),
        Route("GET", ONE_RECORD + "/notifications",
              with_query(management.list_notifications, management.NotificationsQuery), READ,
              "List the notifications about a record", management.NotificationPage),
    )  # fmt: skip


def _updates() -> tuple[Route, ...]:
    posted, path, one = ONE_RECORD + "/updates", ONE_RECORD + "/subscribers", updates.SubscriberView
    return (
        Route("POST", posted, with_body(updates.post_update, updates.StatusUpdate), WRITE,
              first_docstring_line(updates.StatusUpdate), responses.ActionResult, headers=CHANGE),
        Route("GET", posted, without_body(updates.list_updates), READ,
              "List the status updates of a record", updates.StatusUpdateList),
        Route("POST", path, with_body(updates.subscribe, updates.NewSubscriber), WRITE,
              "Subscribe an address to status updates", one, status=201),
        Route("GET", path, without_body(updates.list_subscribers), READ,
              "List the subscribers of a record", updates.SubscriberList),
        Route("DELETE", path + "/{id:[0-9]{1,18}}", without_body(updates.unsubscribe), WRITE,
              "Unsubscribe an address from status updates", status=204),
    )  # fmt: skip


def _reports() -> tuple[Route, ...]:
    one, path = major_reports.ReportView, ONE_RECORD + "/report"
    return (
        Route("GET", path, with_query(major_reports.read_report, major_reports.MajorReportQuery),
              READ, "Read the report on a major incident", one),
        Route("PUT", path, with_body(major_reports.put_report, major_reports.MajorReportText),
              WRITE, "Write the report on a major incident", one, headers=IDEMPOTENT),
        Route("POST", path + "/approve", without_body(major_reports.approve_report), WRITE,
              "Approve the report on a major incident", one, headers=IDEMPOTENT),
    )  # fmt: skip


def _following() -> tuple[Route, ...]:
    path, about, acted = ONE_RECORD + "/linked", ONE_RECORD + "/complaints", responses.ActionResult
    return (
        Route("POST", path, with_body(linked.link_record, linked.NewLink), WRITE,
              "Link a record of another system", acted, headers=CHANGE),
        Route("GET", path, without_body(linked.list_linked), READ,
              "List the linked records of other systems", linked.LinkedRecords),
        Route("DELETE", path, with_query(linked.unlink_record, linked.UnlinkQuery), WRITE,
              "Delete a link to a record of another system", status=204, headers=IF_MATCH),
        Route("POST", about, with_body(linked.complain, linked.NewComplaint), WRITE,
              "File a complaint about a record", acted, status=201, headers=CHANGE),
        Route("GET", about, with_query(linked.list_complaints, linked.ComplaintQuery), READ,
              "List the complaints about a record", linked.ComplaintPage),
        Route("GET", V1 + "/complaints", with_query(linked.list_complaints, linked.ComplaintQuery),
              READ, "List all complaints", linked.ComplaintPage, needs=Action.INSPECT),
    )  # fmt: skip


def _knowledge() -> tuple[Route, ...]:
    path, one, known = V1 + "/articles", knowledge.ArticleView, Action.KNOWLEDGE
    each = path + "/{id:[0-9]{1,18}}"
    return (
        Route("GET", ONE_RECORD + "/similar",
              with_query(knowledge.read_similar, knowledge.SimilarQuery), READ,
              "List similar records and articles", knowledge.SimilarItems),
        Route("POST", ONE_RECORD + "/publish",
              with_body(knowledge.publish_solution, knowledge.Publish), WRITE,
              "Publish the solution of a record as an article", responses.ActionResult, status=201,
              headers=IDEMPOTENT),
        Route("GET", path, with_query(knowledge.list_articles, knowledge.ArticleQuery), READ,
              "List articles", knowledge.Articles, needs=known),
        Route("POST", path, with_body(knowledge.create_article, knowledge.NewArticle), WRITE,
              "Create an article", one, status=201, needs=Action.PUBLISH),
        Route("GET", each, without_body(knowledge.read_article), READ, "Read an article", one,
              needs=known),
        Route("PATCH", each, with_body(knowledge.patch_article, knowledge.ArticlePatch), WRITE,
              "Change an article", one, headers=IF_MATCH, needs=Action.PUBLISH),
    )  # fmt: skip


def _messages() -> tuple[Route, ...]:
    sent = Action.MESSAGES
    return (
        Route("GET", V1 + "/messages", with_query(messages.list_messages, messages.MessageQuery),
              READ, "List messages", messages.MessagePage, needs=sent),
        Route("GET", MESSAGE, without_body(messages.read_message), READ,
              "Read a message with all attempts of delivery", messages.MessageDetail, needs=sent),
        Route("POST", MESSAGE + "/resend", without_body(messages.resend_message), WRITE,
              "Send a message again", messages.ResentMessage, status=202, needs=Action.RESEND),
    )  # fmt: skip
